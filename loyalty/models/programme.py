"""The programme as data: what points are worth, how they are earned, which tiers there are."""

from datetime import datetime
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from catalog.models import Brand, Category, Operation, Product
from omnishop.network.models import Store


class Programme(models.Model):
    """The rules of earning and spending, as data."""

    class Basis(models.TextChoices):
        """What a tier is reached with."""

        POINTS = "points", _("points earned")
        SPEND = "spend", _("euros spent")

    class Window(models.TextChoices):
        """Over which time it is counted."""

        ROLLING = "rolling", _("the last months")
        CALENDAR = "calendar", _("the calendar year")

    name = models.CharField(_("name"), max_length=80)
    points_per_unit = models.PositiveSmallIntegerField(_("points per euro paid"), default=1)
    point_value_minor = models.PositiveSmallIntegerField(
        _("value of a point"), default=5, help_text=_("In cents, when spent")
    )
    pending_days = models.PositiveSmallIntegerField(
        _("days pending"), default=14, help_text=_("Until the return period ends")
    )
    expiry_months = models.PositiveSmallIntegerField(_("months valid"), default=12)
    earn_on_points = models.BooleanField(
        _("what is paid with points earns too"), default=False, db_default=False
    )
    tier_basis = models.CharField(
        _("tiers count"),
        max_length=10,
        choices=Basis,
        default=Basis.POINTS,
        db_default=Basis.POINTS,
    )
    tier_window = models.CharField(
        _("counted over"),
        max_length=10,
        choices=Window,
        default=Window.ROLLING,
        db_default=Window.ROLLING,
    )
    tier_months = models.PositiveSmallIntegerField(
        _("months counted"), default=12, db_default=12, help_text=_("For the last months only")
    )
    tier_grace_days = models.PositiveSmallIntegerField(
        _("days of grace"),
        default=30,
        db_default=30,
        help_text=_("How long a tier is kept after its condition is no longer met"),
    )
    gift_most = models.PositiveIntegerField(
        _("points per gift at the most"), default=500, db_default=500
    )
    gift_month_most = models.PositiveIntegerField(
        _("points given in 30 days at the most"), default=1000, db_default=1000
    )
    active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("loyalty programme")
        verbose_name_plural = _("loyalty programmes")
        constraints = [
            models.UniqueConstraint(
                fields=["active"], name="programme_one_active", condition=Q(active=True)
            ),
            models.CheckConstraint(condition=Q(tier_months__gt=0), name="programme_tier_months"),
        ]

    def __str__(self) -> str:
        return self.name


