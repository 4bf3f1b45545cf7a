"""Pick-ups and parcels: the queue of every store, with what staff do to it."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action
from unfold.widgets import UnfoldAdminSelectWidget

from customers.selectors import find
from inventory.models import StockLocation
from omnishop.kernel.admin import (
    AskForm,
    ReadOnlyAdmin,
    ReadOnlyInline,
    ScopedFilter,
    StoreModelAdmin,
    actor,
    link_to,
)
from omnishop.kernel.errors import Refusal
from omnishop.kernel.templatetags.omnishop import money
from omnishop.network.selectors import names
from orders.admin.orders import ReasonForm
from orders.admin.scope import OfOrder
from orders.models import Carrier, DeliveryMethod, Fulfilment, FulfilmentLine
from orders.reasons import why
from orders.services import fulfilments, parcels, picking, pickup


class AgainForm(AskForm):
    """From where a parcel is sent instead."""

    place = forms.ModelChoiceField(
        label=_("From another place"),
        queryset=StockLocation.objects.none(),
        required=False,
        empty_label=_("the best other place"),
        widget=UnfoldAdminSelectWidget,
    )

    def __init__(self, data: Any = None, *, here: int) -> None:
        super().__init__(data)
        field: Any = self.fields["place"]
        field.queryset = StockLocation.objects.filter(active=True, ships=True).exclude(pk=here)


class FulfilmentLineInline(ReadOnlyInline):
    model = FulfilmentLine
    fields = ("line", "quantity", "picked", "missing")
    show_change_link = False
    tab = False

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("line")


def units(fulfilment: Fulfilment) -> str:
    """What is in it, line by line."""
    return "\n".join(
        f"{item.quantity - item.missing} × {item.line.name}"
        for item in fulfilment.lines.select_related("line")
    )


@admin.register(Fulfilment)
class FulfilmentAdmin(ReadOnlyAdmin):
    """Seen by the store that hands over; the pick-up desk is where the work is done."""

    list_display = ("order", "kind", "status", "store", "promised_at", "hold_until", "confirmed")
    list_filter = ("status", "kind", "confirmed", ("store", ScopedFilter))
    list_select_related = ("order", "store")
    search_fields = ("order__number",)
    search_help_text = _("Order number, name, e-mail, telephone or card")
    inlines = (FulfilmentLineInline,)
    actions_detail = ("ready", "again", "cancel")
    readonly_fields = ("of_order", "place", "prepared_by", "reasons", "sent_to", "tracked")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("of_order", "kind", "status"),
                    ("store", "place", "confirmed"),
                    ("promised_at", "first_promised_at", "hold_until"),
                    ("picked_at", "ready_at", "closed_at"),
                    ("prepared_by", "picker_until", "shelf"),
                    ("collector", "handed_to", "code_tries"),
                )
            },
        ),
        (
            _("Parcel"),
            {"fields": ("sent_to", ("carrier", "tracked", "delivered_at"))},
        ),
        (_("Why from here"), {"fields": ("reasons",)}),
    )

    def find(self, rows: Any, term: str) -> Any:
        people = {person.pk for person in find(term)}
        matches = Q(order__number=term.upper()) | Q(order__customer__in=people)
        if "@" in term:
            matches |= Q(order__email=term.lower())
        return rows.filter(matches)

    @admin.display(description=_("order"))
    def of_order(self, fulfilment: Fulfilment) -> str:
        return link_to(fulfilment.order)

    @admin.display(description=_("location"))
    def place(self, fulfilment: Fulfilment) -> str:
        return link_to(fulfilment.location)

    @admin.display(description=_("prepared by"))
    def prepared_by(self, fulfilment: Fulfilment) -> str:
        return names([fulfilment.picker]).get(fulfilment.picker, fulfilment.picker) or "–"

    @admin.display(description=_("why from here"))
    def reasons(self, fulfilment: Fulfilment) -> str:
        sentences = why([fulfilment]).get(fulfilment.pk)
        return format_html_join("", "{}<br>", ((one,) for one in sentences)) if sentences else "–"

    @admin.display(description=_("address"))
    def sent_to(self, fulfilment: Fulfilment) -> str:
        address = fulfilment.address
        town = f"{address.get('postcode', '')} {address.get('city', '')}".strip()
        parts = (address.get("name"), address.get("line1"), address.get("line2"), town)
        return ", ".join(part for part in parts if part) or "–"

    @admin.display(description=_("tracking number"))
    def tracked(self, fulfilment: Fulfilment) -> str:
        if not fulfilment.tracking_link:
            return fulfilment.tracking or "–"
        return format_html(
            '<a href="{}" rel="noopener noreferrer">{}</a>',
            fulfilment.tracking_link,
            fulfilment.tracking,
        )

    def has_handle_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("orders.change_fulfilment")

    @action(description=_("Everything picked: ready"), url_path="ready", icon="inventory",
            permissions=["handle"])  # fmt: skip
    def ready(self, request: HttpRequest, object_id: int) -> HttpResponse:
        fulfilment = self.found(request, object_id)

        def work(_data: dict[str, Any]) -> str:
            at = timezone.now()
            if fulfilment.status == Fulfilment.Status.WAITING:
                picking.pick_all(fulfilment_id=fulfilment.pk, actor=actor(request), at=at)
            pickup.ready(fulfilment_id=fulfilment.pk, actor=actor(request), at=at)
            return _t("The pick-up is ready and the shopper is told.")

        return self.ask(
            request,
            fulfilment,
            title=_("Ready for pick-up"),
            submit=_("Ready"),
            form=AskForm(request.POST or None),
            facts={
                _("order"): fulfilment.order,
                _("articles"): units(fulfilment),
                _("to pay at the desk"): money(
                    0 if fulfilment.order.paid_at else fulfilment.order.total_minor,
                    fulfilment.order.currency,
                ),
                _("message"): fulfilment.order.email or _("none: no address is known"),
            },
            work=work,
        )

    @action(description=_("Send from elsewhere"), url_path="again", icon="move_down",
            permissions=["handle"])  # fmt: skip
    def again(self, request: HttpRequest, object_id: int) -> HttpResponse:
        fulfilment = self.found(request, object_id)

        def work(data: dict[str, Any]) -> str:
            place = data["place"]
            if not parcels.source_again(
                fulfilment_id=fulfilment.pk,
                location_id=place.pk if place else None,
                actor=actor(request),
                at=timezone.now(),
            ):
                raise Refusal(_t("No other place has all of it. The parcel stays here."))
            return _t("The parcel is sent from elsewhere.")

        return self.ask(
            request,
            fulfilment,
            title=_("Send from elsewhere"),
            submit=_("Move the parcel"),
            form=AgainForm(request.POST or None, here=fulfilment.location_id),
            facts={
                _("order"): fulfilment.order,
                _("articles"): units(fulfilment),
                _("location"): fulfilment.location,
            },
            work=work,
        )

    @action(description=_("Cancel"), url_path="cancel", icon="block", permissions=["handle"])
    def cancel(self, request: HttpRequest, object_id: int) -> HttpResponse:
        fulfilment = self.found(request, object_id)
        order = fulfilment.order

        def work(data: dict[str, Any]) -> str:
            fulfilments.cancel(
                fulfilment_id=fulfilment.pk,
                reason=data["reason"],
                actor=actor(request),
                at=timezone.now(),
            )
            return _t("The pick-up is cancelled; everything went back.")

        return self.ask(
            request,
            fulfilment,
            title=_("Cancel this pick-up or parcel"),
            submit=_("Cancel it"),
            form=ReasonForm(request.POST or None),
            facts={
                _("order"): order,
                _("articles"): units(fulfilment),
                _("money"): _("what was paid for these articles goes back")
                if order.paid_at
                else _("nothing was paid"),
                _("stock"): _("the units held are free again"),
                _("message"): order.email or _("none: no address is known"),
            },
            work=work,
        )


@admin.register(FulfilmentLine)
class FulfilmentLineAdmin(OfOrder, ReadOnlyAdmin):
    order_way = "fulfilment__order"
    list_display = ("fulfilment", "line", "quantity", "picked", "missing")
    list_select_related = ("fulfilment__order", "line")
    search_fields = ("fulfilment__order__number__exact",)


@admin.register(Carrier)
class CarrierAdmin(StoreModelAdmin):
    list_display = ("name", "tracking_page", "priority", "active")
    list_filter = ("active",)
    search_fields = ("name",)


@admin.register(DeliveryMethod)
class DeliveryMethodAdmin(StoreModelAdmin):
    list_display = ("name", "code", "price", "free_from", "working_days", "active")
    list_filter = ("active",)
    search_fields = ("name", "code")
    autocomplete_fields = ("tax_category",)

    @admin.display(description=_("price"))
    def price(self, method: DeliveryMethod) -> str:
        return money(method.price_minor)

    @admin.display(description=_("free from"))
    def free_from(self, method: DeliveryMethod) -> str:
        return money(method.free_from_minor)
