"""A wish costs less: one message of the campaign, once a week, never after buying (MSG-2)."""

from datetime import timedelta

import pytest
import time_machine
from django.core import mail

from catalog.models import Price
from catalog.services import set_price
from customers.models import Customer, CustomerGroup, Message
from customers.services import marketing
from customers.services.consents import record_consent
from orders import tasks
from orders.models import Campaign, Relaunch, WishItem
from orders.services import price_drops, relaunch, wishes
from tests.factories import (
    LONG_AGO,
    NOON,
    CampaignFactory,
    CustomerFactory,
    PriceListFactory,
    StockLevelFactory,
    StoreFactory,
    TillFactory,
    VariantFactory,
)
from tests.orders.campaigning import meanwhile
from tests.orders.flows import sold, stocked

pytestmark = pytest.mark.django_db
SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)
WEEK = timedelta(days=7, minutes=1)


@pytest.fixture(autouse=True)
def noon():
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def desk(db):
    return TillFactory()


@pytest.fixture
def on(db):
    return CampaignFactory(kind="price_drop")


def reader(email="camille@example.org", **fields):
    person = CustomerFactory(email=email, **fields)
    agree(person)
    return person


def agree(person, granted=True):
    record_consent(
        customer=person, granted=granted, source="account", actor="customer",
        at=NOON - timedelta(days=1),
    )  # fmt: skip


def wanted(person, variant, was=2000, at=NOON - HOUR):
    item = wishes.add(
        customer=person, product_id=variant.product_id, variant_id=variant.pk, at=at
    )  # fmt: skip
    WishItem.objects.filter(pk=item.pk).update(price_minor=was)
    return item


def priced(variant, minor, at=NOON):
    price_list = Price.objects.filter(variant=variant).first().price_list
    assert set_price(variant=variant, amount_minor=minor, at=at, price_list=price_list)


def run(at=NOON):
    """What the real tasks do, each of them delivered three times."""
    with time_machine.travel(at, tick=False):
        for task in (tasks.find_price_drops, tasks.send_due_relaunches):
            for _turn in range(3):
                task()


def send(at=NOON):
    return [relaunch.send(relaunch_id=pk, at=at) for pk in relaunch.due(at)]


def log():
    return [(row.status, row.reason) for row in Relaunch.objects.order_by("pk")]


def told(*items):
    return [WishItem.objects.get(pk=item.pk).told_minor for item in items]


# --- In the morning ------------------------------------------------------------------------------


def test_a_fall_below_the_threshold_is_no_news_and_one_of_ten_per_cent_is(desk, on):
    person = reader()
    wanted(person, stocked(desk.store, price=1801))
    fell = wanted(person, stocked(desk.store, price=1800))
    wanted(person, stocked(desk.store, price=2500))
    wanted(person, stocked(desk.store, price=80), was=100)  # less than a euro
    wanted(person, stocked(desk.store, price=500, on_hand=0))  # nobody can buy it

    assert price_drops.find(at=NOON) == 1
    assert price_drops.find(at=NOON) == 0
    row = Relaunch.objects.get()
    assert (row.customer, row.document) == (person, f"wishes:{person.pk}:2026-11-17")
    assert row.facts == {"wishes": [{"item": fell.pk, "before": 2000, "now": 1800}]}
    assert (row.since, row.due_at, row.status) == (NOON, NOON, "scheduled")


@pytest.mark.parametrize("campaign", [None, "paused", "not yet", "another audience"])
def test_without_a_campaign_nothing_is_planned_and_switching_on_tells_nothing_old(desk, campaign):
    """FIELD 40: only what falls after the switch is news."""
    person, variant = reader(), stocked(desk.store, price=1500)
    item = wanted(person, variant)
    facts = {
        "paused": {"status": "paused"},
        "not yet": {"starts_at": NOON + HOUR},
        "another audience": {"home_store": StoreFactory()},
    }
    if campaign:
        CampaignFactory(kind="price_drop", **facts[campaign])

    assert price_drops.find(at=NOON) == 0
    assert told(item) == [1500]

    Campaign.objects.all().delete()
    CampaignFactory(kind="price_drop")
    assert price_drops.find(at=NOON + DAY) == 0
    priced(variant, 1200)
    assert price_drops.find(at=NOON + DAY) == 1
    assert Relaunch.objects.get().facts["wishes"][0]["before"] == 1500


