"""Places that hold stock. A store and its stock are two things: shops may share one."""

from datetime import date, datetime, time
from typing import Self
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.utils.translation import gettext_lazy as _

from omnishop.network.models import Store, User
from omnishop.network.promise import arrives_on


class StockLocationQuerySet(models.QuerySet["StockLocation"]):
    def visible_to(self, user: User | AnonymousUser) -> Self:
        """Locations of the stores a member of staff sees; warehouses for those who see all."""
        if user.is_authenticated and user.is_active and user.is_staff:
            member = getattr(user, "staff", None)
            if user.is_superuser or (member and member.all_stores):
                return self
        stores = Store.objects.visible_to(user)
        return self.filter(
            models.Exists(
                StoreLocation.objects.filter(location=models.OuterRef("pk"), store__in=stores)
            )
        )


class StockLocation(models.Model):
    """A shop floor, a stock room, a warehouse."""

    class Kind(models.TextChoices):
        STORE = "store", _("shop")
        WAREHOUSE = "warehouse", _("warehouse")

    code = models.SlugField(_("code"), max_length=12, unique=True)
    name = models.CharField(_("name"), max_length=80)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    stores = models.ManyToManyField(
        Store, through="StoreLocation", related_name="locations", verbose_name=_("stores")
    )
    offers_pickup = models.BooleanField(_("serves pick-ups"), default=True)
    ships = models.BooleanField(_("ships parcels"), default=False)
    receives_returns = models.BooleanField(_("receives returns"), default=True)
    safety = models.PositiveIntegerField(
        _("safety stock"),
        default=0,
        help_text=_("Units of every article that are never promised online"),
    )
    transfer_days = models.PositiveSmallIntegerField(
        _("days to a store"),
        null=True,
        blank=True,
        help_text=_("Working days for goods to reach a store; empty: sends none"),
    )
    cut_off = models.TimeField(
        _("cut-off"), default=time(14), help_text=_("What is ordered later leaves the next day")
    )
    parcel_capacity = models.PositiveIntegerField(
        _("parcels at a time"),
        null=True,
        blank=True,
        help_text=_("With so many parcels waiting, no more are given to it; empty: no limit"),
    )
    timezone = models.CharField(_("time zone"), max_length=40, default="Europe/Paris")
    priority = models.PositiveSmallIntegerField(_("priority"), default=100)  # lower ships first
    latitude = models.FloatField(_("latitude"), null=True, blank=True)
    longitude = models.FloatField(_("longitude"), null=True, blank=True)
    active = models.BooleanField(_("active"), default=True)

    objects = StockLocationQuerySet.as_manager()

    class Meta:
        verbose_name = _("stock location")
        verbose_name_plural = _("stock locations")
        ordering = ["priority", "pk"]

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    def reaches_store_on(self, at: datetime) -> date | None:
        """The day goods asked for now arrive in a store; None when it sends none."""
        return arrives_on(
            at,
            cut_off=self.cut_off,
            zone=self.zone,
            days=self.transfer_days,
            country=settings.VAT_TERRITORY,
        )


class StoreLocation(models.Model):
    """A store sells and hands over from a location; the one of lowest rank first."""

    store = models.ForeignKey(Store, models.CASCADE, related_name="store_locations")
    location = models.ForeignKey(StockLocation, models.CASCADE, related_name="store_locations")
    rank = models.PositiveSmallIntegerField(_("rank"), default=1)

    class Meta:
        verbose_name = _("store's stock location")
        verbose_name_plural = _("stores' stock locations")
        constraints = [
            models.UniqueConstraint(fields=["store", "location"], name="store_location_unique"),
            models.UniqueConstraint(fields=["store", "rank"], name="store_location_rank_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.store} · {self.location}"
