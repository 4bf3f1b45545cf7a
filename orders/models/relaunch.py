"""Messages planned by campaigns, and why each was or was not sent (DESIGN 3.8)."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from customers.models import Customer, Message
from orders.models.basket import Basket
from orders.models.campaign import Campaign, CampaignStep


class RelaunchQuerySet(models.QuerySet["Relaunch"]):
    def due(self, at: datetime) -> Self:
        """To decide on now, oldest first; those of a paused campaign wait."""
        return self.filter(
            status=Relaunch.Status.SCHEDULED,
            due_at__lte=at,
            campaign_step__campaign__status=Campaign.Status.ACTIVE,
        ).order_by("due_at", "pk")


class Relaunch(models.Model):
    """One message of a campaign about one object at one step; decided at the moment of sending."""

    class Status(models.TextChoices):
        SCHEDULED = "scheduled", _("waiting")
        SENT = "sent", pgettext_lazy("reminder", "sent")
        WITHHELD = "withheld", pgettext_lazy("reminder", "not sent")
        HELD_OUT = "held_out", pgettext_lazy("reminder", "held out to compare")

    class Reason(models.TextChoices):
        SENT = "", pgettext_lazy("reminder", "sent")
        BOUGHT = "bought", _("everything was bought since, in some channel")
        NO_CONSENT = "no_consent", _("no consent to reminders")
        NO_ADDRESS = "no_address", _("no verified address")
        BOUNCES = "bounces", _("the address bounces, or its reader wants nothing there")
        OUT_OF_STOCK = "out_of_stock", _("nothing left in stock")
        CAP = "cap", _("this person has had enough messages")
        CHANGED = "changed", _("the basket was used again")
        EMPTY = "empty", _("the basket is empty")
        TOO_OLD = "too_old", _("the basket was left too long ago")
        DONE = "done", _("its reason is gone: reviewed, spent, dearer again")
        ENDED = "ended", _("the campaign is over")
        LEFT = "left", _("no longer among the people of the segment")
        NOT_PROFILED = "not_profiled", _("no consent to offers chosen by purchases")

    campaign_step = models.ForeignKey(
        CampaignStep, models.PROTECT, related_name="+", verbose_name=_("campaign")
    )
    step = models.PositiveSmallIntegerField(_("step"))
    document = models.CharField(_("about"), max_length=60)  # "basket:12", "O-1042"
    basket = models.ForeignKey(
        Basket, models.CASCADE, null=True, blank=True, related_name="relaunches"
    )
    customer = models.ForeignKey(
        Customer,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="relaunches",
        verbose_name=_("customer"),
    )
    facts = models.JSONField(default=dict, blank=True, db_default={})
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.SCHEDULED)
    reason = models.CharField(_("why"), max_length=20, choices=Reason, blank=True, default="")
    since = models.DateTimeField(_("bought since"))  # what is bought after it counts
    due_at = models.DateTimeField(_("due"))
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    dropped = models.JSONField(_("left out"), default=list)  # SKUs bought since
    coupon = models.CharField(_("code"), max_length=32, blank=True, default="", db_default="")
    # The end of its link; opens the basket, the article… and counts as a click.
    code = models.CharField(max_length=24, unique=True, null=True, blank=True)
    message = models.ForeignKey(
        Message,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("message"),
    )

    objects = RelaunchQuerySet.as_manager()

    class Meta:
        verbose_name = _("reminder")
        verbose_name_plural = _("reminders")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["basket", "step"], name="relaunch_once_per_step"),
            models.UniqueConstraint(
                fields=["campaign_step", "document"], name="relaunch_once_per_object"
            ),
            models.CheckConstraint(
                condition=~Q(status="withheld") | ~Q(reason=""), name="relaunch_says_why"
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], name="relaunch_due", condition=Q(status="scheduled")),
            models.Index(fields=["campaign_step", "status", "reason"], name="relaunch_board"),
            models.Index(fields=["decided_at"], name="relaunch_decided"),
        ]

    def __str__(self) -> str:
        return f"{self.document} · {self.step}"
