"""Real order history in the format of the "Online Retail" data set.

An invoice becomes an order of the site, completed and paid; a cancellation becomes returns of
the orders it takes back. Amounts are taken as they are, without VAT (a wholesaler's exports):
`tax_bp` is 0 on every line. Stock, points and fiscal receipts are untouched: this happened
before our ledgers began, and at no till of ours.

A cancelled unit is looked for among the same customer's earlier sales of that code at that
price, the most recent first. What none of them holds was sold before the file begins: it is
returned from an order *carried over*, dated the day before the file, which counts as a sale
on no day (`sold_on` is empty), so that the net of the file is exact.

Repeats: an order is known by `source_key`, its lines by their position; what is there already
stays, what is missing is added. A file cut anywhere and read again whole gives the whole.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from hashlib import sha256
from pathlib import Path
from time import monotonic
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext as _

from catalog.imports.text import code_of
from catalog.models import Category, Product, TaxCategory, Variant
from catalog.services import refresh_search
from customers.models import Customer
from omnishop.kernel.csv_files import NotReadable, examine
from omnishop.kernel.locks import alone
from omnishop.network.models import LegalEntity
from orders.imports.book import Book
from orders.imports.rows import REQUIRED, Invoice, Sale, invoices
from orders.models import (
    Channel,
    Order,
    OrderEvent,
    OrderLine,
    Payment,
    SalesImport,
)

SOURCE = "online-retail"
ACTOR = "import"
BATCH = 500  # invoices
LOCK = "orders.import_sales"


@dataclass(slots=True)
class Summary:
    """What a file of sales holds, and what of it was new. Amounts in minor units."""

    rows: int = 0
    orders: int = 0
    orders_new: int = 0
    cancellations: int = 0
    returns: int = 0
    returns_new: int = 0
    carried_over: int = 0
    carried_over_minor: int = 0
    lines_new: int = 0
    anonymous_lines: int = 0
    customers: set[str] = field(default_factory=set)
    customers_new: int = 0
    products_new: int = 0
    delivery_lines: int = 0
    delivery_minor: int = 0
    manual_lines: int = 0
    manual_minor: int = 0
    net_minor: int = 0
    refusals: list[dict[str, object]] = field(default_factory=list)
    run: SalesImport | None = None


def import_sales(
    path: Path,
    *,
    at: datetime,
    encoding: str = "utf-8",
    currency: str = "",
    tax_category: str = "standard",
    progress: Callable[[Summary], None] = lambda summary: None,
) -> Summary:
    """Load the orders and returns of a file that are not there yet, all or nothing.

    Raises NotReadable, having written nothing, when the file cannot be taken or the shop has
    no legal entity, and Busy when another import of sales runs.
    """
    with alone(LOCK, message=_("Another import of sales is running. Wait until it is done.")):
        file = examine(path, encoding=encoding, required=REQUIRED)
        with transaction.atomic():
            loader = Loader(
                at=at,
                currency=currency or settings.CURRENCY,
                entity=_entity(),
                tax_category=_tax_category(tax_category),
                file_name=path.name,
            )
            summary = loader.summary
            summary.run = SalesImport.objects.create(
                file_name=path.name[:200], format=SOURCE, started_at=at
            )
            # Sales first: the file's order does not matter to what a cancellation finds.
            skipped: list[dict[str, object]] = []
            for batch in _batches(invoices(file.rows(), summary.refusals), cancels=False):
                loader.sales(batch)
                progress(summary)
            for batch in _batches(invoices(file.rows(), skipped), cancels=True):
                loader.cancellations(batch)
                progress(summary)
            summary.rows = file.count()
            summary.refusals.sort(key=lambda item: int(str(item["row"])))
            loader.finish()
    return summary


def _entity() -> LegalEntity:
    entity = LegalEntity.objects.order_by("pk").first()
    if entity is None:
        raise NotReadable(_("There is no legal entity to have sold this: add one first."))
    return entity


def _tax_category(code: str) -> TaxCategory:
    found = TaxCategory.objects.filter(code=code).first()
    if found is None:
        raise NotReadable(
            _("There is no tax category %(code)s: add it, or choose another.") % {"code": code}
        )
    return found


def _batches(found: Iterable[Invoice], *, cancels: bool) -> Iterator[list[Invoice]]:
    batch: list[Invoice] = []
    for invoice in found:
        if invoice.cancels == cancels:
            batch.append(invoice)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


class Loader:
    """Writes batches of invoices in a constant number of statements each."""

    source = SOURCE

    def __init__(
        self,
        *,
        at: datetime,
        currency: str,
        entity: LegalEntity,
        tax_category: TaxCategory,
        file_name: str,
    ) -> None:
        self.at = at
        self.currency = currency
        self.entity = entity
        self.tax_category = tax_category
        self.file_name = file_name
        self.zone = ZoneInfo(settings.TIME_ZONE)
        self.begins: date | None = None  # the first day of the file
        self.summary = Summary()
        self.began = monotonic()
        self.customers: dict[str, Customer] = {}
        self.variants: dict[str, int] = {}

    # --- Sales -----------------------------------------------------------------------------

    def sales(self, batch: Sequence[Invoice]) -> None:
        """Write the orders that are missing, and the missing lines of those that are there."""
        first = min(self.day(invoice.at) for invoice in batch)
        self.begins = min(self.begins or first, first)
        self._know(batch)
        orders = {
            order.source_key: order
            for order in Order.objects.locked().filter(
                source_key__in=[_key(invoice.number) for invoice in batch]
            )
        }
        stored: dict[int, dict[int, tuple[str, int, int]]] = defaultdict(dict)
        for order_id, position, sku, quantity, unit in OrderLine.objects.filter(
            order__in=orders.values()
        ).values_list("order_id", "position", "sku", "quantity", "unit_minor"):
            stored[order_id][position] = (sku, quantity, unit)
        fresh: list[tuple[Order, Invoice]] = []
        lines: list[tuple[Order, Sale]] = []
        grown: dict[int, int] = defaultdict(int)  # by order
        for invoice in batch:
            order = orders.get(_key(invoice.number))
            missing = invoice.sales
            if order:
                there = stored[order.pk]
                missing = [sale for sale in invoice.sales if sale.position not in there]
                changed = [
                    sale
                    for sale in invoice.sales
                    if sale.position in there
                    and there[sale.position] != (sale.sku, sale.quantity, sale.unit_minor)
                ]
                if changed:
                    self._differs(invoice)
                    continue
                if missing:
                    grown[order.pk] += sum(sale.total_minor for sale in missing)
            else:
                order = self.order(invoice)
                order.total_minor = sum(sale.total_minor for sale in missing)
                fresh.append((order, invoice))
            lines += [(order, sale) for sale in missing]
            self.summary.orders += 1
            self._count(invoice, sign=1)
        self.write_orders(fresh)
        self._write_lines(lines)
        self.grow(orders, grown)
        self.summary.orders_new += len(fresh)

    def order(self, invoice: Invoice) -> Order:
        return Order(
            channel=Channel.WEB,
            status=Order.Status.FULFILLED,
            customer=self.customers.get(invoice.customer),
            entity=self.entity,
            language=settings.LANGUAGE_CODE,
            currency=self.currency,
            total_minor=0,
            tax_minor=0,
            placed_at=invoice.at,
            paid_at=invoice.at,
            sold_on=self.day(invoice.at),
            source_key=_key(invoice.number),
        )

    def write_orders(self, fresh: Sequence[tuple[Order, Invoice]]) -> None:
        """Number and write the orders, each with its payment and the event that says whence."""
        for (order, _invoice), number in zip(fresh, _order_numbers(len(fresh)), strict=True):
            order.number = number
        Order.objects.bulk_create(order for order, _invoice in fresh)
        self._write_payments([order for order, _invoice in fresh])
        OrderEvent.objects.bulk_create(
            OrderEvent(
                order=order,
                kind="imported",
                data={
                    "source": SOURCE,
                    "file": self.file_name[:200],
                    "invoice": invoice.number,
                    "country": invoice.country,
                    "carried_over": order.sold_on is None,
                },
                actor=ACTOR,
                at=self.at,
            )
            for order, invoice in fresh
        )

    def _write_payments(self, orders: Iterable[Order]) -> None:
        """How it was paid is not known, only that it was."""
        Payment.objects.bulk_create(
            Payment(
                order=order,
                method=Payment.Method.OTHER,
                status=Payment.Status.CAPTURED,
                provider="import",
                reference=order.source_key,
                amount_minor=order.total_minor,
                captured_minor=order.total_minor,
                created_at=order.placed_at,
                settled_at=order.placed_at,
            )
            for order in orders
            if order.total_minor
        )

    def _write_lines(self, lines: Sequence[tuple[Order, Sale]]) -> None:
        OrderLine.objects.bulk_create(
            (self.line(order, sale, sale.position) for order, sale in lines), batch_size=1000
        )
        self.summary.lines_new += len(lines)

    def line(self, order: Order, sale: Sale, position: int) -> OrderLine:
        kind = sale.kind
        return OrderLine(
            order=order,
            position=position,
            kind=kind,
            variant_id=self.variants[sale.sku] if kind == OrderLine.Kind.PRODUCT else None,
            sku=sale.sku,
            name=sale.name,
            quantity=sale.quantity,
            unit_minor=sale.unit_minor,
            total_minor=sale.total_minor,
            tax_bp=0,
            tax_minor=0,
            contract_place=OrderLine.ContractPlace.DISTANCE,
            fulfilled=sale.quantity,
        )

    def grow(self, orders: Mapping[str, Order], grown: Mapping[int, int]) -> None:
        """Bring totals and payments of orders that got further lines up to date."""
        more = [order for order in orders.values() if grown.get(order.pk)]
        if not more:
            return
        unpaid = [order for order in more if not order.total_minor]
        for order in more:
            order.total_minor += grown[order.pk]
        Order.objects.bulk_update(more, ["total_minor"])
        self._write_payments(unpaid)
        for order in more:
            Payment.objects.filter(order=order, reference=order.source_key).update(
                amount_minor=order.total_minor, captured_minor=order.total_minor
            )

    # --- Cancellations ---------------------------------------------------------------------

    def cancellations(self, batch: Sequence[Invoice]) -> None:
        """Write the returns that are missing, each against the order it takes back."""
        first = min(self.day(invoice.at) for invoice in batch)
        self.begins = min(self.begins or first, first)
        self._know(batch)
        book = Book(self, batch)
        for invoice in batch:
            there = book.stored[invoice.number]
            missing: list[Sale] = []
            differs = False
            for sale in invoice.sales:
                have = there[sale.sku, sale.unit_minor]
                if have >= sale.quantity:
                    there[sale.sku, sale.unit_minor] -= sale.quantity
                elif have == 0:
                    missing.append(sale)
                else:
                    differs = True
            if differs or any(there.values()):
                self._differs(invoice)
                continue
            for sale in missing:
                book.take_back(invoice, sale)
            self.summary.cancellations += 1
            self._count(invoice, sign=-1)
        book.write()

    # --- People and articles -----------------------------------------------------------------

    def _know(self, batch: Sequence[Invoice]) -> None:
        """Find or make the customers and articles of a batch."""
        ids = {i.customer for i in batch if i.customer} - set(self.customers)
        numbers = {_customer_number(key): key for key in sorted(ids)}
        known = {c.number: c for c in Customer.objects.filter(number__in=numbers)}
        made = Customer.objects.bulk_create(
            Customer(number=number, language=settings.LANGUAGE_CODE)
            for number in numbers
            if number not in known
        )
        known |= {customer.number: customer for customer in made}
        self.customers |= {key: known[number] for number, key in numbers.items()}
        self.summary.customers_new += len(made)
        names: dict[str, str] = {}
        for invoice in batch:
            for sale in invoice.sales:
                if sale.kind == OrderLine.Kind.PRODUCT and sale.sku not in self.variants:
                    names.setdefault(sale.sku, sale.name)
        self.variants |= dict(Variant.objects.filter(sku__in=names).values_list("sku", "pk"))
        for key, variant_id in Variant.objects.filter(
            product__source_key__in=[f"{SOURCE}:{sku}" for sku in names]
        ).values_list("product__source_key", "pk"):
            self.variants.setdefault(key.split(":", 1)[1], variant_id)  # its SKU was changed here
        self._archive({sku: n for sku, n in names.items() if sku not in self.variants})

    def _archive(self, names: Mapping[str, str]) -> None:
        """Make the articles that the catalogue lacks, archived and without a price."""
        if not names:
            return
        shelf = Category.objects.filter(slug="archives").first()
        if shelf is None:
            shelf = Category.objects.add_root(
                {"slug": "archives", "name_fr": "Archives", "name_en": "Archives"}
            )
        products = Product.objects.bulk_create(
            Product(
                slug=_slug(sku),
                category=shelf,
                tax_category=self.tax_category,
                status=Product.Status.ARCHIVED,
                source_key=f"{SOURCE}:{sku}",
                **{f"name_{settings.MODELTRANSLATION_DEFAULT_LANGUAGE}": name},
            )
            for sku, name in names.items()
        )
        made = Variant.objects.bulk_create(
            Variant(product=product, sku=sku) for product, sku in zip(products, names, strict=True)
        )
        self.variants |= {variant.sku: variant.pk for variant in made}
        self.summary.products_new += len(made)
        refresh_search([product.pk for product in products])

    # --- The rest ----------------------------------------------------------------------------

    def day(self, at: datetime) -> date:
        return at.astimezone(self.zone).date()

    def before(self) -> datetime:
        """An instant before the file begins, for what must have been sold then."""
        begins = self.begins or self.day(self.at)
        return datetime.combine(begins - timedelta(days=1), time(12), tzinfo=self.zone)

    def _count(self, invoice: Invoice, *, sign: int) -> None:
        summary = self.summary
        for sale in invoice.sales:
            summary.net_minor += sign * sale.total_minor
            summary.anonymous_lines += not invoice.customer
            if sale.kind == OrderLine.Kind.DELIVERY:
                summary.delivery_lines += 1
                summary.delivery_minor += sign * sale.total_minor
            elif sale.kind == OrderLine.Kind.MANUAL:
                summary.manual_lines += 1
                summary.manual_minor += sign * sale.total_minor
        if invoice.customer:
            summary.customers.add(invoice.customer)

    def _differs(self, invoice: Invoice) -> None:
        self.summary.refusals += [
            {
                "row": sale.row,
                "invoice": invoice.number,
                "reason": _("This invoice was loaded before with other contents; it was left."),
            }
            for sale in invoice.sales
        ]

    def finish(self) -> None:
        """Keep what was read in the run's row."""
        run, summary = self.summary.run, self.summary
        assert run is not None  # noqa: S101  made before the first batch
        run.rows, run.orders, run.returns = summary.rows, summary.orders, summary.returns
        run.net_minor, run.refusals = summary.net_minor, summary.refusals
        run.finished_at = self.at + timedelta(seconds=monotonic() - self.began)
        run.save()


def _key(invoice: str) -> str:
    return f"{SOURCE}:{invoice}"


def _customer_number(key: str) -> str:
    return f"OR-{key}"


def _slug(sku: str) -> str:
    """85123a and 85123A are two codes, but would be one slug."""
    slug = code_of(f"{SOURCE}-{sku}", 140)
    return slug if sku == sku.upper() else f"{slug}-{sha256(sku.encode()).hexdigest()[:8]}"


def _order_numbers(count: int) -> list[str]:
    """The next order numbers, in the form of `orders.models.order.next_number`."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('orders_order_number') FROM generate_series(1, %s)", [count])
        return [f"O-{number:07d}" for (number,) in cursor.fetchall()]
