"""An order by telephone: the person's own basket, reserved or sent as a link, once (issue 5.3)."""

from datetime import timedelta

import pytest

from customers.models import Case, CaseEntry, Identity, Message
from customers.services import conversations
from customers.services.conversations import Sender
from customers.services.merging import merge
from inventory.errors import InsufficientStock
from loyalty.models import PointsLot
from loyalty.services.points import join
from omnishop.kernel.errors import Invalid, NotFound, Refusal
from omnishop.reports.selectors import Question, sales
from orders.errors import BasketClosed, EmptyBasket, PriceChanged
from orders.models import Basket, Order, OrderEvent, OrderLine, Payment
from orders.services import baskets, checkout, telephone, till
from orders.services.wanted import basket_of_link
from orders.services.ways import Pickup
from orders.telephone import preview, reach
from tests.factories import NOON, CustomerFactory, StaffFactory, StoreFactory, TillFactory
from tests.inventory.test_races import at_once
from tests.orders.flows import collected, contact, filled, level, placed, stocked

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("invariants")]


@pytest.fixture
def agent():
    return StaffFactory(role="service", all_stores=True).user


def person_of(**changes):
    return CustomerFactory(**{"email": "camille@example.org", "phone": "+33639980001"} | changes)


def case_of(person, **changes):
    sender = Sender(customer_id=person.pk, **changes)
    return conversations.open_case(
        subject="Gourde", text="Veut deux gourdes.", channel="phone", sender=sender, key="call",
        actor="user:1", at=NOON,
    )  # fmt: skip


def call(person, basket, agent, *, case=None, **changes):
    """What the form of a preview sends."""
    return {
        "customer_id": person.pk, "case_id": case.pk if case else None, "agent_id": agent.pk,
        "basket_id": basket.pk, "seen_at": basket.changed_at, "key": "order:1:k", "at": NOON,
    } | changes  # fmt: skip


def reserved(person, basket, agent, store, total=4000, **changes):
    return telephone.reserve(
        **call(person, basket, agent, **changes), store_id=store.pk, expected_total_minor=total
    )


def test_the_reservation_is_the_sites_with_the_channel_of_the_telephone(agent):
    store, person = StoreFactory(), person_of()
    article = stocked(store)
    basket = filled((article, 2), customer=person)
    case = case_of(person)

    entry = reserved(person, basket, agent, store, case=case)

    order = Order.objects.get()
    assert (order.channel, order.status, order.total_minor) == ("phone", "placed", 4000)
    assert (order.customer, order.email, order.phone) == (
        person, "camille@example.org", "+33639980001",
    )  # fmt: skip
    assert (order.entity, order.store, order.paid_at) == (store.entity, None, None)
    line = order.lines.get()
    assert line.contract_place == OrderLine.ContractPlace.STORE
    assert order.fulfilments.get().confirmed
    assert level(article) == (10, 2)
    assert not Payment.objects.exists()
    basket.refresh_from_db()
    assert basket.status == Basket.Status.ORDERED
    assert OrderEvent.objects.get(kind="placed").actor == f"user:{agent.pk}"
    assert Message.objects.get().template == "order_placed"
    assert (entry.what, entry.case, entry.data["order"]) == ("ordered", case, order.number)
    assert entry.internal is False
    case.refresh_from_db()
    assert (case.document, case.status) == (order.number, "open")


def test_without_a_case_the_call_becomes_one_and_is_solved(agent):
    store, person = StoreFactory(), person_of(language="en")
    basket = filled((stocked(store), 2), customer=person)

    for _ in range(2):
        entry = reserved(person, basket, agent, store)

    case = Case.objects.get()
    assert (case.customer, case.channel, case.status) == (person, "phone", "solved")
    assert (case.subject, case.assignee) == ("Order by telephone", agent)
    assert (case.email, case.phone) == ("camille@example.org", "+33639980001")
    assert entry.case == case
    assert (Order.objects.count(), case.entries.filter(what="ordered").count()) == (1, 1)
    assert list(Message.objects.values_list("template", flat=True)) == ["order_placed"]


def test_points_are_those_the_preview_named_once_it_is_paid_and_collected(agent):
    desk, person = TillFactory(), person_of()
    join(customer=person, at=NOON)
    basket = filled((stocked(desk.store), 2), customer=person)
    named = preview(basket, store_id=desk.store.pk, at=NOON).points
    order = Order.objects.get(number=reserved(person, basket, agent, desk.store).data["order"])
    assert not PointsLot.objects.exists()

    till.bring_to_till(order_id=order.pk, till=desk, at=NOON)
    till.take_cash(
        order_id=order.pk, till=desk, tendered_minor=order.total_minor, key="cash", at=NOON
    )
    till.finish(order_id=order.pk, till=desk, actor="user:1", at=NOON)

    order = collected(order)
    assert (order.channel, order.sold_on) == ("phone", NOON.date())
    (report,) = sales(Question(NOON.date(), NOON.date()))
    assert {code: one.gross_minor for code, one in report.by_channel.items()} == {"phone": 4000}
    assert report.total.gross_minor == 4000
    assert named == sum(PointsLot.objects.values_list("points", flat=True)) == 40


