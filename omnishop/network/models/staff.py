"""What a member of staff may see."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from omnishop.network.models.store import Store
from omnishop.network.models.user import User


class StaffMember(models.Model):
    """A login that works for the retailer, and the stores it works with."""

    class Role(models.TextChoices):
        ASSOCIATE = "associate", _("Sales associate")
        STORE_MANAGER = "store_manager", _("Store manager")
        SERVICE = "service", _("Customer service")
        HEAD_OFFICE = "head_office", _("Head office")

    user = models.OneToOneField(User, models.CASCADE, related_name="staff")
    role = models.CharField(_("role"), max_length=20, choices=Role, default=Role.ASSOCIATE)
    stores = models.ManyToManyField(Store, related_name="staff", blank=True)
    all_stores = models.BooleanField(_("sees all stores"), default=False)

    # Approves at a till what needs somebody entitled (UX T7); hashed as passwords are.
    pin = models.CharField("PIN", max_length=128, blank=True, editable=False)
    pin_failures = models.PositiveSmallIntegerField(_("wrong PINs"), default=0, editable=False)
    pin_locked_until = models.DateTimeField(_("PIN locked until"), null=True, editable=False)

    class Meta:
        verbose_name = _("member of staff")
        verbose_name_plural = _("staff")

    def __str__(self) -> str:
        return str(self.user)
