"""Stock: what is where, what is promised, and the ledger of every change."""

from typing import Any

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from catalog.models import Variant
from catalog.selectors import by_code
from inventory.admin.why import Explained, document_link
from inventory.models import (
    Reservation,
    StockLevel,
    StockLocation,
    StockMovement,
    StoreLocation,
)
from omnishop.kernel.admin import (
    ReadOnlyAdmin,
    ScopedFilter,
    StoreInline,
    StoreModelAdmin,
    link_to,
    list_link,
)

LINKED = {"variant__product__id__exact", "variant__id__exact", "location__id__exact"}


class OfLocation:
    """Rows of the reader's locations; warehouses for those who see every store. Pages of products,
    articles and levels link to their own rows.
    """

    def lookup_allowed(self, lookup: str, value: Any, request: Any = None) -> bool:
        page: Any = super()
        return lookup in LINKED or bool(page.lookup_allowed(lookup, value, request))

    def in_scope(self, rows: Any, request: HttpRequest) -> Any:
        return rows.filter(location__in=StockLocation.objects.visible_to(request.user))


def of_article(rows: Any, term: str, *, document: bool = True) -> Any:
    """Rows of a document, or of the articles whose SKU or GTIN it is."""
    articles = Q(variant__in=Variant.objects.filter(sku__startswith=term.upper()).values("pk"))
    if variant := by_code(term):
        articles |= Q(variant=variant)
    return rows.filter(articles | Q(document=term) if document else articles)


class StoreLocationInline(StoreInline):
    model = StoreLocation
    fields = ("store", "rank")
    autocomplete_fields = ("store",)


@admin.register(StockLocation)
class StockLocationAdmin(StoreModelAdmin):
    list_display = (
        *("name", "code", "kind", "offers_pickup", "ships", "transfer_days", "priority"),
        "active",
    )
    list_filter = ("kind", "offers_pickup", "ships", "active")
    search_fields = ("name", "code")
    ordering = ("priority", "pk")
    fieldsets = (
        (None, {"fields": (("name", "code"), ("kind", "active"), "timezone")}),
        (
            _("What is done here"),
            {"fields": (("offers_pickup", "ships", "receives_returns"), "safety")},
        ),
        (
            _("Parcels"),
            {
                "description": _(
                    "Only for places that ship parcels; nearest first, then lowest priority."
                ),
                "fields": (("priority", "parcel_capacity"), ("latitude", "longitude")),
            },
        ),
        (
            _("Transfers to shops"),
            {"fields": (("transfer_days", "cut_off"),)},
        ),
    )
    inlines = (StoreLocationInline,)


@admin.register(StockLevel)
class StockLevelAdmin(Explained, OfLocation, StoreModelAdmin):
    """Units are corrected by a count, never typed over; safety stock and shelf are settings."""

    list_display = (
        *("variant", "location", "on_hand", "reserved", "unsellable", "available", "safety"),
        "explained",
    )
    list_filter = (("location", ScopedFilter),)
    list_select_related = ("variant", "location")
    search_fields = ("variant__sku",)
    search_help_text = _("SKU or GTIN")
    readonly_fields = (
        *("article", "location", "on_hand", "reserved", "unsellable", "available"),
        *("explained", "promised"),
    )
    actions_detail = ("why", "count", "status")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("article", "location"),
                    ("on_hand", "reserved", "unsellable", "available"),
                    ("safety", "shelf"),
                    ("explained", "promised"),
                )
            },
        ),
    )

    def find(self, rows: Any, term: str) -> Any:
        return of_article(rows, term, document=False)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description=_("article"))
    def article(self, level: StockLevel) -> str:
        return link_to(level.variant)

    @admin.display(description=_("Promised to"))
    def promised(self, level: StockLevel) -> str:
        return list_link(
            "inventory_reservation",
            _("Reservations"),
            variant__id__exact=level.variant_id,
            location__id__exact=level.location_id,
            status__exact="held",
        )


@admin.register(StockMovement)
class StockMovementAdmin(OfLocation, ReadOnlyAdmin):
    list_display = ("at", "variant", "location", "kind", "delta", document_link, "reason", "actor")
    list_filter = ("kind", ("location", ScopedFilter))
    list_select_related = ("variant", "location")
    search_fields = ("document",)
    search_help_text = _("SKU, GTIN or document")

    def find(self, rows: Any, term: str) -> Any:
        return of_article(rows, term)


@admin.register(Reservation)
class ReservationAdmin(OfLocation, ReadOnlyAdmin):
    list_display = (
        *("created_at", document_link, "variant", "location", "quantity", "status", "picked"),
        *("expires_at", "settled_at"),
    )
    list_filter = ("status", "picked", ("location", ScopedFilter))
    list_select_related = ("variant", "location")
    search_fields = ("document",)
    search_help_text = _("SKU, GTIN or document")

    def find(self, rows: Any, term: str) -> Any:
        return of_article(rows, term)
