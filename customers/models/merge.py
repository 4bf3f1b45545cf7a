"""Records that are one person: proposals with their evidence, and merges that can be undone."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from customers.models.customer import Customer


class MatchKey(models.Model):
    """A hash that likely duplicates share, so that not everybody is compared with everybody."""

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="match_keys")
    key = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["key", "customer"], name="match_key_unique")]

    def __str__(self) -> str:
        return f"{self.customer_id}: {self.key}"


class DuplicateCandidate(models.Model):
    """Two records that may be one person. Only staff decide; a decision is not asked again."""

    class Status(models.TextChoices):
        OPEN = "open", _("to look at")
        MERGED = "merged", _("one person")
        DIFFERENT = "different", _("two people")

    first = models.ForeignKey(Customer, models.CASCADE, related_name="+")
    second = models.ForeignKey(Customer, models.CASCADE, related_name="+")
    score_bp = models.PositiveSmallIntegerField(_("likelihood"))  # 9500 is 95 %
    evidence = models.JSONField(_("evidence"))  # [["first_name", "close"], ["birth_date", "same"]]
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.OPEN)
    found_at = models.DateTimeField(_("found"))
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    decided_by = models.CharField(_("by"), max_length=80, blank=True)

    class Meta:
        verbose_name = _("possible duplicate")
        verbose_name_plural = _("possible duplicates")
        ordering = ["-score_bp", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="duplicate_pair_unique"),
            models.CheckConstraint(
                condition=Q(first__lt=F("second")), name="duplicate_pair_ordered"
            ),
        ]
        indexes = [
            models.Index(fields=["-score_bp"], name="duplicate_open", condition=Q(status="open"))
        ]

    def __str__(self) -> str:
        return f"{self.first} / {self.second}"


class CustomerMerge(models.Model):
    """One record became part of another: only pointers moved, so that it can be undone (P-10)."""

    source = models.ForeignKey(Customer, models.PROTECT, related_name="merges_out")
    target = models.ForeignKey(Customer, models.PROTECT, related_name="merges_in")
    # Each record whose pointer moved, as it was: [{"record": 9, "into": 17, "at": "2026-…"}]
    moved = models.JSONField(default=list)
    reason = models.CharField(_("reason"), max_length=200)
    by = models.CharField(_("by"), max_length=80)
    at = models.DateTimeField(_("at"))
    undone_at = models.DateTimeField(_("undone"), null=True, blank=True)
    undone_by = models.CharField(_("undone by"), max_length=80, blank=True)

    class Meta:
        verbose_name = _("merge")
        verbose_name_plural = _("merges")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["source"], name="merge_once", condition=Q(undone_at__isnull=True)
            )
        ]

    def __str__(self) -> str:
        return f"{self.source} → {self.target}"
