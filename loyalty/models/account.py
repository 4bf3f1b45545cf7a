"""The programme's rules, and a member's account."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from customers.models import Customer


class Programme(models.Model):
    """The rules of earning and spending, as data."""

    name = models.CharField(_("name"), max_length=80)
    points_per_unit = models.PositiveSmallIntegerField(_("points per euro paid"), default=1)
    point_value_minor = models.PositiveSmallIntegerField(
        _("value of a point"), default=5, help_text=_("In cents, when spent")
    )
    pending_days = models.PositiveSmallIntegerField(
        _("days pending"), default=14, help_text=_("Until the return period ends")
    )
    expiry_months = models.PositiveSmallIntegerField(_("months valid"), default=12)
    active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("loyalty programme")
        verbose_name_plural = _("loyalty programmes")
        constraints = [
            models.UniqueConstraint(
                fields=["active"], name="programme_one_active", condition=Q(active=True)
            )
        ]

    def __str__(self) -> str:
        return self.name


class Account(models.Model):
    """One member, one account, in every channel. Its card is an `Identity` of the customer.

    `balance` is what the lots still hold, pending ones included; `debt` is what a return took
    back beyond them (ALG-9).
    """

    customer = models.OneToOneField(Customer, models.PROTECT, related_name="loyalty")
    programme = models.ForeignKey(Programme, models.PROTECT, related_name="+")
    balance = models.IntegerField(_("points"), default=0)
    debt = models.IntegerField(_("points owed"), default=0)
    joined_at = models.DateTimeField(_("member since"))

    class Meta:
        verbose_name = _("loyalty account")
        verbose_name_plural = _("loyalty accounts")
        constraints = [
            models.CheckConstraint(condition=Q(balance__gte=0), name="loyalty_balance_kept"),
            models.CheckConstraint(condition=Q(debt__gte=0), name="loyalty_debt_kept"),
        ]

    def __str__(self) -> str:
        return f"{self.customer}"
