"""Rewards bought with points or given, and each one handed to a member."""

from datetime import datetime
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from catalog.models import Coupon, Promotion
from loyalty.models.account import Account
from loyalty.models.programme import Programme


class RewardQuerySet(models.QuerySet["Reward"]):
    def running(self, at: datetime) -> Self:
        """Rewards that can be had at an instant."""
        return self.filter(
            Q(starts_at=None) | Q(starts_at__lte=at),
            Q(ends_at=None) | Q(ends_at__gt=at),
            active=True,
        )


class Reward(models.Model):
    """Something a member can have: for points, for nothing, or only when it is offered."""

    class Kind(models.TextChoices):
        VOUCHER = "voucher", _("voucher")
        GIFT = "gift", _("gift article")
        DELIVERY = "delivery", _("free delivery")
        EXPERIENCE = "experience", _("experience")

    programme = models.ForeignKey(
        Programme, models.PROTECT, related_name="rewards", verbose_name=_("loyalty programme")
    )
    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    name = models.CharField(_("name"), max_length=80)
    description = models.CharField(_("description"), max_length=240, blank=True)
    cost = models.PositiveIntegerField(
        _("points"),
        null=True,
        blank=True,
        help_text=_("0: the member only activates it. Empty: only for whom it is offered to"),
    )
    promotion = models.ForeignKey(
        Promotion,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("promotion that the code opens"),
    )
    tiers = ArrayField(
        models.SlugField(max_length=40),
        default=list,
        blank=True,
        verbose_name=_("tiers"),
        help_text=_("Empty: all members"),
    )
    stock = models.PositiveIntegerField(_("available in all"), null=True, blank=True)
    issued = models.PositiveIntegerField(_("had so far"), default=0, editable=False)
    per_person = models.PositiveSmallIntegerField(_("per person"), null=True, blank=True)
    valid_days = models.PositiveSmallIntegerField(_("days valid"), default=90)
    starts_at = models.DateTimeField(_("from"), null=True, blank=True)
    ends_at = models.DateTimeField(_("until"), null=True, blank=True)
    active = models.BooleanField(_("active"), default=True)

    objects = RewardQuerySet.as_manager()

    class Meta:
        verbose_name = _("reward")
        verbose_name_plural = _("rewards")
        ordering = ["cost", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(stock__isnull=True) | Q(issued__lte=F("stock")),
                name="reward_stock_kept",
            ),
            models.CheckConstraint(
                condition=Q(kind="experience") | Q(promotion__isnull=False),
                name="reward_has_its_promotion",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class RewardIssue(models.Model):
    """One reward for one member. `nth` guards the limit per person, `reference` the repeats."""

    class Status(models.TextChoices):
        OFFERED = "offered", _("offered")
        ISSUED = "issued", _("had")
        CANCELLED = "cancelled", _("cancelled")

    account = models.ForeignKey(Account, models.PROTECT, related_name="rewards")
    reward = models.ForeignKey(
        Reward, models.PROTECT, null=True, blank=True, related_name="issues"
    )  # empty: a voucher of an amount of its own
    status = models.CharField(_("status"), max_length=10, choices=Status)
    name = models.CharField(_("name"), max_length=80)
    points = models.PositiveIntegerField(_("points"), default=0)
    amount_minor = models.PositiveIntegerField(_("amount"), default=0)
    coupon = models.OneToOneField(
        Coupon, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("code")
    )
    nth = models.PositiveSmallIntegerField(null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=160, blank=True)
    reference = models.CharField(_("reference"), max_length=60, unique=True)
    actor = models.CharField(_("by"), max_length=80)
    at = models.DateTimeField(_("at"))
    issued_at = models.DateTimeField(_("had at"), null=True, blank=True)
    cancelled_at = models.DateTimeField(_("cancelled at"), null=True, blank=True)
    expires_at = models.DateTimeField(_("expires"))

    class Meta:
        verbose_name = _("reward of a member")
        verbose_name_plural = _("rewards of members")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "reward", "nth"],
                name="reward_issue_per_person",
                condition=~Q(status="cancelled"),
            ),
            models.CheckConstraint(
                condition=Q(status="offered", issued_at__isnull=True)
                | Q(status="issued", issued_at__isnull=False)
                | Q(status="cancelled", cancelled_at__isnull=False),
                name="reward_issue_dated",
            ),
        ]
        indexes = [models.Index(fields=["account", "-at"])]

    def __str__(self) -> str:
        return self.name

    @property
    def title(self) -> str:
        """What it is called, in the reader's language; a voucher of its own as it was named."""
        return self.reward.name if self.reward else self.name
