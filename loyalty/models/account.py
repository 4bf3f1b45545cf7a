"""A member's account and the tiers it has had."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from customers.models import Customer
from loyalty.models.programme import Programme, Tier
from omnishop.kernel.append_only import AppendOnly


class Account(models.Model):
    """The account of one record, in every channel. Its card is an `Identity` of the record.

    A merged person has the accounts of all their records: they are read and locked together, and
    each keeps what it earned (CUS-1). `balance` is what the lots still hold, pending ones
    included; `debt` is what a return took back beyond them (ALG-9).
    """

    customer = models.OneToOneField(Customer, models.PROTECT, related_name="loyalty")
    programme = models.ForeignKey(Programme, models.PROTECT, related_name="+")
    balance = models.IntegerField(_("points"), default=0)
    debt = models.IntegerField(_("points owed"), default=0)
    joined_at = models.DateTimeField(_("member since"))
    tier = models.ForeignKey(
        Tier, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("tier")
    )
    referred_by = models.ForeignKey(
        "self",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("referred by"),
    )
    # When the tier may change though nothing happens: a lot leaves the time counted, a grace ends.
    tier_due_at = models.DateTimeField(_("tier looked at again"), null=True, blank=True)

    class Meta:
        verbose_name = _("loyalty account")
        verbose_name_plural = _("loyalty accounts")
        constraints = [
            models.CheckConstraint(condition=Q(balance__gte=0), name="loyalty_balance_kept"),
            models.CheckConstraint(condition=Q(debt__gte=0), name="loyalty_debt_kept"),
        ]
        indexes = [
            models.Index(
                fields=["tier_due_at"],
                name="loyalty_tier_due",
                condition=Q(tier_due_at__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return f"{self.customer}"


class TierChange(AppendOnly):
    """An account went from a tier to another; codes, so that history outlives the tiers."""

    account = models.ForeignKey(Account, models.PROTECT, related_name="tier_changes")
    before = models.CharField(_("before"), max_length=40, blank=True)
    after = models.CharField(_("after"), max_length=40, blank=True)
    counted = models.PositiveIntegerField(_("counted"))  # points or euros at that moment
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("change of tier")
        verbose_name_plural = _("changes of tier")
        ordering = ["-pk"]
        indexes = [models.Index(fields=["account", "-at"])]

    def __str__(self) -> str:
        return f"{self.before or '–'} → {self.after or '–'}"
