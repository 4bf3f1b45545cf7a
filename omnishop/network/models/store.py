"""Legal entities, their stores and tills."""

from datetime import date, datetime
from typing import Self
from zoneinfo import ZoneInfo

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from opening_hours import OpeningHours, ParserError  # type: ignore[attr-defined]  # not in its stub

from omnishop.network.models.user import User
from omnishop.network.places import distance_km


def check_opening_hours(value: str) -> None:
    """Refuse what is not OpenStreetMap's opening_hours format."""
    try:
        OpeningHours(value)
    except ParserError as error:
        raise ValidationError(
            _("These opening hours cannot be read. Example: Mo-Fr 10:00-19:30; Sa 09:30-20:00")
        ) from error


class LegalEntity(models.Model):
    """A company that sells: receipts, invoices and VAT are per entity (ENT-1)."""

    name = models.CharField(_("name"), max_length=120)
    siren = models.CharField("SIREN", max_length=9, unique=True)
    vat_number = models.CharField(_("VAT number"), max_length=20, unique=True)
    address = models.TextField(_("address"), blank=True)

    class Meta:
        verbose_name = _("legal entity")
        verbose_name_plural = _("legal entities")

    def __str__(self) -> str:
        return self.name


class StoreQuerySet(models.QuerySet["Store"]):
    def visible_to(self, user: User | AnonymousUser) -> Self:
        """The stores a member of staff works with; the one rule of scope (DESIGN 3.10).

        Without a statement of its own: every page of the till asks.
        """
        if not user.is_authenticated or not user.is_active or not user.is_staff:
            return self.none()
        if user.is_superuser:
            return self
        from omnishop.network.models.staff import StaffMember  # it points here

        member = StaffMember.objects.filter(user=user)
        return self.filter(
            Exists(member.filter(all_stores=True)) | Exists(member.filter(stores=OuterRef("pk")))
        )

    def open_to_shoppers(self) -> Self:
        """Stores shown on the site."""
        return self.filter(active=True)


class Store(models.Model):
    """A shop that people visit. Its stock is in `inventory`; several shops may share one stock."""

    code = models.SlugField(_("code"), max_length=12, unique=True)
    name = models.CharField(_("name"), max_length=80)
    slug = models.SlugField(max_length=80, unique=True)
    entity = models.ForeignKey(LegalEntity, models.PROTECT, verbose_name=_("legal entity"))
    address = models.CharField(_("address"), max_length=160)
    postcode = models.CharField(_("postcode"), max_length=10)
    city = models.CharField(_("town"), max_length=80)
    country = models.CharField(_("country"), max_length=2, default="FR")  # ISO 3166-1
    latitude = models.FloatField(_("latitude"))  # degrees, WGS 84
    longitude = models.FloatField(_("longitude"))
    phone = models.CharField(_("telephone"), max_length=20, blank=True)  # E.164
    timezone = models.CharField(_("time zone"), max_length=40, default="Europe/Paris")
    opening_hours = models.CharField(
        _("opening hours"),
        max_length=500,
        validators=[check_opening_hours],
        help_text=_("OpenStreetMap format, for example Mo-Fr 10:00-19:30; Sa 09:30-20:00; PH off"),
    )
    services = models.TextField(_("services"), blank=True)
    access = models.TextField(_("how to get there"), blank=True)
    offers_pickup = models.BooleanField(_("offers pick-up"), default=True)
    preparation_minutes = models.PositiveSmallIntegerField(_("minutes to prepare"), default=60)
    minutes_per_order = models.PositiveSmallIntegerField(
        _("minutes for each order ahead"),
        default=5,
        help_text=_("Added to the promise for every pick-up that waits to be prepared"),
    )
    pickup_capacity = models.PositiveIntegerField(
        _("pick-ups at a time"),
        null=True,
        blank=True,
        help_text=_("With so many waiting to be prepared, no more are promised for today"),
    )
    hold_days = models.PositiveSmallIntegerField(
        _("days a pick-up is kept"), default=3, help_text=_("To closing time of that day")
    )
    keeps_customers = models.BooleanField(
        _("keeps its customers"),
        default=False,
        db_default=False,
        help_text=_("Franchise contract: who joins here stays attached to this store"),
    )
    active = models.BooleanField(_("active"), default=True)

    objects = StoreQuerySet.as_manager()

    class Meta:
        verbose_name = _("store")
        verbose_name_plural = _("stores")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    def distance_km(self, latitude: float, longitude: float) -> float:
        """Distance as the crow flies, in kilometres."""
        return distance_km((self.latitude, self.longitude), (latitude, longitude))

    def business_day(self, at: datetime) -> date:
        """The store's own date of an instant (STD-3)."""
        return at.astimezone(self.zone).date()


class Till(models.Model):
    """A till: the holder of one chain of fiscal receipts (POS-7)."""

    store = models.ForeignKey(Store, models.PROTECT, related_name="tills")
    number = models.PositiveSmallIntegerField(_("number"))
    active = models.BooleanField(pgettext_lazy("till", "active"), default=True)

    class Meta:
        verbose_name = _("till")
        verbose_name_plural = _("tills")
        ordering = ["store", "number"]
        constraints = [models.UniqueConstraint(fields=["store", "number"], name="till_unique")]

    def __str__(self) -> str:
        return f"{self.store.code}-{self.number}"
