"""Purchase orders: written, ordered, received with differences, closed, printed."""

from datetime import date, timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import F, IntegerField, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce, Greatest
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.decorators import action
from unfold.widgets import UnfoldAdminSingleDateWidget, UnfoldBooleanWidget

from catalog.models import Variant
from catalog.selectors import by_code
from inventory.admin.lines import DraftLineInline, LineInline
from inventory.admin.receiving import ReceiptForm
from inventory.models import PurchaseOrder, PurchaseOrderLine, StockMovement
from inventory.selectors import lines_for_supplier
from inventory.services import purchasing
from inventory.services.purchasing import Item
from omnishop.kernel.admin import (
    AskForm,
    ScopedFilter,
    StoreModelAdmin,
    actor,
    list_link,
)
from omnishop.kernel.errors import Refusal
from omnishop.kernel.templatetags.omnishop import day, money, number, stamp

Status = PurchaseOrder.Status
# Which actions an order's page offers, and when.
OFFERED = {
    Status.DRAFT: {"order", "cancel", "print"},
    Status.ORDERED: {"receive", "mail", "expect", "close", "cancel", "print"},
    Status.RECEIVED: {"print"},
    Status.CANCELLED: set(),
}


class DateForm(AskForm):
    expected_on = forms.DateField(label=_("expected on"), widget=UnfoldAdminSingleDateWidget)