@pytest.mark.parametrize("known", [{"phone": None}, {"email": None}])
def test_an_address_or_a_number_will_do(agent, known):
    store, person = StoreFactory(), person_of(**known)
    basket = filled((stocked(store), 2), customer=person)

    reserved(person, basket, agent, store)

    order = Order.objects.get()
    assert bool(order.email) == ("email" not in known)
    assert Message.objects.filter(template="order_placed").exists() == bool(order.email)


def nothing_written(basket):
    basket.refresh_from_db()
    assert basket.status == Basket.Status.OPEN
    assert not Order.objects.exists()
    assert not Case.objects.exists()
    assert not CaseEntry.objects.exists()
    assert not Message.objects.exists()


def test_whom_nobody_can_reach_nothing_is_ordered_for(agent):
    store, person = StoreFactory(), person_of(email=None, phone=None)
    article = stocked(store)
    basket = filled((article, 2), customer=person)

    for act in (lambda: reserved(person, basket, agent, store),
                lambda: telephone.send_link(**call(person, basket, agent))):  # fmt: skip
        with pytest.raises(Invalid):
            act()

    nothing_written(basket)
    assert level(article) == (10, 0)


def test_what_changed_since_it_was_shown_is_refused_as_on_the_site(agent):
    store, person = StoreFactory(), person_of()
    article = stocked(store, on_hand=2)
    basket = filled((article, 2), customer=person)
    before = call(person, basket, agent)

    with pytest.raises(PriceChanged):
        reserved(person, basket, agent, store, total=3999)
    baskets.set_quantity(basket_id=basket.pk, variant_id=article.pk, quantity=3, at=NOON)
    with pytest.raises(telephone.BasketChanged):
        telephone.reserve(**before, store_id=store.pk, expected_total_minor=4000)
    with pytest.raises(telephone.BasketChanged):
        telephone.send_link(**before)
    basket.refresh_from_db()
    with pytest.raises(InsufficientStock):
        reserved(person, basket, agent, store, total=6000)
    with pytest.raises(NotFound):
        telephone.reserve(
            **call(person, basket, agent), store_id=0, expected_total_minor=6000
        )  # fmt: skip

    nothing_written(basket)
    assert level(article) == (2, 0)


def test_what_the_shopper_ordered_meanwhile_is_not_ordered_again(agent):
    store, person = StoreFactory(), person_of()
    basket = filled((stocked(store), 2), customer=person)
    checkout.place(
        basket_id=basket.pk,
        request=checkout.Request(contact=contact(), way=Pickup(store.pk), pay_in_store=True),
        at=NOON,
    )

    with pytest.raises(BasketClosed):
        reserved(person, basket, agent, store)

    assert list(Order.objects.values_list("channel", flat=True)) == ["web"]
    assert not Case.objects.exists()


def test_a_payment_begun_on_the_site_is_named_and_replaced(agent):
    store, person = StoreFactory(), person_of()
    article = stocked(store)
    begun = placed(Pickup(store.pk), (article, 2), customer=person)
    basket = begun.basket

    assert preview(basket, store_id=store.pk, at=NOON).replaces == begun.number
    reserved(person, basket, agent, store)

    begun.refresh_from_db()
    assert begun.status == "cancelled"
    assert level(article) == (10, 2)


def test_a_basket_that_is_open_at_a_till_is_finished_there(agent):
    desk, person = TillFactory(), person_of()
    basket = filled((stocked(desk.store), 2), customer=person)
    basket = baskets.open_at_till(basket_id=basket.pk, till=desk)

    with pytest.raises(Refusal, match="caisse"):
        reserved(person, basket, agent, desk.store)

    nothing_written(basket)


def test_anothers_basket_and_anothers_case_are_not_there(agent):
    store, person, other = StoreFactory(), person_of(), CustomerFactory()
    basket = filled((stocked(store), 2), customer=other)
    case = case_of(other)

    with pytest.raises(NotFound):
        reserved(person, basket, agent, store)
    with pytest.raises(NotFound):
        reserved(other, basket, agent, store, case=case, customer_id=person.pk)

    assert not Order.objects.exists()
    assert case.entries.count() == 1


def test_the_basket_of_a_merged_record_is_the_persons(agent):
    store, person, old = StoreFactory(), person_of(), CustomerFactory()
    basket = filled((stocked(store), 2), customer=old)
    case = case_of(old)
    merge(source_id=old.pk, target_id=person.pk, reason="", by="user:1", at=NOON)

    reserved(person, basket, agent, store, case=case)

    assert Order.objects.get().customer == person


