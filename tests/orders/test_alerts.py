"""Back in stock: per article and place, confirmed first, told once, in waves (UX P5, FIELD 23)."""

import threading
from datetime import timedelta

import pytest
from django.core import mail
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from customers.models import Customer, Message
from inventory.models import StockLevel
from orders.invariants import violations
from orders.models import StockAlert
from orders.services import alerts
from orders.tasks import close_stock_alerts, tell_restocked
from tests.factories import (
    NOON,
    CustomerFactory,
    StockLevelFactory,
    StoreFactory,
    TillFactory,
    VariantFactory,
    WarehouseFactory,
)
from tests.orders.flows import sold

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(days=2)


def missing(place=None):
    """An article that is on the books of a place, and not there."""
    variant = VariantFactory()
    StockLevelFactory(
        variant=variant, location=(place or StoreFactory()).locations.get(), on_hand=0
    )
    return variant


def store_of(variant):
    return StockLevel.objects.get(variant=variant).location.stores.get()


def restock(variant, units=1):
    StockLevel.objects.filter(variant=variant).update(on_hand=units)


def waits(variant, email="a@example.org", store=None, at=NOON, customer=None):
    """Somebody who asked and confirmed."""
    store = store or store_of(variant)
    return StockAlert.objects.create(
        variant=variant, store=store, email=email, status="waiting", asked_at=at,
        confirmed_at=at, expires_at=at + alerts.WAITS, customer=customer,
    )  # fmt: skip


def ask(variant, email="a@example.org", customer=None, store=None, at=NOON):
    return alerts.ask(
        variant_id=variant.pk, store_id=(store or store_of(variant)).pk, email=email,
        customer=customer, language="fr", at=at,
    )  # fmt: skip


def test_an_unknown_address_is_written_to_and_waits_once_its_link_is_pressed():
    variant = missing()

    assert ask(variant, " A@Example.org ") == alerts.Asked(confirmed=False)
    alert = StockAlert.objects.get()
    assert (alert.status, alert.email, alert.customer) == ("asked", "a@example.org", None)
    message = Message.objects.get()
    assert (message.to, message.purpose) == ("a@example.org", "service")
    assert alert.token in message.context["link"]

    restock(variant)
    assert alerts.back(at=NOON) == []  # nobody confirmed

    alerts.confirm(token=alert.token, at=NOON)
    alerts.confirm(token=alert.token, at=LATER)
    alert.refresh_from_db()
    assert (alert.status, alert.confirmed_at) == ("waiting", NOON)


def test_the_answer_is_the_same_for_an_address_that_is_a_customers():
    CustomerFactory(email="known@example.org")
    variant = missing()

    assert ask(variant, "known@example.org") == ask(variant, "nobody@example.org")
    assert Message.objects.count() == 2


def test_a_signed_in_person_waits_at_once_with_a_proved_address_only():
    person = CustomerFactory(email="camille@example.org")
    variant = missing()

    assert ask(variant, "camille@example.org", customer=person).confirmed
    assert not Message.objects.exists()
    assert StockAlert.objects.get().customer == person

    assert not ask(missing(), "other@example.org", customer=person).confirmed
    assert StockAlert.objects.get(email="other@example.org").customer is None


def test_one_open_alert_per_person_article_and_place_whatever_is_pressed():
    person = CustomerFactory(email="camille@example.org")
    variant = missing()

    for _ in range(3):
        ask(variant, "camille@example.org", customer=person)
        ask(variant, "guest@example.org")

    assert StockAlert.objects.count() == 2
    assert Message.objects.count() == 1  # to the guest, once a day
    with pytest.raises(IntegrityError), transaction.atomic():
        waits(variant, "guest@example.org")


def test_what_is_in_stock_is_not_waited_for_but_another_place_is():
    here, there, warehouse = StoreFactory(), StoreFactory(), WarehouseFactory()
    variant = VariantFactory()
    StockLevelFactory(variant=variant, location=here.locations.get(), on_hand=1)
    StockLevelFactory(variant=variant, location=there.locations.get(), on_hand=0)
    StockLevelFactory(variant=variant, location=warehouse, on_hand=0)

    with pytest.raises(alerts.InStock):
        ask(variant, store=here)
    ask(variant, store=there)
    alerts.ask(
        variant_id=variant.pk, store_id=None, email="a@example.org", customer=None,
        language="fr", at=NOON,
    )  # fmt: skip

    assert set(StockAlert.objects.values_list("store", flat=True)) == {there.pk, None}


