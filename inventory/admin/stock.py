"""Stock: what is where, what is promised, and the ledger of every change."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminTextInputWidget

from catalog.models import Variant
from catalog.selectors import by_code
from inventory import services
from inventory.models import (
    Reservation,
    StockLevel,
    StockLocation,
    StockMovement,
    StoreLocation,
)
from omnishop.kernel.admin import (
    AskForm,
    ReadOnlyAdmin,
    ScopedFilter,
    StoreInline,
    StoreModelAdmin,
    actor,
    cause,
    link_to,
    list_link,
)


class OfLocation:
    """Rows of the reader's locations; warehouses for those who see every store."""

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
    list_display = ("name", "code", "kind", "ships", "priority", "active")
    list_filter = ("kind", "ships", "active")
    search_fields = ("name", "code")
    ordering = ("priority", "pk")
    inlines = (StoreLocationInline,)


class CountForm(AskForm):
    """What was counted on the shelf."""

    counted = forms.IntegerField(
        label=_("Units counted on the shelf"),
        min_value=0,
        max_value=1_000_000,
        widget=UnfoldAdminIntegerFieldWidget(attrs={"inputmode": "numeric"}),
    )
    reason = forms.CharField(
        label=_("reason"),
        max_length=120,
        help_text=_("For example: annual count, damaged, found in the stock room"),
        widget=UnfoldAdminTextInputWidget,
    )


@admin.register(StockLevel)
class StockLevelAdmin(OfLocation, StoreModelAdmin):
    """Units are corrected by a count, never typed over; only the safety stock is a setting."""

    list_display = ("variant", "location", "on_hand", "reserved", "available", "safety")
    list_filter = (("location", ScopedFilter),)
    list_select_related = ("variant", "location")
    search_fields = ("variant__sku",)
    search_help_text = _("SKU or GTIN")
    readonly_fields = ("article", "location", "on_hand", "reserved", "available", "why", "promised")
    actions_detail = ("count",)
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("article", "location"),
                    ("on_hand", "reserved", "available"),
                    "safety",
                    ("why", "promised"),
                )
            },
        ),
    )

    def lookup_allowed(self, lookup: str, value: Any, request: Any = None) -> bool:
        """A product's page links to the stock of its articles."""
        wanted = lookup == "variant__product__id__exact"
        return wanted or bool(super().lookup_allowed(lookup, value, request))

    def find(self, rows: Any, term: str) -> Any:
        return of_article(rows, term, document=False)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description=_("article"))
    def article(self, level: StockLevel) -> str:
        return link_to(level.variant)

    @admin.display(description=_("Why this many"))
    def why(self, level: StockLevel) -> str:
        return list_link(
            "inventory_stockmovement",
            _("Every movement"),
            variant__id__exact=level.variant_id,
            location__id__exact=level.location_id,
        )

    @admin.display(description=_("Promised to"))
    def promised(self, level: StockLevel) -> str:
        return list_link(
            "inventory_reservation",
            _("Reservations"),
            variant__id__exact=level.variant_id,
            location__id__exact=level.location_id,
            status__exact="held",
        )

    @action(
        description=_("Correct after a count"),
        url_path="count",
        icon="calculate",
        permissions=["change"],
    )
    def count(self, request: HttpRequest, object_id: int) -> HttpResponse:
        level = self.found(request, object_id)

        def work(data: dict[str, Any]) -> str:
            delta = services.adjust(
                variant_id=level.variant_id,
                location_id=level.location_id,
                counted=data["counted"],
                document=f"COUNT-{data['key']}",
                reason=data["reason"],
                at=timezone.now(),
                actor=actor(request),
            )
            if not delta:
                return _t("The book agrees with the count: nothing was changed.")
            return _t("The stock was corrected by %(delta)+d.") % {"delta": delta}

        return self.ask(
            request,
            level,
            title=_("Correct after a count"),
            submit=_("Correct the stock"),
            form=CountForm(request.POST or None),
            facts={
                _("article"): level.variant.sku,
                _("location"): level.location,
                _("on hand, by the book"): level.on_hand,
                _("reserved"): level.reserved,
                _("What happens"): _(
                    "The difference is written as a movement with your reason. A count below what "
                    "is reserved turns the youngest reservations into shortages: they are found "
                    "elsewhere or refunded, and the shoppers are told."
                ),
            },
            work=work,
        )


@admin.register(StockMovement)
class StockMovementAdmin(OfLocation, ReadOnlyAdmin):
    list_display = ("at", "variant", "location", "kind", "delta", cause, "reason", "actor")
    list_filter = ("kind", ("location", ScopedFilter))
    list_select_related = ("variant", "location")
    search_fields = ("document",)
    search_help_text = _("SKU, GTIN or document")

    def lookup_allowed(self, lookup: str, value: Any, request: Any = None) -> bool:
        """A level's page links to its own movements."""
        wanted = lookup in {"variant__id__exact", "location__id__exact"}
        return wanted or bool(super().lookup_allowed(lookup, value, request))

    def find(self, rows: Any, term: str) -> Any:
        return of_article(rows, term)


@admin.register(Reservation)
class ReservationAdmin(OfLocation, ReadOnlyAdmin):
    list_display = (
        *("created_at", cause, "variant", "location", "quantity", "status", "picked"),
        *("expires_at", "settled_at"),
    )
    list_filter = ("status", "picked", ("location", ScopedFilter))
    list_select_related = ("variant", "location")
    search_fields = ("document",)
    search_help_text = _("SKU, GTIN or document")

    def lookup_allowed(self, lookup: str, value: Any, request: Any = None) -> bool:
        """A level's page links to its own reservations."""
        wanted = lookup in {"variant__id__exact", "location__id__exact"}
        return wanted or bool(super().lookup_allowed(lookup, value, request))

    def find(self, rows: Any, term: str) -> Any:
        return of_article(rows, term)
