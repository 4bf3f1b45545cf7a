"""Campaigns: what is sent to whom, when, in which words, once staff saw how many it is."""

from datetime import timedelta

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from customers.models import CustomerGroup, Message
from omnishop.network.models import Store
from orders.models.segment import Segment


class Campaign(models.Model):
    """One kind of reminder or offer, with its steps (DESIGN 3.8, FIELD 40)."""

    class Kind(models.TextChoices):
        BASKET = "basket", _("basket left behind")
        PRICE_DROP = "price_drop", _("price drop")
        REVIEW = "review", _("review after a purchase")
        POINTS = "points", _("points about to expire")
        BIRTHDAY = "birthday", _("birthday")
        WIN_BACK = "win_back", _("not seen for long")
        NEWSLETTER = "newsletter", _("one letter to an audience")

    class Status(models.TextChoices):
        DRAFT = "draft", pgettext_lazy("campaign", "draft")
        ACTIVE = "active", pgettext_lazy("campaign", "on")
        PAUSED = "paused", pgettext_lazy("campaign", "paused")
        DONE = "done", pgettext_lazy("campaign", "over")

    name = models.CharField(_("name"), max_length=80)
    kind = models.CharField(_("kind"), max_length=16, choices=Kind)
    status = models.CharField(
        _("status"), max_length=8, choices=Status, default=Status.DRAFT, editable=False
    )
    starts_at = models.DateTimeField(_("from"), null=True, blank=True)
    ends_at = models.DateTimeField(_("until"), null=True, blank=True)
    horizon_days = models.PositiveSmallIntegerField(
        _("horizon, days"),
        default=7,
        validators=[MinValueValidator(1)],
        help_text=_("What happened longer ago is never written about."),
    )
    catch_up_hours = models.PositiveSmallIntegerField(
        _("at switching on, hours"),
        default=24,
        help_text=_("Steps whose moment was earlier than this before switching on are left out."),
    )
    lead_days = models.PositiveSmallIntegerField(
        _("days before"),
        default=0,
        help_text=_("For points about to expire and birthdays: so long before the day."),
    )
    home_store = models.ForeignKey(
        Store,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("people of the store"),
    )
    group = models.ForeignKey(
        CustomerGroup,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("people of the group"),
    )
    segment = models.ForeignKey(
        Segment,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="campaigns",
        verbose_name=_("people of the segment"),
        help_text=_("Asked when a message is planned, and again when it leaves."),
    )
    bought_days = models.PositiveSmallIntegerField(
        _("who bought in the last days"), null=True, blank=True
    )
    not_bought_days = models.PositiveSmallIntegerField(
        _("who did not buy in the last days"), null=True, blank=True
    )
    holdout_percent = models.PositiveSmallIntegerField(
        _("held out, %"),
        default=10,
        validators=[MaxValueValidator(50)],
        help_text=_("So many of a hundred people get nothing, to compare what they buy."),
    )
    attribution_days = models.PositiveSmallIntegerField(
        _("sales counted for, days"),
        default=7,
        help_text=_("A sale of any channel so long after the click, or else the sending."),
    )
    activated_at = models.DateTimeField(_("switched on"), null=True, blank=True, editable=False)
    activated_by = models.CharField(_("by"), max_length=80, blank=True, editable=False)
    # Messages that staff were shown as leaving at once.
    activated_count = models.PositiveIntegerField(
        _("count shown"), null=True, blank=True, editable=False
    )

    class Meta:
        verbose_name = _("campaign")
        verbose_name_plural = _("campaigns")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(status="draft")
                | Q(activated_at__isnull=False, activated_count__isnull=False),
                name="campaign_on_was_counted",
            ),
            models.CheckConstraint(
                condition=Q(starts_at__isnull=True)
                | Q(ends_at__isnull=True)
                | Q(starts_at__lt=F("ends_at")),
                name="campaign_period",
            ),
            models.CheckConstraint(
                condition=Q(holdout_percent__lte=50), name="campaign_holdout_half"
            ),
            # Guests leave baskets too: their reminders are everybody's.
            models.CheckConstraint(
                condition=~Q(kind="basket") | Q(segment__isnull=True),
                name="campaign_basket_of_everybody",
                violation_error_message=_("Baskets left behind are of everybody: no segment."),
            ),
            # Two at once would write twice about one basket or order.
            models.UniqueConstraint(
                fields=["kind"],
                name="campaign_one_active",
                condition=Q(status="active", kind__in=["basket", "price_drop", "review", "points"]),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class CampaignStep(models.Model):
    """One message of a campaign: when, in which channel, in which words."""

    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="steps")
    number = models.PositiveSmallIntegerField(_("step"))
    delay_minutes = models.PositiveIntegerField(
        _("after, minutes"), default=0, help_text=_("120: two hours, 1440: a day.")
    )
    channel = models.CharField(
        _("channel"), max_length=8, choices=Message.Channel, default=Message.Channel.EMAIL
    )
    coupon = models.CharField(
        _("code"),
        max_length=32,
        blank=True,
        help_text=_("Left out for who bought the like at its full price a short while ago."),
    )
    # Up to here what is due was planned; a sweep looks at what became due since.
    planned_until = models.DateTimeField(null=True, blank=True, editable=False)
    subject = models.CharField(_("subject"), max_length=120, blank=True)
    body = models.TextField(_("text"), max_length=2000, blank=True)

    class Meta:
        verbose_name = _("step")
        verbose_name_plural = _("steps")
        ordering = ["campaign", "number"]
        constraints = [
            models.UniqueConstraint(fields=["campaign", "number"], name="campaign_step_unique"),
            models.CheckConstraint(condition=Q(number__gte=1), name="campaign_step_from_one"),
        ]

    def __str__(self) -> str:
        return f"{self.campaign} · {self.number}"

    @property
    def delay(self) -> timedelta:
        return timedelta(minutes=self.delay_minutes)


class Attribution(models.Model):
    """The message that a sale is put down to: the last one its person was touched by; once."""

    class Touch(models.TextChoices):
        CLICK = "click", _("clicked")
        SENT = "sent", _("received")

    order = models.OneToOneField(
        "orders.Order", models.CASCADE, related_name="attribution", verbose_name=_("order")
    )
    relaunch = models.ForeignKey(
        "orders.Relaunch", models.CASCADE, related_name="sales", verbose_name=_("message")
    )
    touch = models.CharField(_("touched by"), max_length=8, choices=Touch)
    touched_at = models.DateTimeField(_("touched"))
    found_at = models.DateTimeField(_("found"))

    class Meta:
        verbose_name = _("sale of a campaign")
        verbose_name_plural = _("sales of campaigns")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.order_id} ← {self.relaunch_id}"