def test_an_address_that_nobody_proves_is_not_written_to_without_end():
    for _ in range(alerts.UNCONFIRMED_MOST + 3):
        assert not ask(missing(), "victim@example.org").confirmed

    assert Message.objects.count() == alerts.UNCONFIRMED_MOST


def test_it_is_told_when_it_is_back_and_once_whatever_is_repeated():
    variant = missing()
    alert = waits(variant)

    tell_restocked()
    assert mail.outbox == []

    restock(variant)
    for _ in range(3):
        tell_restocked()
    alert.refresh_from_db()
    assert (alert.status, len(mail.outbox)) == ("told", 1)
    assert variant.sku in mail.outbox[0].body
    assert alert.message.key == f"stock-alert:{alert.pk}"
    assert alert.token in mail.outbox[0].body  # to end the others


def test_stock_in_another_place_tells_nobody():
    elsewhere, variant = StoreFactory(), missing()
    waits(variant, store=elsewhere)
    waits(variant, "b@example.org")

    restock(variant)

    assert alerts.back(at=NOON) == [(variant.pk, store_of(variant).pk)]
    warehouse = WarehouseFactory()
    StockLevelFactory(variant=variant, location=warehouse, on_hand=1)
    assert len(alerts.back(at=NOON)) == 1  # nobody waits for a delivery


def test_units_promised_or_kept_back_are_not_back():
    variant = missing()
    waits(variant)
    StockLevel.objects.filter(variant=variant).update(on_hand=2, safety=2)

    assert alerts.back(at=NOON) == []


def test_one_unit_calls_a_few_people_oldest_first_and_the_others_later():
    variant = missing()
    people = [waits(variant, f"p{n}@example.org", at=NOON + timedelta(minutes=n)) for n in range(8)]
    restock(variant, 1)
    place = {"variant_id": variant.pk, "store_id": store_of(variant).pk}

    assert alerts.tell(**place, at=LATER) == alerts.PEOPLE_PER_UNIT
    assert alerts.tell(**place, at=LATER + timedelta(minutes=1)) == 0
    told = StockAlert.objects.filter(status="told").order_by("pk")
    assert list(told) == people[: alerts.PEOPLE_PER_UNIT]

    assert alerts.tell(**place, at=LATER + alerts.WAVE) == alerts.PEOPLE_PER_UNIT
    restock(variant, 0)
    assert alerts.tell(**place, at=LATER + alerts.WAVE * 3) == 0


@pytest.mark.parametrize("channel", ["card", "address", "merged"])
def test_who_bought_it_meanwhile_in_a_shop_is_not_told_and_the_log_says_why(channel):
    desk = TillFactory()
    variant = missing(desk.store)
    person = CustomerFactory(email="camille@example.org")
    other = CustomerFactory(merged_into=person)
    alert = waits(variant, "camille@example.org", customer=None if channel == "address" else person)
    restock(variant, 5)
    sold(desk, (variant, 1), customer=other if channel == "merged" else person)

    alerts.tell(variant_id=variant.pk, store_id=desk.store.pk, at=LATER)

    alert.refresh_from_db()
    assert (alert.status, alert.reason) == ("ended", "bought")
    assert not Message.objects.filter(template="back_in_stock").exists()


def test_a_purchase_before_the_alert_does_not_count():
    desk = TillFactory()
    variant = missing(desk.store)
    person = CustomerFactory(email="camille@example.org")
    restock(variant, 5)
    sold(desk, (variant, 1), customer=person)
    waits(variant, "camille@example.org", customer=person, at=timezone.now() + timedelta(hours=1))

    assert alerts.tell(variant_id=variant.pk, store_id=desk.store.pk, at=LATER) == 1


def test_two_records_that_became_one_person_are_told_once():
    variant = missing()
    person = CustomerFactory(email="camille@example.org")
    other = CustomerFactory(email="cam@example.org", merged_into=person)
    waits(variant, "camille@example.org", customer=person)
    waits(variant, "cam@example.org", customer=other)
    restock(variant, 9)

    tell_restocked()

    assert len(mail.outbox) == 1
    assert StockAlert.objects.get(status="ended").reason == "told"


