"""manage.py import_sales: order history of another system (F-21, F-22, P-9)."""

import io
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.db.models import Sum
from django.utils import translation

from catalog.models import Category, Price, Product, Variant
from customers.models import Customer
from inventory.models import StockMovement
from omnishop.kernel.locks import lock_key
from omnishop.network.models import LegalEntity
from orders.imports import online_retail
from orders.invariants import violations
from orders.models import (
    Order,
    OrderEvent,
    OrderLine,
    Payment,
    Receipt,
    Refund,
    Return,
    ReturnLine,
    SalesImport,
)
from tests.factories import NOON, LegalEntityFactory, TaxCategoryFactory, VariantFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("invariants", "history")]

FIXTURE = Path(__file__).parent.parent / "fixtures" / "online_retail.csv"
REAL = Path(django_settings.BASE_DIR).parent.joinpath(
    "shared", "data", "sales", "online_retail_France.csv"
)
HEADER = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"


@pytest.fixture
def history():
    """A shop that can take over the history of another."""
    TaxCategoryFactory()
    LegalEntityFactory()
    with translation.override("en"):
        yield


@pytest.fixture
def write(tmp_path):
    """Write rows below the header and give the file's path."""

    def write_file(*lines):
        path = tmp_path / "sales.csv"
        path.write_text("\n".join([HEADER, *lines]) + "\n", encoding="utf-8")
        return path

    return write_file


def load(path, **options):
    """What the command prints, and its exit status."""
    out = io.StringIO()
    try:
        call_command("import_sales", path, format="online-retail", stdout=out, **options)
    except CommandError as error:
        return f"{out.getvalue()}{error}", error.returncode
    return out.getvalue(), 0


def net():
    """What a report over all days adds up."""
    sold = Order.objects.filter(sold_on__isnull=False).aggregate(sum=Sum("total_minor"))["sum"] or 0
    back = Return.objects.filter(counts=True).aggregate(sum=Sum("total_minor"))["sum"] or 0
    return sold - back


def snapshot():
    """Every row but the log of imports."""
    models: list[Any] = [
        *(Order, OrderLine, OrderEvent, Payment, Refund, Return, ReturnLine),
        *(Customer, Category, Product, Variant),
    ]
    return {m.__name__: list(m.objects.order_by("pk").values_list()) for m in models}


def facts():
    """The same without keys, to compare two databases."""
    return (
        sorted(
            OrderLine.objects.values_list(
                *("order__source_key", "order__total_minor", "order__customer__number"),
                *("order__sold_on", "position", "kind", "sku", "quantity", "unit_minor"),
                *("returned", "refunded_minor"),
            ),
            key=str,
        ),
        sorted(
            ReturnLine.objects.values_list(
                *("document__source_key", "document__total_minor", "document__business_on"),
                *("line__order__source_key", "line__position", "quantity", "total_minor"),
            )
        ),
        sorted(Payment.objects.values_list("reference", "captured_minor", "refunded_minor")),
        sorted(Refund.objects.values_list("reference", "amount_minor")),
        sorted(Product.objects.values_list("source_key", "name_fr")),
    )


def test_invoices_become_orders_of_the_site_paid_and_completed():
    said, status = load(FIXTURE)

    assert status == 0, said
    order = Order.objects.get(source_key="online-retail:100001")
    assert (order.channel, order.status, order.store) == ("web", "fulfilled", None)
    assert (order.total_minor, order.tax_minor, order.sold_on) == (7050, 0, date(2010, 12, 1))
    assert order.placed_at.isoformat() == "2010-12-01T07:45:00+00:00"  # the shop's local time
    assert order.customer
    assert order.customer.number == "OR-12583"
    assert list(order.lines.values_list("kind", "sku", "quantity", "unit_minor", "fulfilled")) == [
        ("product", "22728", 10, 375, 10),
        ("product", "22727", 4, 375, 4),
        ("delivery", "POST", 1, 1800, 1),
    ]
    payment = order.payments.get()
    assert (payment.method, payment.status, payment.captured_minor) == ("other", "captured", 7050)
    assert not Receipt.objects.exists()
    assert not StockMovement.objects.exists()

    anonymous = Order.objects.get(source_key="online-retail:100003")
    assert anonymous.customer is None
    free = Order.objects.get(source_key="online-retail:100004")
    assert (free.total_minor, free.payments.count(), free.lines.get().kind) == (0, 0, "manual")
    late = Order.objects.get(source_key="online-retail:100008")
    assert late.sold_on == date(2010, 12, 10)  # 23:30 in the shop