class OrderForm(DateForm):
    """When the order is awaited, and whether the supplier gets it by mail."""

    mail = forms.BooleanField(
        label=_("Send it by e-mail"), required=False, initial=True, widget=UnfoldBooleanWidget
    )

    def __init__(self, *args: Any, address: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if address:
            self.fields["mail"].help_text = _t("to %(address)s") % {"address": address}
        else:
            del self.fields["mail"]


def _summed(expression: Any) -> Any:
    """A sum over an order's lines, counted only for the rows that are shown."""
    lines = PurchaseOrderLine.objects.filter(order=OuterRef("pk")).order_by().values("order")
    total = Subquery(lines.annotate(n=Sum(expression)).values("n"), output_field=IntegerField())
    return Coalesce(total, 0)


@admin.register(PurchaseOrder)
class PurchaseOrderAdmin(StoreModelAdmin):
    """A draft is edited; from the order on, services alone change it."""

    list_display = (
        *("number", "supplier", "location", "status", "expected", "units", "waiting", "amount"),
    )
    list_filter = ("status", ("supplier", ScopedFilter), ("location", ScopedFilter))
    list_select_related = ("supplier", "location")
    search_fields = ("number",)
    search_help_text = _("Order number, supplier, SKU or GTIN")
    autocomplete_fields = ("supplier", "location")
    readonly_fields = (
        *("number", "status", "expected_on", "created_at", "ordered_at", "closed_at"),
        *("amount", "deliveries"),
    )
    actions_detail = ("order", "receive", "mail", "expect", "close", "cancel", "print")

    def get_queryset(self, request: HttpRequest) -> Any:
        left = Greatest(F("quantity") - F("received"), 0)
        rows = super().get_queryset(request).select_related("supplier", "location")
        return rows.annotate(
            units_ordered=_summed(F("quantity")),
            units_awaited=_summed(left),
            amount_minor=_summed(F("quantity") * F("cost_minor")),
        )

    def find(self, rows: Any, term: str) -> Any:
        articles = Variant.objects.filter(sku__startswith=term.upper()).values("pk")
        holding = Q(variant__in=articles)
        if variant := by_code(term):
            holding |= Q(variant=variant)
        orders = PurchaseOrderLine.objects.filter(holding).values("order")
        return rows.filter(
            Q(number=term.upper()) | Q(supplier__name__istartswith=term) | Q(pk__in=orders)
        )

    # --- The form -------------------------------------------------------------------------------

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return [(None, {"fields": (("supplier", "location"),)})]
        dates = ("created_at", "ordered_at", "closed_at")
        fields = (("number", "status"), ("supplier", "location"), ("expected_on", "amount"), dates)
        return [
            (None, {"fields": fields if obj.status == Status.DRAFT else (*fields, "deliveries")})
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return (*self.readonly_fields, "supplier", "location") if obj else self.readonly_fields

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        drafted = obj is None or obj.status == Status.DRAFT
        return (DraftLineInline if drafted else LineInline,)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        editable = obj is None or obj.status == Status.DRAFT
        return editable and bool(super().has_change_permission(request, obj))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_buy_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("inventory.change_purchaseorder")

    def has_receive_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("inventory.receive_purchaseorder")

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> Any:
        found = self.get_object(request, str(object_id))
        offered = OFFERED[Status(found.status)] if found else set()
        actions = super().get_actions_detail(request, object_id)
        return [one for one in actions if one.method.original_function_name in offered]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if change:
            return  # a draft's lines change, nothing else
        written = purchasing.write(
            supplier_id=obj.supplier_id,
            location_id=obj.location_id,
            at=timezone.now(),
            actor=actor(request),
        )
        obj.__dict__.update(written.__dict__)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        formset.new_objects, formset.changed_objects, formset.deleted_objects = [], [], []
        order_id = form.instance.pk
        for row in [one for one in formset.forms if one.has_changed()]:
            before = row.initial.get("variant")
            gone = row in formset.deleted_forms
            if before and (gone or "variant" in row.changed_data):
                purchasing.remove_line(order_id=order_id, variant_id=before)
            if gone or not row.cleaned_data.get("variant"):
                continue
            cost = row.cleaned_data.get("cost")
            item = Item(
                variant_id=row.cleaned_data["variant"].pk,
                quantity=row.cleaned_data["quantity"],
                cost_minor=None if cost is None else int(cost * 100),
            )
            purchasing.put_line(order_id=order_id, item=item)

    # --- Columns --------------------------------------------------------------------------------

    @admin.display(description=_("expected on"), ordering="expected_on")
    def expected(self, order: PurchaseOrder) -> str:
        if order.expected_on is None:
            return "–"
        late = (timezone.localdate() - order.expected_on).days
        if order.status != Status.ORDERED or late <= 0:
            return day(order.expected_on)
        words = ngettext("%(days)s day late", "%(days)s days late", late) % {"days": late}
        return f"{day(order.expected_on)} ({words})"

    @admin.display(description=_("units"))
    def units(self, order: Any) -> str:
        return number(order.units_ordered)

    @admin.display(description=_("awaited"))
    def waiting(self, order: Any) -> str:
        return number(order.units_awaited) if order.status == Status.ORDERED else "–"

    @admin.display(description=_("cost without VAT"))
    def amount(self, order: Any) -> str:
        return money(order.amount_minor)

    @admin.display(description=_("deliveries"))
    def deliveries(self, order: PurchaseOrder) -> str:
        documents = (
            StockMovement.objects.filter(document__startswith=f"{order.number}-D")
            .values_list("document", "at")
            .annotate(units=Sum("delta"))
            .order_by("at", "document")
        )
        links = [
            (list_link("inventory_stockmovement", document, q=document), stamp(at), number(units))
            for document, at, units in documents
        ]
        return format_html_join("", _t("<div>{}, {}: {} units</div>"), links) if links else "–"

    # --- Actions --------------------------------------------------------------------------------

    def _ask(self, request: HttpRequest, order: Any, **options: Any) -> HttpResponse:
        facts = {
            _("supplier"): order.supplier,
            _("delivered to"): order.location,
            _("units"): number(order.units_ordered),
            _("cost without VAT"): money(order.amount_minor),
        }
        return self.ask(request, order, **options | {"facts": facts | options["facts"]})

    @action(description=_("Order"), url_path="order", icon="send", permissions=["buy"])
    def order(self, request: HttpRequest, object_id: int) -> HttpResponse:
        order = self.found(request, object_id)

        def work(data: dict[str, Any]) -> str:
            done = purchasing.order(
                order_id=order.pk,
                expected_on=data["expected_on"],
                mail=data.get("mail", False),
                at=timezone.now(),
                actor=actor(request),
            )
            return _t("Ordered: expected on %(day)s.") % {"day": day(done.expected_on)}

        usual = timezone.localdate() + timedelta(days=order.supplier.lead_days)
        return self._ask(
            request,
            order,
            title=_("Order from the supplier"),
            submit=_("Order"),
            form=OrderForm(
                request.POST or None,
                initial={"expected_on": usual},
                address=order.supplier.email,
            ),
            facts={
                _("What happens"): _(
                    "The order can no longer be edited and its units are awaited on that date."
                ),
                _("message"): order.supplier.email
                or _("none: no address is known; print the order for the supplier"),
            },
            work=work,
        )

    @action(description=_("Send by mail"), url_path="mail", icon="mail", permissions=["buy"])
    def mail(self, request: HttpRequest, object_id: int) -> HttpResponse:
        order = self.found(request, object_id)

        def work(_data: dict[str, Any]) -> str:
            purchasing.mail(order_id=order.pk, at=timezone.now())
            return _t("The supplier gets the order by mail.")

        return self._ask(
            request,
            order,
            title=_("Send the order by mail"),
            submit=_("Send it"),
            form=AskForm(request.POST or None),
            facts={
                _("expected on"): day(order.expected_on),
                _("message"): order.supplier.email or _("none: no address is known"),
                _("What happens"): _("It is sent once for each date it is expected on."),
            },
            work=work,
        )

    @action(description=_("Another date"), url_path="expect", icon="event", permissions=["buy"])
    def expect(self, request: HttpRequest, object_id: int) -> HttpResponse:
        order = self.found(request, object_id)

        def work(data: dict[str, Any]) -> str:
            on: date = data["expected_on"]
            purchasing.expect(order_id=order.pk, expected_on=on, at=timezone.now())
            return _t("Expected on %(day)s.") % {"day": day(on)}

        return self._ask(
            request,
            order,
            title=_("The supplier announces another date"),
            submit=_("Change the date"),
            form=DateForm(request.POST or None, initial={"expected_on": order.expected_on}),
            facts={_("expected on"): day(order.expected_on)},
            work=work,
        )

    @action(description=_("Close"), url_path="close", icon="task_alt", permissions=["buy"])
    def close(self, request: HttpRequest, object_id: int) -> HttpResponse:
        order = self.found(request, object_id)

        def work(_data: dict[str, Any]) -> str:
            purchasing.close(order_id=order.pk, at=timezone.now(), actor=actor(request))
            return _t("The order is closed: nothing is awaited any more.")

        return self._ask(
            request,
            order,
            title=_("Close: the rest does not come"),
            submit=_("Close the order"),
            form=AskForm(request.POST or None),
            facts={_("given up"): number(order.units_awaited)},
            work=work,
        )

    @action(description=_("Cancel"), url_path="cancel", icon="block", permissions=["buy"])
    def cancel(self, request: HttpRequest, object_id: int) -> HttpResponse:
        order = self.found(request, object_id)

        def work(_data: dict[str, Any]) -> str:
            purchasing.cancel(order_id=order.pk, at=timezone.now(), actor=actor(request))
            return _t("The order is cancelled: nothing is awaited.")

        return self._ask(
            request,
            order,
            title=_("Cancel this purchase order"),
            submit=_("Cancel it"),
            form=AskForm(request.POST or None),
            facts={_("What happens"): _("Nothing is awaited any more. Tell the supplier.")},
            work=work,
        )

    @action(description=_("Receive"), url_path="receive", icon="barcode_scanner",
            permissions=["receive"])  # fmt: skip
    def receive(self, request: HttpRequest, object_id: int) -> HttpResponse:
        order = self.found(request, object_id)
        back = reverse("admin:inventory_purchaseorder_change", args=[order.pk])
        form = ReceiptForm(
            request.POST or None,
            lines=list(lines_for_supplier(order)),
            delivery=purchasing.next_delivery(order),
            everything="all" in request.GET,
        )
        status = 200
        if request.method == "POST":
            status = 422
            if form.is_valid():
                try:
                    purchasing.receive(
                        order_id=order.pk,
                        delivery=form.cleaned_data["delivery"],
                        units=form.units,
                        damaged=form.damaged,
                        unexpected=form.cleaned_data["unexpected"],
                        at=timezone.now(),
                        actor=actor(request),
                    )
                except Refusal as refusal:
                    form.add_error(None, str(refusal))
                    status = refusal.status
                else:
                    messages.success(request, form.said())
                    return HttpResponseRedirect(back)
        elif order.status != Status.ORDERED:
            messages.error(request, _t("Only an ordered order receives goods."))
            return HttpResponseRedirect(back)
        context = {
            **self.admin_site.each_context(request),
            "title": _t("Receive %(number)s") % {"number": order.number},
            "opts": self.model._meta,
            "original": order,
            "form": form,
            "back": back,
        }
        page = "admin/inventory/purchaseorder/receive.html"
        return TemplateResponse(request, page, context, status=status)

    @action(description=_("Print"), url_path="print", icon="print", permissions=["view"])
    def print(self, request: HttpRequest, object_id: int) -> HttpResponse:
        order = self.found(request, object_id)
        if not self.has_view_permission(request, order):
            raise PermissionDenied
        context = {
            "order": order,
            "lines": list(lines_for_supplier(order)),
            "back": reverse("admin:inventory_purchaseorder_change", args=[order.pk]),
        }
        return TemplateResponse(request, "admin/inventory/purchaseorder/print.html", context)
