"""The golden record of a person, and the keys it is known by."""

from typing import Self

from django.conf import settings
from django.contrib.postgres.indexes import OpClass
from django.db import models
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _


def plain(field: str) -> models.Func:
    """A text as it is searched: without capitals and accents."""
    return models.Func(field, function="plain_text", output_field=models.TextField())


class CustomerQuerySet(models.QuerySet["Customer"]):
    def live(self) -> Self:
        """People who were not merged into another record."""
        return self.filter(merged_into__isnull=True)


class CustomerGroup(models.Model):
    """People who are sold to on terms of their own: staff, clubs, companies."""

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=80)

    class Meta:
        verbose_name = _("customer group")
        verbose_name_plural = _("customer groups")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Household(models.Model):
    """People who live together. Each keeps their own card, points and consents."""

    name = models.CharField(_("name"), max_length=80)
    created_at = models.DateTimeField(_("known since"), auto_now_add=True)

    class Meta:
        verbose_name = _("household")
        verbose_name_plural = _("households")
        ordering = ["name", "pk"]

    def __str__(self) -> str:
        return self.name


class Company(models.Model):
    """A firm that people buy for. Its SIREN is checked, and is one company's."""

    name = models.CharField(_("name"), max_length=120)
    siren = models.CharField("SIREN", max_length=9, unique=True)
    vat_number = models.CharField(_("VAT number"), max_length=20, blank=True)
    created_at = models.DateTimeField(_("known since"), auto_now_add=True)

    class Meta:
        verbose_name = _("company")
        verbose_name_plural = _("companies")
        ordering = ["name", "pk"]

    def __str__(self) -> str:
        return self.name


class Customer(models.Model):
    """One person, whatever channels they use. A login is optional (DESIGN 3.5)."""

    class HomeStoreRule(models.TextChoices):
        """Which store a person belongs to."""

        LAST_VISITED = "last_visited", _("where they were last")
        CHOSEN = "chosen", _("which they chose")
        CONTRACT = "contract", _("by the franchise contract")

    number = models.CharField(_("number"), max_length=12, unique=True)  # "C-000042"
    first_name = models.CharField(_("first name"), max_length=80, blank=True)
    last_name = models.CharField(_("last name"), max_length=80, blank=True)
    language = models.CharField(_("language"), max_length=2, default="fr")
    home_store = models.ForeignKey(
        "network.Store",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("home store"),
    )
    home_store_rule = models.CharField(
        _("home store is"),
        max_length=12,
        choices=HomeStoreRule,
        default=HomeStoreRule.LAST_VISITED,
        db_default=HomeStoreRule.LAST_VISITED,
    )
    birth_date = models.DateField(_("birth date"), null=True, blank=True)
    postcode = models.CharField(_("postcode"), max_length=10, blank=True, default="", db_default="")
    household = models.ForeignKey(
        Household,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="people",
        verbose_name=_("household"),
    )
    company = models.ForeignKey(
        Company,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="people",
        verbose_name=_("company"),
    )
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="customer",
        verbose_name=_("login"),
    )
    groups = models.ManyToManyField(
        CustomerGroup, related_name="customers", blank=True, verbose_name=_("groups")
    )
    merged_into = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="merged_from",
        verbose_name=_("merged into"),
    )
    merged_at = models.DateTimeField(_("merged"), null=True, blank=True)
    # When likely duplicates were looked for; empty once something of the record has changed.
    matched_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("known since"), auto_now_add=True)

    objects = CustomerQuerySet.as_manager()

    class Meta:
        verbose_name = _("customer")
        verbose_name_plural = _("customers")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(merged_into=models.F("id")),
                name="customer_not_merged_into_self",
            ),
        ]
        indexes = [
            # Whose a record is (CUS-1), so that a statement over people is quick for one of them.
            models.Index(
                Coalesce("merged_into", "id", output_field=models.BigIntegerField()),
                name="customer_person",
            ),
            # Names as they are searched: without capitals and accents, in either order.
            models.Index(
                OpClass(plain("last_name"), name="text_pattern_ops"),
                OpClass(plain("first_name"), name="text_pattern_ops"),
                name="customer_last_name",
                condition=models.Q(merged_into__isnull=True),
            ),
            models.Index(
                OpClass(plain("first_name"), name="text_pattern_ops"),
                OpClass(plain("last_name"), name="text_pattern_ops"),
                name="customer_first_name",
                condition=models.Q(merged_into__isnull=True),
            ),
            models.Index(
                fields=["id"],
                name="customer_to_match",
                condition=models.Q(matched_at__isnull=True, merged_into__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.number

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()


class Identity(models.Model):
    """A key a person is known by, in its normal form; one key is one person's at most."""

    class Kind(models.TextChoices):
        EMAIL = "email", _("e-mail")
        PHONE = "phone", _("telephone")
        CARD = "card", _("loyalty card")

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="identities")
    kind = models.CharField(_("kind"), max_length=8, choices=Kind)
    value = models.CharField(_("value"), max_length=254)  # lower-case e-mail, E.164, card number
    verified_at = models.DateTimeField(_("verified"), null=True, blank=True)
    # Of an address or number from which a message came back for good: nothing is sent there until
    # somebody says that it works again.
    unreachable_since = models.DateTimeField(_("unreachable since"), null=True, blank=True)

    class Meta:
        verbose_name = _("identity")
        verbose_name_plural = _("identities")
        constraints = [
            models.UniqueConstraint(fields=["kind", "value"], name="identity_unique"),
        ]
        indexes = [
            models.Index(OpClass("value", name="varchar_pattern_ops"), name="identity_value_prefix")
        ]

    def __str__(self) -> str:
        return self.value