class Tier(models.Model):
    """A step of the programme: how it is reached, how it is kept, what it gives.

    The lowest one, if any, is reached with nothing. Promotions name tiers by `code`.
    """

    programme = models.ForeignKey(
        Programme, models.CASCADE, related_name="tiers", verbose_name=_("loyalty programme")
    )
    code = models.SlugField(_("code"), max_length=40)
    name = models.CharField(_("name"), max_length=60)
    entry = models.PositiveIntegerField(
        _("reached from"), help_text=_("Points, or euros, in the time counted")
    )
    keep = models.PositiveIntegerField(
        _("kept from"), help_text=_("Points, or euros, in the time counted")
    )
    multiplier_bp = models.PositiveIntegerField(
        _("multiplier of points"),
        default=10_000,
        help_text=_("10000 is once, 15000 one and a half"),
    )
    benefits = models.CharField(_("advantages, as members read them"), max_length=240, blank=True)

    class Meta:
        verbose_name = _("tier")
        verbose_name_plural = _("tiers")
        ordering = ["entry", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["programme", "code"], name="tier_code_unique"),
            models.UniqueConstraint(fields=["programme", "entry"], name="tier_entry_unique"),
            models.CheckConstraint(condition=Q(keep__lte=F("entry")), name="tier_keep_not_harder"),
            models.CheckConstraint(
                condition=Q(multiplier_bp__gte=10_000), name="tier_multiplier_from_once"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class EarnRuleQuerySet(models.QuerySet["EarnRule"]):
    def running(self, at: datetime) -> Self:
        """Rules in force at an instant, with their operation if they have one."""
        return self.filter(
            Q(starts_at=None) | Q(starts_at__lte=at),
            Q(ends_at=None) | Q(ends_at__gt=at),
            Q(operation=None)
            | Q(
                operation__status="approved",
                operation__starts_at__lte=at,
                operation__ends_at__gt=at,
            ),
            active=True,
        )


class EarnRule(models.Model):
    """One way of earning beyond the programme's own rate. What is not chosen is not limited.

    Of several rates the highest counts, of several multipliers too; fixed points add up.
    """

    class Event(models.TextChoices):
        """What is rewarded."""

        PURCHASE = "purchase", _("a purchase")
        BIRTHDAY = "birthday", _("the birthday")
        REVIEW = "review", _("a review")
        FIRST_VISIT = "first_visit", _("the first sign-in on the site")
        REFERRAL = "referral", _("a friend who joined")
        REFERRED = "referred", _("joining on a friend's word")

    programme = models.ForeignKey(
        Programme, models.CASCADE, related_name="rules", verbose_name=_("loyalty programme")
    )
    name = models.CharField(_("name"), max_length=80, help_text=_("As members read it"))
    event = models.CharField(_("for"), max_length=12, choices=Event, default=Event.PURCHASE)
    active = models.BooleanField(_("active"), default=True)
    starts_at = models.DateTimeField(_("from"), null=True, blank=True)
    ends_at = models.DateTimeField(_("until"), null=True, blank=True)
    operation = models.ForeignKey(
        Operation,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("commercial operation"),
        help_text=_("Then the rule counts only while the operation runs, where it runs"),
    )
    products = models.ManyToManyField(
        Product, related_name="+", blank=True, verbose_name=_("products")
    )
    categories = models.ManyToManyField(
        Category, related_name="+", blank=True, verbose_name=_("categories")
    )
    brands = models.ManyToManyField(Brand, related_name="+", blank=True, verbose_name=_("brands"))
    stores = models.ManyToManyField(Store, related_name="+", blank=True, verbose_name=_("stores"))
    channels = ArrayField(
        models.CharField(max_length=10), default=list, blank=True, verbose_name=_("channels")
    )
    tiers = ArrayField(
        models.SlugField(max_length=40), default=list, blank=True, verbose_name=_("tiers")
    )
    points_per_unit = models.PositiveSmallIntegerField(
        _("points per euro paid"), null=True, blank=True
    )
    multiplier_bp = models.PositiveIntegerField(
        _("multiplier of points"),
        null=True,
        blank=True,
        help_text=_("10000 is once, 20000 twice"),
    )
    points = models.PositiveIntegerField(
        _("fixed points"),
        null=True,
        blank=True,
        help_text=_("For each unit bought, or for the event"),
    )

    objects = EarnRuleQuerySet.as_manager()

    class Meta:
        verbose_name = _("earning rule")
        verbose_name_plural = _("earning rules")
        ordering = ["event", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(points_per_unit__isnull=False)
                | Q(multiplier_bp__isnull=False)
                | Q(points__isnull=False),
                name="earn_rule_gives_something",
            ),
            models.CheckConstraint(
                condition=Q(event="purchase")
                | Q(points__gt=0, points_per_unit__isnull=True, multiplier_bp__isnull=True),
                name="earn_rule_event_fixed",
            ),
            models.CheckConstraint(
                condition=Q(multiplier_bp__isnull=True) | Q(multiplier_bp__gte=10_000),
                name="earn_rule_multiplier_from_once",
            ),
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at"))
                | Q(starts_at__isnull=True)
                | Q(ends_at__isnull=True),
                name="earn_rule_period_forward",
            ),
        ]

    def __str__(self) -> str:
        return self.name