def test_the_link_is_a_mail_of_the_case_that_opens_the_basket(agent):
    store, person = StoreFactory(), person_of()
    article = stocked(store)
    basket = filled((article, 2), customer=person)
    case = case_of(person, email="bureau@example.org")

    for _ in range(2):
        entry = telephone.send_link(**call(person, basket, agent, case=case))

    mail = Message.objects.get()
    assert (mail.template, mail.purpose, mail.to) == (
        "basket_link", "service", "camille@example.org",
    )  # fmt: skip
    assert (mail.document, mail.customer) == (case.number, person)
    assert case.reply_address in mail.headers["Reply-To"]
    assert basket_of_link(mail.context["link"].rstrip("/").rpartition("/")[2]) == basket
    assert [line["total_minor"] for line in mail.context["lines"]] == [4000]
    assert (entry.what, entry.data["units"]) == ("basket_sent", 2)
    assert level(article) == (10, 0)
    assert not Order.objects.exists()
    basket.refresh_from_db()
    assert basket.status == Basket.Status.OPEN


def test_a_link_goes_to_a_proved_address_or_the_cases_and_to_no_typed_one(agent):
    person = CustomerFactory()
    Identity.objects.create(customer=person, kind="email", value="typed@example.org")
    store = StoreFactory()
    basket = filled((stocked(store), 1), customer=person)

    assert reach(person, None).email == "typed@example.org"
    with pytest.raises(Invalid):
        telephone.send_link(**call(person, basket, agent))
    case = case_of(person, email="case@example.org")
    telephone.send_link(**call(person, basket, agent, case=case))

    assert [message.to for message in Message.objects.all()] == ["case@example.org"]


def test_a_new_case_waits_for_who_was_sent_a_link(agent):
    person = person_of()
    basket = filled((stocked(StoreFactory()), 1), customer=person)

    telephone.send_link(**call(person, basket, agent))

    assert Case.objects.get().status == "waiting"


def test_an_empty_basket_is_neither_ordered_nor_sent(agent):
    store, person = StoreFactory(), person_of()
    basket = filled(customer=person)

    with pytest.raises(EmptyBasket):
        reserved(person, basket, agent, store)
    with pytest.raises(EmptyBasket):
        telephone.send_link(**call(person, basket, agent))

    nothing_written(basket)


def test_another_key_after_the_order_is_refused_and_another_basket_begins(agent):
    store, person = StoreFactory(), person_of()
    article = stocked(store)
    basket = filled((article, 2), customer=person)
    reserved(person, basket, agent, store)

    with pytest.raises(BasketClosed):
        reserved(person, basket, agent, store, key="order:1:other", at=NOON + timedelta(hours=1))
    fresh = baskets.begun(customer=person, at=NOON)

    assert fresh.pk != basket.pk
    assert baskets.begun(customer=person, at=NOON) == fresh
    assert Order.objects.count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.race
def test_presses_at_once_make_one_order(agent):
    """Fails without the case's lock and key: the second press is then told BasketClosed."""
    store, person = StoreFactory(), person_of()
    article = stocked(store)
    basket = filled((article, 2), customer=person)

    found = at_once([lambda: reserved(person, basket, agent, store) for _ in range(4)])

    assert len({entry.pk for entry in found}) == 1
    assert (Order.objects.count(), Case.objects.count()) == (1, 1)
    assert Message.objects.count() == 1
    assert level(article) == (10, 2)


@pytest.mark.django_db(transaction=True)
@pytest.mark.race
def test_the_shopper_and_the_desk_at_once_make_one_order(agent):
    store, person = StoreFactory(), person_of()
    article = stocked(store)
    basket = filled((article, 2), customer=person)
    request = checkout.Request(
        contact=contact(), way=Pickup(store.pk), pay_in_store=True
    )  # fmt: skip

    found = at_once([
        lambda: reserved(person, basket, agent, store),
        lambda: checkout.place(basket_id=basket.pk, request=request, at=NOON),
    ])  # fmt: skip

    order = Order.objects.get()
    assert sorted(isinstance(one, BasketClosed) for one in found) == [False, True]
    assert Case.objects.exists() == (order.channel == "phone")
    assert level(article) == (10, 2)


@pytest.mark.django_db(transaction=True)
@pytest.mark.race
def test_the_site_and_the_desk_begin_one_basket():
    """Fails without the lock on the person: each begins one of its own."""
    person = person_of()

    found = at_once([lambda: baskets.begun(customer=person, at=NOON).pk for _ in range(6)])

    assert len(set(found)) == 1
    assert Basket.objects.count() == 1