def test_what_the_catalogue_has_is_used_and_what_it_lacks_is_created_archived():
    VariantFactory(sku="22727")
    known = Variant.objects.get()

    load(FIXTURE)

    assert set(
        OrderLine.objects.filter(sku="22727", kind="product").values_list("variant_id", flat=True)
    ) == {known.pk}
    made = Product.objects.exclude(pk=known.product_id).order_by("source_key")
    assert list(made.values_list("source_key", "status", "category__slug")) == [
        ("online-retail:22728", "archived", "archives"),
        ("online-retail:84997A", "archived", "archives"),
        ("online-retail:84997a", "archived", "archives"),
    ]
    assert not Price.objects.filter(variant__product__in=made).exists()


def test_a_cancellation_goes_back_to_the_latest_earlier_sale_that_has_the_units():
    load(FIXTURE)

    # One unit: the latest sale. Eleven: no sale has them all, so the latest first, then the other.
    assert list(
        ReturnLine.objects.filter(document__source_key__contains=":C10000", line__sku="22728")
        .order_by("pk")
        .values_list("document__source_key", "line__order__source_key", "quantity")
    ) == [
        ("online-retail:C100005:100002", "online-retail:100002", 1),
        ("online-retail:C100006:100002", "online-retail:100002", 1),
        ("online-retail:C100006:100001", "online-retail:100001", 10),
        ("online-retail:C100007:original", "online-retail:C100007:original", 3),
    ]
    first = Order.objects.get(source_key="online-retail:100001")
    assert list(first.lines.values_list("sku", "returned", "refunded_minor")) == [
        ("22728", 10, 3750),
        ("22727", 2, 750),
        ("POST", 0, 0),
    ]
    assert first.payments.get().refunded_minor == 4500
    document = first.returns.get(source_key="online-retail:C100006:100001")
    assert (document.kind, document.counts, document.business_on, document.total_minor) == (
        "return",
        True,
        date(2010, 12, 9),
        3750,
    )
    refund = Refund.objects.get(reference=document.source_key)
    assert (refund.status, refund.amount_minor) == ("settled", 3750)
    # Two rows about one line are one return line of two units.
    assert first.returns.get(source_key="online-retail:C100007:100001").lines.get().quantity == 2


def test_what_was_sold_before_the_file_begins_is_carried_over_and_counts_on_no_day():
    said, _status = load(FIXTURE)

    carried = Order.objects.get(source_key="online-retail:C100007:original")
    assert (carried.sold_on, carried.total_minor) == (None, 3 * 375 + 2 * 350)
    assert carried.placed_at.date() == date(2010, 11, 30)
    assert [line.returned for line in carried.lines.all()] == [3, 2]
    event = carried.events.get()
    assert (event.kind, event.data["carried_over"]) == ("imported", True)
    assert "1  orders carried over for what was sold before the file begins: 18.25 EUR" in said


def test_the_net_is_that_of_the_file():
    load(FIXTURE)

    assert net() == 7050 + 750 + 375 + 0 + 420 - 375 - 11 * 375 - (3 * 375 + 2 * 350 + 2 * 375)
    assert SalesImport.objects.get().net_minor == net()


def test_the_second_run_changes_nothing():
    load(FIXTURE)
    before = snapshot()

    said, status = load(FIXTURE)

    assert status == 0
    assert "5  orders, 0 of them new" in said
    assert "3  cancellations, as 5 returns, 0 of them new" in said
    assert snapshot() == before
    assert SalesImport.objects.latest("pk").net_minor == net()


