"""A wish costs less: with consent, once a week, several together, never after buying (MSG-2)."""

from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.db import IntegrityError, transaction

from catalog.models import Price
from customers.models import CustomerGroup, Message
from customers.services.consents import record_consent
from orders.models import PriceDrop, WishItem
from orders.services import price_drops, wishes
from orders.tasks import find_price_drops, tell_price_drops
from tests.factories import NOON, CustomerFactory, PriceListFactory, TillFactory
from tests.orders.flows import sold, stocked

pytestmark = pytest.mark.django_db
WEEK = timedelta(days=7, minutes=1)


@pytest.fixture(autouse=True)
def noon():
    with time_machine.travel(NOON, tick=False):
        yield


def reader(**fields):
    person = CustomerFactory(email="camille@example.org", **fields)
    agree(person)
    return person


def agree(person, granted=True):
    record_consent(
        customer=person, granted=granted, source="account", actor="customer",
        at=NOON - timedelta(days=1),
    )  # fmt: skip


def wanted(person, variant, was=2000):
    item = wishes.add(
        customer=person, product_id=variant.product_id, variant_id=variant.pk,
        at=NOON - timedelta(hours=1),
    )  # fmt: skip
    WishItem.objects.filter(pk=item.pk).update(price_minor=was)
    return item


def drops():
    return list(PriceDrop.objects.order_by("pk").values_list("status", "reason"))


def test_a_fall_below_the_threshold_is_no_news_and_one_of_ten_per_cent_is():
    desk, person = TillFactory(), reader()
    wanted(person, stocked(desk.store, price=1801))
    fell = wanted(person, stocked(desk.store, price=1800))
    wanted(person, stocked(desk.store, price=2500))
    wanted(person, stocked(desk.store, price=80), was=100)  # less than a euro

    assert price_drops.find(at=NOON) == 1
    assert price_drops.find(at=NOON) == 0
    drop = PriceDrop.objects.get()
    assert (drop.item, drop.before_minor, drop.now_minor) == (fell, 2000, 1800)
    with pytest.raises(IntegrityError), transaction.atomic():
        PriceDrop.objects.create(
            item=fell, variant=fell.variant, before_minor=2000, now_minor=1500, found_at=NOON
        )


def test_several_wishes_make_one_message_and_repeats_none():
    desk, person = TillFactory(), reader()
    for price in (1500, 1000):
        wanted(person, stocked(desk.store, price=price))
    for _ in range(3):
        find_price_drops()
        tell_price_drops()

    assert len(mail.outbox) == 1
    assert "2 articles" in mail.outbox[0].subject
    message = Message.objects.get()
    assert message.purpose == "marketing"
    assert len(message.context["lines"]) == 2
    assert drops() == [("sent", "")] * 2


def test_a_second_fall_within_the_week_waits_and_the_same_price_is_never_told_again():
    desk, person = TillFactory(), reader()
    first, second = stocked(desk.store, price=1500), stocked(desk.store)
    wanted(person, first)
    item = wanted(person, second)
    price_drops.find(at=NOON)
    assert price_drops.tell(customer_id=person.pk, at=NOON)

    WishItem.objects.filter(pk=item.pk).update(price_minor=4000)
    price_drops.find(at=NOON)
    assert not price_drops.tell(customer_id=person.pk, at=NOON + timedelta(days=6))
    assert price_drops.tell(customer_id=person.pk, at=NOON + WEEK)
    assert price_drops.find(at=NOON + WEEK) == 0
    assert len(mail.outbox) == 2


@pytest.mark.parametrize("case", ["never agreed", "withdrew", "record withdrew"])
def test_without_consent_there_is_no_message(case):
    desk = TillFactory()
    person = CustomerFactory(email="camille@example.org")
    if case != "never agreed":
        agree(person)
    if case == "withdrew":
        record_consent(customer=person, granted=False, source="account", actor="customer", at=NOON)
    if case == "record withdrew":
        agree(CustomerFactory(merged_into=person), granted=False)
    wanted(person, stocked(desk.store, price=1000))
    price_drops.find(at=NOON)

    assert not price_drops.tell(customer_id=person.pk, at=NOON)
    assert drops() == [("withheld", "no_consent")]
    assert not Message.objects.exists()


@pytest.mark.parametrize("record", ["own", "merged"])
def test_what_was_bought_in_a_shop_since_is_left_out(record):
    desk, person = TillFactory(), reader()
    other = CustomerFactory(merged_into=person)
    bought, cheaper = stocked(desk.store, price=1000), stocked(desk.store, price=1000)
    wanted(other, bought)
    wanted(person, cheaper)
    price_drops.find(at=NOON)
    sold(desk, (bought, 1), customer=other if record == "merged" else person)

    assert price_drops.due(at=NOON) == [person.pk]
    assert price_drops.tell(customer_id=person.pk, at=NOON)

    assert drops() == [("withheld", "bought"), ("sent", "")]
    assert [line["sku"] for line in Message.objects.get().context["lines"]] == [cheaper.sku]


def test_what_was_taken_off_rose_again_or_is_gone_is_left_out():
    desk, person = TillFactory(), reader()
    off, dearer = stocked(desk.store, price=1000), stocked(desk.store, price=1000)
    gone = stocked(desk.store, on_hand=0, price=1000)
    item = wanted(person, off)
    wanted(person, dearer)
    wanted(person, gone)
    price_drops.find(at=NOON)
    wishes.remove(customer=person, item_id=item.pk, at=NOON)
    PriceDrop.objects.filter(variant=dearer).update(now_minor=900)

    assert not price_drops.tell(customer_id=person.pk, at=NOON)
    assert drops() == [("withheld", "removed"), ("withheld", "risen"), ("withheld", "stock")]


def test_a_price_of_the_persons_group_counts():
    desk, person = TillFactory(), reader()
    variant = stocked(desk.store)
    wanted(person, variant)
    wanted(reader_of_nothing := CustomerFactory(), variant)
    person.groups.add(CustomerGroup.objects.create(code="club", name="Club"))
    Price.objects.create(
        variant=variant, price_list=PriceListFactory(group="club"), amount_minor=1500,
        valid_from=NOON - timedelta(days=1),
    )  # fmt: skip

    assert price_drops.find(at=NOON) == 1
    assert PriceDrop.objects.get().item.wish_list.customer == person != reader_of_nothing


def test_thousands_of_wishes_cost_a_few_statements(django_assert_max_num_queries):
    desk, person = TillFactory(), reader()
    for _ in range(12):
        wanted(person, stocked(desk.store, price=1000))
    with django_assert_max_num_queries(10):
        assert price_drops.find(at=NOON) == 12