def test_what_is_back_but_not_on_sale_waits_and_says_so():
    variant = missing()
    alert = waits(variant)
    restock(variant)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE catalog_variant SET active = false WHERE id = %s", [variant.pk])

    alerts.tell(variant_id=variant.pk, store_id=store_of(variant).pk, at=LATER)

    alert.refresh_from_db()
    assert (alert.status, alert.reason) == ("waiting", "not_sold")
    assert not Message.objects.exists()


def test_its_link_ends_it_and_nothing_is_sent():
    variant = missing()
    alert = waits(variant)

    alerts.stop(token=alert.token, at=NOON)
    alerts.stop(token=alert.token, at=LATER)
    restock(variant)
    tell_restocked()

    alert.refresh_from_db()
    assert (alert.status, alert.reason, alert.closed_at) == ("ended", "stopped", NOON)
    assert mail.outbox == []


def test_it_ends_after_six_months_and_addresses_are_forgotten():
    variant = missing()
    old = waits(variant, at=timezone.now() - alerts.WAITS)
    unproved = missing()
    ask(unproved, "never@example.org", at=timezone.now() - alerts.CONFIRM_WITHIN)
    restock(variant)

    assert alerts.back(at=timezone.now()) == []
    close_stock_alerts()

    old.refresh_from_db()
    assert (old.status, old.reason, old.email) == ("ended", "expired", "a@example.org")
    assert not StockAlert.objects.filter(variant=unproved).exists()
    alerts.close_old(at=timezone.now() + alerts.KEPT)
    old.refresh_from_db()
    assert old.email == ""


def test_a_worker_killed_after_the_decision_loses_no_message_and_doubles_none(monkeypatch):
    variant = missing()
    waits(variant)
    restock(variant)

    def killed(**_: object) -> bool:
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(alerts, "send", killed)
        with pytest.raises(SystemExit):
            tell_restocked()
    assert mail.outbox == []
    tell_restocked()

    from customers.tasks import send_due_messages

    for _ in range(3):
        send_due_messages()
    assert len(mail.outbox) == 1


def test_a_worker_killed_before_the_commit_leaves_everything_to_the_next(monkeypatch):
    variant = missing()
    waits(variant)
    restock(variant)

    def killed(**_: object) -> None:
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(alerts, "queue_message", killed)
        with pytest.raises(SystemExit):
            tell_restocked()
    assert StockAlert.objects.get().status == "waiting"
    tell_restocked()
    assert len(mail.outbox) == 1


def test_a_message_after_a_purchase_would_be_seen_by_the_nightly_check():
    desk = TillFactory()
    person = CustomerFactory(email="camille@example.org")
    variant = missing(desk.store)
    alert = waits(variant, customer=person, at=NOON - timedelta(days=1))
    restock(variant, 5)
    alerts.tell(variant_id=variant.pk, store_id=desk.store.pk, at=NOON)
    assert violations(at=NOON, rules=["MSG-3"]) == []

    sold(desk, (variant, 1), customer=CustomerFactory(merged_into=person))
    StockAlert.objects.filter(pk=alert.pk).update(closed_at=LATER)
    assert len(violations(at=NOON, rules=["MSG-3"])) == 1


def test_the_search_for_what_is_back_is_one_statement(django_assert_num_queries):
    for _ in range(5):
        waits(missing())
    with django_assert_num_queries(1):
        alerts.back(at=NOON)


@pytest.mark.django_db(transaction=True)
def test_workers_at_the_same_place_tell_no_more_people_than_there_are_units_for():
    variant = missing()
    store = store_of(variant)
    for number in range(12):
        waits(variant, f"p{number}@example.org")
    restock(variant, 1)
    together = threading.Barrier(4)

    def work() -> None:
        try:
            together.wait()
            alerts.tell(variant_id=variant.pk, store_id=store.pk, at=LATER)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert StockAlert.objects.filter(status="told").count() == alerts.PEOPLE_PER_UNIT
    assert Message.objects.count() == alerts.PEOPLE_PER_UNIT
    assert len({m.to[0] for m in mail.outbox}) == len(mail.outbox) == alerts.PEOPLE_PER_UNIT


@pytest.mark.django_db(transaction=True)
def test_two_presses_at_once_make_one_alert():
    variant = missing()
    person = CustomerFactory(email="camille@example.org")
    together = threading.Barrier(4)

    def press() -> None:
        try:
            together.wait()
            ask(variant, "camille@example.org", customer=Customer.objects.get(pk=person.pk))
        finally:
            connection.close()

    threads = [threading.Thread(target=press) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert StockAlert.objects.get().status == "waiting"
