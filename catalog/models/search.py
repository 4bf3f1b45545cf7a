"""What helps shoppers find: words that mean the same, known words, what was searched."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils.translation import gettext_lazy as _


class Language(models.TextChoices):
    """The languages of the shop's pages."""

    FR = "fr", _("French")
    EN = "en", _("English")


class Synonym(models.Model):
    """Words that mean the same to shoppers; a word may be several: "sac de couchage".

    Without `typed`, whoever types one of the words finds them all. With it, whoever types that
    finds the words too, and not the other way round.
    """

    language = models.CharField(_("language"), max_length=2, choices=Language, default=Language.FR)
    typed = models.CharField(
        _("only when this is typed"),
        max_length=60,
        blank=True,
        default="",
        help_text=_("Empty: every word finds all the others. Filled: this finds them, one way."),
    )
    words = ArrayField(
        models.CharField(max_length=60),
        verbose_name=_("words"),
        help_text=_("Separated by commas: sac de couchage, duvet"),
    )
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("synonym")
        verbose_name_plural = _("synonyms")
        ordering = ["language", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(words__len__gte=2)
                | (models.Q(words__len__gte=1) & ~models.Q(typed="")),
                name="synonym_says_something",
            )
        ]

    def __str__(self) -> str:
        words = ", ".join(self.words)
        return f"{self.typed} → {words}" if self.typed else words


class SearchWord(models.Model):
    """A word of the products on sale, to correct a typo by; a task writes them."""

    language = models.CharField(max_length=2, choices=Language)
    word = models.CharField(max_length=60)  # lower case, with its accents
    plain = models.CharField(max_length=60)  # without
    products = models.PositiveIntegerField(default=0)  # how many have it

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["language", "plain"], name="search_word_unique")
        ]
        indexes = [GinIndex(fields=["plain"], name="search_word_like", opclasses=["gin_trgm_ops"])]

    def __str__(self) -> str:
        return self.word


class SearchLog(models.Model):
    """What was searched on a day, how often, with what success. Nobody can be told from it."""

    day = models.DateField(_("day"))
    language = models.CharField(_("language"), max_length=2, choices=Language)
    words = models.CharField(_("words"), max_length=100)  # lower case, no accents
    searches = models.PositiveIntegerField(_("searches"), default=0)
    not_found = models.PositiveIntegerField(_("found nothing"), default=0)  # of these searches
    results = models.PositiveIntegerField(_("articles found last"), default=0)
    clicks = models.PositiveIntegerField(_("articles opened"), default=0)

    class Meta:
        verbose_name = _("search")
        verbose_name_plural = _("searches")
        ordering = ["-day", "-not_found", "-searches", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["day", "language", "words"], name="search_log_unique")
        ]
        indexes = [
            models.Index(
                fields=["-day", "-not_found", "-searches", "id"], name="search_log_not_found"
            )
        ]

    def __str__(self) -> str:
        return self.words