def test_several_wishes_make_one_message_and_repeats_none(desk, on):
    person = reader(first_name="Camille")
    less, least = stocked(desk.store, price=1500), stocked(desk.store, price=1000)
    items = [wanted(person, less), wanted(person, least)]
    run()
    run(NOON + HOUR)

    (letter,) = mail.outbox
    assert least.product.name in letter.subject  # the biggest fall
    message = Message.objects.get()
    assert message.purpose == "marketing"
    lines = [
        (one["sku"], one["before_minor"], one["total_minor"]) for one in message.context["lines"]
    ]
    assert lines == [(least.sku, 2000, 1000), (less.sku, 2000, 1500)]
    assert message.context["target"].endswith("/envies/")
    assert "1 autre article de vos envies a aussi baissé" in letter.body
    assert "au lieu de 20,00" in letter.body
    assert log() == [("sent", "")]
    assert told(*items) == [1500, 1000]


def test_a_second_fall_within_the_week_waits_and_the_same_price_is_never_told_again(desk, on):
    person = reader()
    first, second = stocked(desk.store, price=1500), stocked(desk.store)
    wanted(person, first)
    item = wanted(person, second)
    run()

    WishItem.objects.filter(pk=item.pk).update(price_minor=4000)
    run(NOON + 6 * DAY)
    assert len(mail.outbox) == 1
    run(NOON + WEEK)
    assert [line["sku"] for line in Message.objects.latest("pk").context["lines"]] == [second.sku]
    run(NOON + 2 * WEEK)
    assert len(mail.outbox) == 2
    assert log() == [("sent", "")] * 2


def test_a_price_of_the_persons_group_counts(desk, on):
    person, variant = reader(), stocked(desk.store)
    wanted(person, variant)
    wanted(CustomerFactory(), variant)
    person.groups.add(CustomerGroup.objects.create(code="club", name="Club"))
    Price.objects.create(
        variant=variant, price_list=PriceListFactory(group="club"), amount_minor=1500,
        valid_from=NOON - DAY,
    )  # fmt: skip

    assert price_drops.find(at=NOON) == 1
    assert send() == [True]
    assert Relaunch.objects.get().customer == person
    assert Message.objects.get().context["lines"][0]["total_minor"] == 1500


def test_thousands_of_wishes_cost_a_few_statements(desk, on, django_assert_max_num_queries):
    for number in range(3):
        person = reader(f"p{number}@example.org")
        for _ in range(4):
            wanted(person, stocked(desk.store, price=1000))
    with django_assert_max_num_queries(16):
        assert price_drops.find(at=NOON) == 3


# --- At the moment of sending --------------------------------------------------------------------


@pytest.mark.parametrize("case", ["never agreed", "withdrew", "record withdrew"])
def test_without_consent_there_is_no_message_nor_a_second_try(desk, on, case):
    person = CustomerFactory(email="camille@example.org")
    if case != "never agreed":
        agree(person)
    if case == "withdrew":
        record_consent(customer=person, granted=False, source="account", actor="customer", at=NOON)
    if case == "record withdrew":
        agree(CustomerFactory(merged_into=person), granted=False)
    item = wanted(person, stocked(desk.store, price=1000))
    run()

    assert log() == [("withheld", "no_consent")]
    assert not Message.objects.exists()
    assert told(item) == [1000]
    run(NOON + DAY)
    assert len(log()) == 1


def test_who_had_enough_messages_or_is_held_out_is_not_told_the_same_fall_later(desk, monkeypatch):
    CampaignFactory(kind="price_drop", holdout_percent=50)
    full, out = reader("full@example.org"), reader("out@example.org")
    for number in range(2):
        Message.objects.create(
            key=f"m{number}", customer=full, purpose="marketing", template="campaign", to="x@y.fr",
            status="sent", queued_at=NOON - DAY, due_at=NOON - DAY, sent_at=NOON - DAY,
        )  # fmt: skip
    variant = stocked(desk.store, price=1000)
    items = [wanted(full, variant), wanted(out, variant)]
    monkeypatch.setattr(marketing, "held_out", lambda pk, **_facts: pk == out.pk)
    run()
    run(NOON + 2 * WEEK)

    assert sorted(log()) == [("held_out", ""), ("withheld", "cap")]
    assert told(*items) == [1000, 1000]
    assert mail.outbox == []


