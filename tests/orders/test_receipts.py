"""A till's receipts are a signed chain without gap, fork or change (POS-2, POS-7, POS-9)."""

import json
from threading import Barrier, Thread

import pytest
from django.db import IntegrityError, connection, transaction

from orders.invariants import violations
from orders.models import Receipt, ReceiptChain
from orders.services import receipts
from tests.factories import NOON, CustomerFactory, TillFactory
from tests.orders.flows import sold, stocked

pytestmark = pytest.mark.django_db


def tickets(count, desk=None):
    desk = desk or TillFactory()
    variant = stocked(desk.store, on_hand=50)
    for _ in range(count):
        sold(desk, (variant, 1))
    return list(Receipt.objects.filter(till=desk).order_by("sequence"))


def broken():
    return [violation.rule for violation in violations(at=NOON, rules=["TKT-1", "TKT-2"])]


def tamper(sql, *params):
    """What someone with the database's password could do."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE orders_receipt DISABLE TRIGGER append_only")
        cursor.execute(sql, params)
        cursor.execute("ALTER TABLE orders_receipt ENABLE TRIGGER append_only")


def test_each_receipt_follows_the_one_before():
    first, second, third = tickets(3)

    assert [receipt.sequence for receipt in (first, second, third)] == [1, 2, 3]
    assert first.previous_hash == "GENESIS"
    assert (second.previous_hash, third.previous_hash) == (first.hash, second.hash)
    assert all(receipts.verify(receipt) for receipt in (first, second, third))
    assert broken() == []


def test_each_till_has_a_chain_of_its_own():
    tickets(2)
    other = tickets(1)

    assert other[0].sequence == 1
    assert other[0].number == f"{other[0].till}-000001"
    assert ReceiptChain.objects.count() == 2


def test_a_receipt_says_what_was_sold_its_vat_and_tenders_and_not_to_whom():
    desk = TillFactory()
    customer = CustomerFactory(last_name="Unmistakable", email="unmistakable@example.org")
    order = sold(desk, (stocked(desk.store, price=1001), 3), customer=customer)

    payload = json.loads(Receipt.objects.get().payload)

    assert payload["total"] == 3003
    assert payload["vat"] == [{"gross": 3003, "tax": 501, "tax_bp": 2000}]
    assert payload["tenders"] == [{"method": "cash", "amount": 3003}]
    assert (payload["order"], payload["business_on"]) == (order.number, "2026-11-17")
    assert "nmistakable" not in Receipt.objects.get().payload


def test_a_changed_total_is_seen():
    receipt = tickets(2)[0]
    changed = receipt.payload.replace('"total":2000', '"total":1000')

    tamper("UPDATE orders_receipt SET payload = %s WHERE id = %s", changed, receipt.pk)

    assert "TKT-1" in broken()
    receipt.refresh_from_db()
    assert not receipts.verify(receipt)


def test_a_deleted_receipt_is_seen_in_the_middle_and_at_the_end():
    middle = tickets(3)[1]
    last = tickets(2)[1]

    tamper("DELETE FROM orders_receipt WHERE id = %s", middle.pk)
    assert broken() == ["TKT-1"]
    tamper("DELETE FROM orders_receipt WHERE id = %s", last.pk)
    assert broken() == ["TKT-1", "TKT-2"]


def test_a_chain_rewritten_with_new_hashes_fails_its_signature():
    (receipt,) = tickets(1)
    changed = receipt.payload.replace("2000", "1000")
    digest = receipts.chained("GENESIS", changed)

    tamper("UPDATE orders_receipt SET payload = %s, hash = %s, total_minor = 1000", changed, digest)

    assert "TKT-1" not in broken()  # no query sees it: the key does (POS-9)
    receipt.refresh_from_db()
    assert not receipts.verify(receipt)


def test_a_number_or_a_predecessor_is_never_used_twice():
    first, second = tickets(2)
    for changes in ({"sequence": 2, "previous_hash": "x"}, {"sequence": 9}):
        copy = {
            field.attname: getattr(second, field.attname)
            for field in Receipt._meta.fields
            if field.attname != "id"
        } | changes
        with pytest.raises(IntegrityError), transaction.atomic():
            Receipt.objects.create(**copy)
    assert first.sequence == 1


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("invariants")
def test_twelve_sales_at_one_till_at_once_leave_no_gap_and_no_fork():
    desk = TillFactory()
    variant = stocked(desk.store, on_hand=3)
    barrier, faults = Barrier(12), []

    def sell():
        try:
            barrier.wait()
            sold(desk, (variant, 1))
        except Exception as error:
            faults.append(error)
        finally:
            connection.close()

    threads = [Thread(target=sell) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert faults == []
    numbers = Receipt.objects.filter(till=desk).order_by("sequence")
    assert [receipt.sequence for receipt in numbers] == list(range(1, 13))
    assert all(receipts.verify(receipt) for receipt in numbers)