def test_a_file_cut_anywhere_and_then_read_whole_gives_the_whole(tmp_path):
    whole = FIXTURE.read_text(encoding="utf-8")
    with transaction.atomic():
        load(FIXTURE)
        expected = facts()
        transaction.set_rollback(True)

    cut = tmp_path / "cut.csv"
    for place in range(whole.index("\n") + 20, len(whole), 29):
        with transaction.atomic():
            cut.write_text(whole[:place], encoding="utf-8")
            load(cut)
            load(FIXTURE)
            # A row cut inside its last cell, the country, is whole for all that is kept.
            assert facts() == expected, f"cut at {place}"
            assert violations(at=NOON) == []
            transaction.set_rollback(True)


@pytest.mark.parametrize(
    "line, reason",
    [
        ("2,A1,X,1,2010-12-01 08:45:00,0.001,1,F", "0.001 has more decimals than the currency"),
        ("2,A1,X,1,2010-12-01 08:45:00,-5.0,1,F", "-5.0 is not a price"),
        ('2,A1,X,1,2010-12-01 08:45:00,"1,5",1,F', "1,5 is not a price"),
        ("2,A1,X,0,2010-12-01 08:45:00,1.0,1,F", "0 is not a quantity"),
        ("2,A1,X,0.1,2010-12-01 08:45:00,1.0,1,F", "0.1 is not a quantity"),
        ("2,A1,X,1000000000,2010-12-01 08:45:00,1.0,1,F", "1000000000 is not a quantity"),
        ("2,A1,X,-1,2010-12-01 08:45:00,1.0,1,F", "needs an invoice number that begins with C"),
        ("C2,A1,X,1,2010-12-01 08:45:00,1.0,1,F", "A cancellation needs a negative quantity"),
        ("2,A1,X,1,yesterday,1.0,1,F", "yesterday is not a time"),
        ("2,A1,X,1,2010-12-01 08:45:00,1.0,Bob,F", "Bob is not a customer number"),
        ("2,,X,1,2010-12-01 08:45:00,1.0,1,F", "The stock code is missing"),
        (",A1,X,1,2010-12-01 08:45:00,1.0,1,F", "The invoice number is missing"),
        ("2,A1,X,1000000,2010-12-01 08:45:00,99999.0,1,F", "too high"),
        ("2,A1,X,1", "The row ends early"),
        ("1,A1,X,1,2010-12-01 08:45:00,1.0,2,F", "One invoice names two customers"),
    ],
)
def test_a_row_that_cannot_be_loaded_is_listed_never_dropped_or_rounded(write, line, reason):
    good = "1,A1,Lamp,2,2010-12-01 08:45:00,1.5,1,F"
    path = write(good, line, "3,A1,Lamp,1,2010-12-02 08:45:00,1.5,1,F")

    said, status = load(path)

    assert status == 1
    assert net() == 450
    [refusal] = SalesImport.objects.get().refusals
    assert refusal["row"] == 3
    assert reason in refusal["reason"]
    assert f"row 3, invoice {refusal['invoice']}: {refusal['reason']}" in said
    assert "1 row was not loaded." in said


@pytest.mark.parametrize("bad", ["1,A2,Mug,1", "1,A2,Mug,no,2010-12-01 08:45:00,2.0,1,F"])
def test_a_row_mended_later_finds_its_place(write, bad):
    first = "1,A1,Lamp,2,2010-12-01 08:45:00,1.5,1,F"
    last = "1,A3,Bowl,1,2010-12-01 08:45:00,4.0,1,F"
    load(write(first, bad, last))
    assert net() == 700

    said, status = load(write(first, "1,A2,Mug,1,2010-12-01 08:45:00,2.0,1,F", last))

    assert (status, net()) == (0, 900), said
    assert list(OrderLine.objects.values_list("position", "sku")) == [
        (1, "A1"),
        (2, "A2"),
        (3, "A3"),
    ]
    assert Payment.objects.get().captured_minor == 900