@pytest.mark.parametrize("record", ["own", "merged"])
@pytest.mark.parametrize("size", ["same", "another"])
def test_what_was_bought_in_a_shop_since_is_left_out(desk, on, record, size):
    person = reader()
    other = CustomerFactory(merged_into=person)
    bought, cheaper = stocked(desk.store, price=1000), stocked(desk.store, price=1000)
    items = [wanted(other, bought), wanted(person, cheaper)]
    price_drops.find(at=NOON)
    sibling = bought
    if size == "another":
        sibling = VariantFactory(product=bought.product)
        StockLevelFactory(variant=sibling, location=desk.store.locations.get(), on_hand=5)
    sold(desk, (sibling, 1), customer=other if record == "merged" else person)

    assert send() == [True]

    assert Relaunch.objects.get().dropped == [bought.sku]
    context = Message.objects.get(purpose="marketing").context
    assert [line["sku"] for line in context["lines"]] == [cheaper.sku]
    assert told(*items) == [1000, 1000]


def test_what_was_bought_before_it_was_added_is_wanted_again(desk, on):
    person, variant = reader(), stocked(desk.store, price=1000)
    wanted(person, stocked(desk.store), at=NOON - 9 * DAY)
    sold(desk, (variant, 1), customer=person, at=NOON - 2 * HOUR)
    wanted(person, variant, at=NOON - HOUR)
    price_drops.find(at=NOON)

    assert send() == [True]


def test_what_was_taken_off_rose_again_or_is_gone_is_left_out_and_named(desk, on):
    person = reader()
    off, dearer = stocked(desk.store, price=1000), stocked(desk.store, price=1000)
    gone = stocked(desk.store, price=1000)
    items = [wanted(person, variant) for variant in (off, dearer, gone)]
    price_drops.find(at=NOON)
    wishes.remove(customer=person, item_id=items[0].pk, at=NOON)
    priced(dearer, 1900)
    gone.levels.update(on_hand=0)

    assert send() == [False]
    assert log() == [("withheld", "out_of_stock")]
    assert Relaunch.objects.get().dropped == [off.sku, dearer.sku, gone.sku]
    assert told(*items) == [None, None, None]

    gone.levels.update(on_hand=1)  # it is there again: now it is news
    run(NOON + DAY)
    assert log()[1:] == [("sent", "")]
    assert [line["sku"] for line in Message.objects.get().context["lines"]] == [gone.sku]


def test_nothing_left_says_why(desk, on):
    person, variant = reader(), stocked(desk.store, price=1000)
    wanted(person, variant)
    price_drops.find(at=NOON)
    priced(variant, 2000)

    assert send() == [False]
    assert log() == [("withheld", "done")]
    assert (Relaunch.objects.get().dropped, mail.outbox) == ([variant.sku], [])


def test_records_merged_after_planning_get_one_message(desk, on):
    person, twin = reader(), reader("twin@example.org")
    for one in (person, twin):
        wanted(one, stocked(desk.store, price=1000))
    assert price_drops.find(at=NOON) == 2
    Customer.objects.filter(pk=twin.pk).update(merged_into=person, merged_at=LONG_AGO)

    assert send() == [True, False]
    assert log() == [("sent", ""), ("withheld", "cap")]
    assert len(Message.objects.get().context["lines"]) == 2


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_a_sale_that_commits_while_it_is_decided_wins(monkeypatch):
    desk, person = TillFactory(), reader()
    CampaignFactory(kind="price_drop")
    variant = stocked(desk.store, price=1000)
    wanted(person, variant)
    price_drops.find(at=NOON)
    (pk,) = relaunch.due(NOON)

    lock = marketing.lock

    with meanwhile(lambda: sold(desk, (variant, 1), customer=person, at=NOON - SECOND)) as buyer:

        def commits_first(customer_id):
            buyer.commit()
            buyer.join()
            return lock(customer_id)

        monkeypatch.setattr(marketing, "lock", commits_first)
        assert not relaunch.send(relaunch_id=pk, at=NOON)

    assert log() == [("withheld", "bought")]
    assert mail.outbox == []
