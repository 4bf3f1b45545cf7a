"""Transfers in the back office: read with their lines; sent, received, called off by services."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action

from inventory.admin.why import document_link
from inventory.models import Transfer, TransferLine
from inventory.services import transfers
from inventory.transfers import with_units
from omnishop.kernel.admin import (
    AskForm,
    ReadOnlyAdmin,
    ReadOnlyInline,
    ScopedFilter,
    actor,
    units_field,
)
from omnishop.network.selectors import names


class UnitsForm(AskForm):
    """How many units of each line leave, or have come."""

    def __init__(self, data: Any = None, *, lines: list[TransferLine], most: str) -> None:
        super().__init__(data)
        for line in lines:
            units = getattr(line, most)
            self.fields[f"units-{line.position}"] = units_field(
                f"{line.variant.product.name} ({line.variant.sku})",
                least=0,
                most=units,
                initial=units,
                help_text=_t("for %(document)s") % {"document": line.document}
                if line.document
                else "",
            )

    @staticmethod
    def units(data: dict[str, Any]) -> dict[int, int]:
        """Position → units."""
        return {int(name[6:]): units for name, units in data.items() if name.startswith("units-")}


class TransferLineInline(ReadOnlyInline):
    model = TransferLine
    fields = ("position", "variant", "quantity", "sent", "received", "travels_for")
    readonly_fields = ("travels_for",)
    show_change_link = False
    tab = False

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("variant__product")

    @admin.display(description=_("for"))
    def travels_for(self, line: TransferLine) -> str:
        return document_link(line) if line.document else _t("the shelf")


@admin.register(Transfer)
class TransferAdmin(ReadOnlyAdmin):
    """Worked at the till of either place; done from here when there is none."""

    list_display = ("number", "source", "destination", "status", "units", "expected_at")
    list_filter = ("status", ("source", ScopedFilter), ("destination", ScopedFilter))
    list_select_related = ("source", "destination")
    search_fields = ("number",)
    search_help_text = _("Number of the transfer, or the order it travels for")
    inlines = (TransferLineInline,)
    actions_detail = ("send", "receive", "cancel")
    readonly_fields = ("asked_by", "sender", "receiver")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("number", "status", "reason"),
                    ("source", "destination", "expected_at"),
                    ("requested_at", "asked_by"),
                    ("sent_at", "sender"),
                    ("received_at", "receiver"),
                )
            },
        ),
    )

    def get_queryset(self, request: HttpRequest) -> Any:
        return with_units(super().get_queryset(request))

    def find(self, rows: Any, term: str) -> Any:
        term = term.upper()
        if term.startswith("O-"):
            lines = TransferLine.objects.filter(document=term)
            return rows.filter(pk__in=lines.values("transfer"))
        return rows.filter(number=term)

    @admin.display(description=_("Units"))
    def units(self, transfer: Any) -> int:
        return int(transfer.units or 0)

    @admin.display(description=_("by"))
    def asked_by(self, transfer: Transfer) -> str:
        return _who(transfer.requested_by)

    @admin.display(description=_("sent by"))
    def sender(self, transfer: Transfer) -> str:
        return _who(transfer.sent_by)

    @admin.display(description=_("received by"))
    def receiver(self, transfer: Transfer) -> str:
        return _who(transfer.received_by)

    def has_handle_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("inventory.change_transfer")

    @action(description=_("Send"), url_path="send", icon="local_shipping", permissions=["handle"])
    def send(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return self._move(
            request,
            object_id,
            title=_("Send the transfer"),
            submit=_("It leaves"),
            most="quantity",
            what=_("Fewer units than asked for: an order's are written off and found elsewhere, "
                   "else its customer chooses; others stay for sale."),
            service=transfers.send,
            done=_("The transfer has left."),
        )  # fmt: skip

    @action(description=_("Receive"), url_path="receive", icon="inventory", permissions=["handle"])
    def receive(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return self._move(
            request,
            object_id,
            title=_("Receive the transfer"),
            submit=_("Receive it"),
            most="sent",
            what=_("Fewer units than were sent: they are lost on the way; an order's are found "
                   "elsewhere, else its customer chooses."),
            service=transfers.receive,
            done=_("The transfer is received."),
        )  # fmt: skip

    def _move(
        self, request: HttpRequest, object_id: int, *, title: Any, submit: Any, most: str,
        what: Any, service: Callable[..., Transfer], done: Any,
    ) -> HttpResponse:  # fmt: skip
        transfer = self.found(request, object_id)
        lines = list(transfer.lines.select_related("variant__product").order_by("position"))

        def work(data: dict[str, Any]) -> Any:
            service(
                transfer_id=transfer.pk,
                units=UnitsForm.units(data),
                at=timezone.now(),
                actor=actor(request),
            )
            return done

        return self.ask(
            request,
            transfer,
            title=title,
            submit=submit,
            form=UnitsForm(request.POST or None, lines=lines, most=most),
            facts=_facts(transfer) | {_("What happens"): what},
            work=work,
        )

    @action(description=_("Call off"), url_path="cancel", icon="block", permissions=["handle"])
    def cancel(self, request: HttpRequest, object_id: int) -> HttpResponse:
        transfer = self.found(request, object_id)

        def work(_data: dict[str, Any]) -> str:
            transfers.cancel(transfer_id=transfer.pk, at=timezone.now(), actor=actor(request))
            return _t("The transfer is called off.")

        return self.ask(
            request,
            transfer,
            title=_("Call the transfer off"),
            submit=_("Call it off"),
            form=AskForm(request.POST or None),
            facts=_facts(transfer)
            | {
                _("What happens"): _(
                    "The goods stay and are free again; an order's are found elsewhere, else its "
                    "customer chooses."
                )
            },
            work=work,
        )


def _facts(transfer: Transfer) -> dict[Any, Any]:
    return {
        _("transfer"): transfer.number,
        _("from where"): transfer.source,
        _("to where"): transfer.destination,
        _("status"): transfer.get_status_display(),
    }


def _who(one: str) -> str:
    return names([one]).get(one, one) or "–"
