"""Cancellations of imported sales: which earlier order each unit goes back to."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.db.models import CharField, Count, F, Func, Value
from django.utils.translation import gettext as _

from orders.imports.rows import Invoice, Sale
from orders.models import Order, OrderLine, Payment, Refund, Return, ReturnLine

if TYPE_CHECKING:
    from orders.imports.online_retail import Loader


class Book:
    """The returns of one batch of cancellations, found or made, then written together."""

    def __init__(self, loader: "Loader", batch: Sequence[Invoice]) -> None:
        self.loader = loader
        self.returns: dict[str, Return] = {}  # by source key
        self.lines: dict[tuple[str, int, int], ReturnLine] = {}  # by source key and order line
        self.stored: dict[str, Counter[tuple[str, int]]] = defaultdict(Counter)  # by invoice
        self.carried: dict[str, Order] = {}  # by invoice
        self.carried_lines: Counter[str] = Counter()
        self.fresh_orders: list[tuple[Order, Invoice]] = []
        self.fresh_lines: list[OrderLine] = []
        self.grown: dict[int, int] = defaultdict(int)  # carried orders, by key
        self.touched: dict[int, OrderLine] = {}
        self._read_stored(batch)
        self._read_sales(batch)

    # --- Reading ---------------------------------------------------------------------------

    def _read_stored(self, batch: Sequence[Invoice]) -> None:
        """What an earlier run wrote for these cancellations."""
        source = self.loader.source
        invoice_of_key = Func(
            F("source_key"),
            Value(":"),
            Value(2),
            function="split_part",
            output_field=CharField(),
        )
        for document in (
            Return.objects.filter(source_key__startswith=f"{source}:")
            .annotate(invoice=invoice_of_key)
            .filter(invoice__in=[invoice.number for invoice in batch])
            .select_related("order")
            .prefetch_related("lines__line")
        ):
            self.returns[document.source_key] = document
            for line in document.lines.all():
                self.lines[document.source_key, line.line.order_id, line.line.position] = line
                key = (line.line.sku, line.line.unit_minor)
                self.stored[document.source_key.split(":")[1]][key] += line.quantity
        keys = {self._carried_key(invoice): invoice.number for invoice in batch}
        for order in Order.objects.filter(source_key__in=keys).prefetch_related("lines"):
            self.carried[keys[order.source_key]] = order
            self.carried_lines[keys[order.source_key]] = len(order.lines.all())

    def _read_sales(self, batch: Sequence[Invoice]) -> None:
        """Earlier sales to the same people that still have units, most recent first."""
        self.sales: dict[tuple[int, str, int], list[OrderLine]] = defaultdict(list)
        people = {c.pk for i in batch if (c := self.loader.customers.get(i.customer))}
        orders = list(
            Order.objects.locked()
            .filter(
                source_key__startswith=f"{self.loader.source}:",
                customer__in=people,
                sold_on__isnull=False,
            )
            .values_list("pk", flat=True)
        )
        for line in (
            OrderLine.objects.filter(
                order__in=orders,
                sku__in={sale.sku for invoice in batch for sale in invoice.sales},
                returned__lt=F("fulfilled"),
            )
            .select_related("order")
            .order_by("-order__placed_at", "-order_id", "position")
        ):
            assert line.order.customer_id is not None  # noqa: S101  filtered above
            self.sales[line.order.customer_id, line.sku, line.unit_minor].append(line)

    # --- Taking back -----------------------------------------------------------------------

    def take_back(self, invoice: Invoice, sale: Sale) -> None:
        """Return the units from one earlier sale if it has them all, else from several.

        What no sale in the books holds goes back to a carried-over order.
        """
        customer = self.loader.customers.get(invoice.customer)
        earlier = [
            line
            for line in self.sales.get(
                (customer.pk if customer else 0, sale.sku, sale.unit_minor), []
            )
            if line.order.placed_at <= invoice.at and line.returned < line.fulfilled
        ]
        left = sale.quantity
        whole = [line for line in earlier if line.fulfilled - line.returned >= left]
        for line in whole[:1] or earlier:
            units = min(left, line.fulfilled - line.returned)
            self._return(invoice, line, units)
            self.touched[line.pk] = line
            left -= units
            if not left:
                return
        self._return(invoice, self._carry_over(invoice, sale, left), left)

    def _return(self, invoice: Invoice, line: OrderLine, units: int) -> None:
        order = line.order
        key = f"{self.loader.source}:{invoice.number}:{order.source_key.split(':', 1)[1]}"
        if order.source_key == self._carried_key(invoice):
            key = order.source_key
        amount = line.unit_minor * units
        line.returned += units
        line.refunded_minor += amount
        document = self.returns.get(key)
        if document is None:
            document = self.returns[key] = Return(
                order=order,
                kind=Return.Kind.RETURN,
                total_minor=0,
                tax_minor=0,
                counts=True,
                reason=_("Invoice %(number)s, imported") % {"number": invoice.number},
                actor="import",
                business_on=self.loader.day(invoice.at),
                at=invoice.at,
                source_key=key,
            )
        document.total_minor += amount
        at = (key, order.pk or 0, line.position)
        if at in self.lines:
            self.lines[at].quantity += units
            self.lines[at].total_minor += amount
        else:
            self.lines[at] = ReturnLine(
                document=document,
                line=line,
                quantity=units,
                total_minor=amount,
                tax_minor=0,
                disposition=ReturnLine.Disposition.NONE,  # no stock moves
            )

    def _carry_over(self, invoice: Invoice, sale: Sale, units: int) -> OrderLine:
        """A line of the order that stands for sales before the file begins."""
        order = self.carried.get(invoice.number)
        if order is None:
            order = self.loader.order(invoice)
            order.source_key = self._carried_key(invoice)
            order.placed_at = order.paid_at = self.loader.before()
            order.sold_on = None
            self.carried[invoice.number] = order
            self.fresh_orders.append((order, invoice))
        self.carried_lines[invoice.number] += 1
        part = Sale(sale.row, sale.position, sale.sku, sale.name, units, sale.unit_minor)
        line = self.loader.line(order, part, self.carried_lines[invoice.number])
        if order.pk:
            self.grown[order.pk] += part.total_minor
        else:
            order.total_minor += part.total_minor
        self.fresh_lines.append(line)
        return line

    def _carried_key(self, invoice: Invoice) -> str:
        return f"{self.loader.source}:{invoice.number}:original"

    # --- Writing ---------------------------------------------------------------------------

    def write(self) -> None:
        """Write everything in a constant number of statements."""
        self.loader.write_orders(self.fresh_orders)
        self.loader.grow({order.source_key: order for order in self.carried.values()}, self.grown)
        OrderLine.objects.bulk_create(self.fresh_lines)
        OrderLine.objects.bulk_update(self.touched.values(), ["returned", "refunded_minor"])
        fresh = [document for document in self.returns.values() if document._state.adding]
        counts: Counter[int] = Counter(
            dict(
                Return.objects.filter(order__in={document.order_id for document in fresh})
                .values_list("order")
                .annotate(Count("pk"))
            )
        )
        for document in fresh:
            counts[document.order.pk] += 1
            document.number = f"{document.order.number}-R{counts[document.order.pk]}"
        grown = self._grown_returns()
        Return.objects.bulk_create(fresh)
        Return.objects.bulk_update(grown, ["total_minor"])
        stored = [line for line in self.lines.values() if not line._state.adding]
        ReturnLine.objects.bulk_create(line for line in self.lines.values() if line._state.adding)
        ReturnLine.objects.bulk_update(stored, ["quantity", "total_minor"])
        self._refund([*fresh, *grown])
        summary = self.loader.summary
        summary.returns += len(self.returns)
        summary.returns_new += len(fresh)
        summary.carried_over += len(self.carried)
        summary.carried_over_minor += sum(order.total_minor for order in self.carried.values())

    def _grown_returns(self) -> list[Return]:
        """Returns of an earlier run to which this one added."""
        held = dict(
            Return.objects.filter(
                pk__in=[document.pk for document in self.returns.values() if document.pk]
            ).values_list("pk", "total_minor")
        )
        return [
            document
            for document in self.returns.values()
            if document.pk in held and document.total_minor != held[document.pk]
        ]

    def _refund(self, documents: Sequence[Return]) -> None:
        """Money goes back by the tender it came from; all of it was settled long ago."""
        payments = {
            payment.order_id: payment
            for payment in Payment.objects.filter(
                order__in={document.order_id for document in documents},
                reference=F("order__source_key"),
            )
        }
        refunds = {
            refund.reference: refund
            for refund in Refund.objects.filter(
                reference__in=[document.source_key for document in documents]
            )
        }
        new: list[Refund] = []
        more: list[Refund] = []
        for document in documents:
            payment = payments.get(document.order_id)
            if payment is None or not document.total_minor:
                continue  # it was free
            refund = refunds.get(document.source_key)
            if refund is None:
                refund = Refund(
                    payment=payment,
                    amount_minor=0,
                    reason=document.reason,
                    reference=document.source_key,
                    status=Refund.Status.SETTLED,
                    created_at=document.at,
                    settled_at=document.at,
                )
                new.append(refund)
            else:
                more.append(refund)
            payment.refunded_minor += document.total_minor - refund.amount_minor
            refund.amount_minor = document.total_minor
        Payment.objects.bulk_update(payments.values(), ["refunded_minor"])
        Refund.objects.bulk_create(new)
        Refund.objects.bulk_update(more, ["amount_minor"])