def test_an_invoice_that_changed_since_is_left_and_listed(write):
    load(write("1,A1,Lamp,2,2010-12-01 08:45:00,1.5,1,F", "C2,A1,L,-1,2010-12-02,1.5,1,F"))
    before = snapshot()

    load(write("1,A1,Lamp,3,2010-12-01 08:45:00,1.5,1,F", "C2,A1,L,-2,2010-12-02,1.5,1,F"))

    assert snapshot() == before
    assert [item["row"] for item in SalesImport.objects.latest("pk").refusals] == [2, 3]


def test_a_later_file_takes_back_what_an_earlier_one_sold(write):
    load(write("1,A1,Lamp,2,2010-12-01 08:45:00,1.5,1,F"))

    load(write("C9,A1,Lamp,-1,2011-01-05 08:45:00,1.5,1,F"))

    assert Return.objects.get().order.source_key == "online-retail:1"


def test_nobody_returns_what_another_person_or_a_stranger_bought(write):
    load(
        write(
            "1,A1,Lamp,2,2010-12-01 08:45:00,1.5,1,F",
            "2,A1,Lamp,2,2010-12-01 08:45:00,1.5,,F",
            "C3,A1,Lamp,-1,2010-12-02 08:45:00,1.5,2,F",
            "C4,A1,Lamp,-1,2010-12-02 08:45:00,1.5,,F",
            "C5,A1,Lamp,-1,2010-12-02 08:45:00,1.4,1,F",
            "C6,A1,Lamp,-1,2010-11-02 08:45:00,1.5,1,F",
        )
    )

    assert {document.order.source_key for document in Return.objects.all()} == {
        f"online-retail:C{n}:original" for n in (3, 4, 5, 6)
    }


def test_a_file_or_shop_that_will_not_do_says_why_and_writes_nothing(tmp_path):
    picture = tmp_path / "picture.csv"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n\x00")
    other = tmp_path / "other.csv"
    other.write_text("a,b\n1,2\n")
    latin = tmp_path / "latin.csv"
    latin.write_bytes(f"{HEADER}\n1,A1,été,1,2010-12-01,1.0,1,F\n".encode("latin-1"))

    for path, words in (
        (picture, "not a CSV file"),
        (other, "lacks the columns InvoiceNo"),
        (latin, "--encoding cp1252"),
        (tmp_path / "absent.csv", "There is no file"),
    ):
        said, status = load(path)
        assert (words in said, status) == (True, 2)
    assert not SalesImport.objects.exists()


def test_without_a_legal_entity_there_is_nobody_who_sold():
    LegalEntity.objects.all().delete()

    said, status = load(FIXTURE)

    assert ("no legal entity" in said, status) == (True, 2)
    assert not SalesImport.objects.exists()


def test_only_one_import_of_sales_runs_at_a_time():
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [lock_key(online_retail.LOCK)])
            said, status = load(FIXTURE)
    finally:
        other.close()

    assert ("Another import of sales is running" in said, status) == (True, 2)
    assert not Order.objects.exists()


def test_many_invoices_take_as_few_statements_as_one(write, django_assert_max_num_queries):
    lines = [f"{n},A{n},Lamp,2,2010-12-01 08:45:00,1.5,{n},F" for n in range(1, 200)]
    lines += [f"C{n},A{n},Lamp,-1,2010-12-02 08:45:00,1.5,{n},F" for n in range(1, 200)]

    with django_assert_max_num_queries(75):
        load(write(*lines))

    assert Return.objects.count() == 199


def test_the_real_history_is_loaded_to_the_cent_and_once():
    if not REAL.exists():
        pytest.skip("real input is not here: online_retail_France.csv (see CONTRIBUTING)")

    said, status = load(REAL)

    assert status == 0
    assert "8557 rows read" in said
    assert "392  orders, 392 of them new" in said
    assert "69  cancellations" in said
    assert "66  lines without a customer" in said
    assert "87  customers" in said
    assert "net 197,403.90 EUR" in said
    assert net() == 19_740_390
    assert OrderLine.objects.filter(order__customer=None).count() == 66
    assert OrderLine.objects.filter(order__sold_on__isnull=False).count() == 8557 - 149
    assert SalesImport.objects.get().refusals == []
    before = snapshot()
    assert "net 197,403.90 EUR" in load(REAL)[0]
    assert snapshot() == before
