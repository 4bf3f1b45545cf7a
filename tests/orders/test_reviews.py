"""Who may review: whoever received the article, in whatever channel they bought it."""

from datetime import date, timedelta

import pytest

from catalog import reviews as kept
from catalog.models import Review
from customers.models import Message
from omnishop.kernel.errors import NotFound
from orders import invariants
from orders.services import parcels, picking, reviews
from orders.services.reviews import NotReceived
from orders.services.ways import Delivery, Pickup
from orders.tasks import tell_refused_reviews
from tests.factories import (
    NOON,
    CustomerFactory,
    DeliveryMethodFactory,
    StoreFactory,
    TillFactory,
    WarehouseFactory,
)
from tests.orders import flows

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("invariants")]
WORDS = {
    "rating": 4, "title": "", "text": "Bien coupée, un peu grande.", "author": "Camille",
    "language": "fr",
}  # fmt: skip


def write(order, position=1, at=NOON, **changes):
    return reviews.write(token=order.token, position=position, at=at, **WORDS | changes)


def test_what_was_bought_at_a_till_is_reviewed_at_once():
    desk = TillFactory()
    variant = flows.stocked(desk.store)
    customer = CustomerFactory()
    order = flows.sold(desk, (variant, 1), customer=customer)

    review = write(order)

    assert (review.channel, review.variant, review.received_on) == (
        "till", variant, date(2026, 11, 17),
    )  # fmt: skip
    assert review.customer_number == customer.number


def test_a_pickup_is_reviewed_once_it_was_handed_over():
    store = StoreFactory()
    variant = flows.stocked(store)
    order = flows.paid(Pickup(store.pk), (variant, 1))
    with pytest.raises(NotReceived):
        write(order)
    assert not Review.objects.exists()

    flows.collected(order)

    assert write(order).document == order.number


def test_a_parcel_is_reviewed_when_it_was_brought_or_a_week_after_it_left():
    warehouse = WarehouseFactory()
    method = DeliveryMethodFactory()
    StoreFactory()
    orders = [
        flows.paid(Delivery(method.pk, flows.HOME), (flows.stocked(warehouse), 1)) for _ in "ab"
    ]
    for order in orders:
        part = order.fulfilments.get()
        picking.pick_all(fulfilment_id=part.pk, actor="user:1", at=NOON)
        parcels.ship(fulfilment_id=part.pk, tracking="", actor="user:1", at=NOON)
        with pytest.raises(NotReceived):
            write(order)

    parcels.delivered(
        fulfilment_id=orders[0].fulfilments.get().pk, actor="user:1", at=NOON + timedelta(days=2)
    )

    assert write(orders[0], at=NOON + timedelta(days=2)).received_on == date(2026, 11, 19)
    with pytest.raises(NotReceived):
        write(orders[1], at=NOON + timedelta(days=6))
    assert write(orders[1], at=NOON + timedelta(days=7)).received_on == date(2026, 11, 24)


def test_a_wrong_link_and_a_line_that_is_not_there_find_nothing():
    desk = TillFactory()
    order = flows.sold(desk, (flows.stocked(desk.store), 1))

    with pytest.raises(NotFound):
        reviews.write(token="x" * 22, position=1, at=NOON, **WORDS)
    with pytest.raises(NotFound):
        write(order, position=2)

    assert not Review.objects.exists()


def test_two_clicks_are_one_review():
    desk = TillFactory()
    order = flows.sold(desk, (flows.stocked(desk.store), 1))

    assert write(order).pk == write(order).pk


def test_a_persons_purchases_count_through_merges_and_in_every_channel():
    desk = TillFactory()
    variant = flows.stocked(desk.store)
    person = CustomerFactory()
    other = CustomerFactory(merged_into=person)
    in_shop = flows.sold(desk, (variant, 1), customer=other)
    online = flows.collected(flows.paid(Pickup(desk.store_id), (variant, 1), customer=person))
    flows.paid(Pickup(desk.store_id), (variant, 1), customer=person)  # not collected yet
    write(in_shop)

    found = reviews.purchases(person, variant.product_id, at=NOON)

    assert [(line.order.number, status) for line, status in found] == [
        (online.number, ""), (in_shop.number, "pending"),
    ]  # fmt: skip
    assert reviews.purchases(CustomerFactory(), variant.product_id, at=NOON) == []


def test_only_a_buyer_answers_and_once():
    desk = TillFactory()
    variant = flows.stocked(desk.store)
    person = CustomerFactory()
    question = kept.ask(
        product=variant.product, key="k", text="Taille-t-elle grand ?", author="Inès",
        language="fr", at=NOON,
    )  # fmt: skip
    kept.publish(question, actor="user:1", at=NOON)
    words = {
        "question_id": question.pk, "product_id": variant.product_id, "author": "Camille",
        "text": "Oui, prenez une taille au-dessous.", "language": "fr", "at": NOON,
    }  # fmt: skip
    with pytest.raises(NotFound):
        reviews.answer(customer=person, **words)

    for _ in "ab":
        flows.sold(desk, (variant, 1), customer=person)

    assert (
        reviews.answer(customer=person, **words).pk == reviews.answer(customer=person, **words).pk
    )


def test_the_author_of_a_refused_review_is_told_why_once(time_machine):
    time_machine.move_to(NOON, tick=False)
    store = StoreFactory()
    order = flows.collected(flows.paid(Pickup(store.pk), (flows.stocked(store), 1)))
    review = write(order)
    kept.refuse(review, reason="insult", actor="user:1", at=NOON)

    assert tell_refused_reviews() == 1
    assert tell_refused_reviews() == 0

    message = Message.objects.get(template="review_refused")
    assert message.to == "camille@example.org"
    assert message.context["reason"] == "Il contient des insultes ou des propos haineux."
    assert f"/commande/{order.token}/avis/1/" in message.context["link"]


def test_a_person_without_an_address_is_not_written_to_and_the_queue_drains(time_machine):
    time_machine.move_to(NOON, tick=False)
    desk = TillFactory()
    review = write(flows.sold(desk, (flows.stocked(desk.store), 1)))
    kept.refuse(review, reason="insult", actor="user:1", at=NOON)

    assert tell_refused_reviews() == 0

    review.refresh_from_db()
    assert review.told_at == NOON
    assert not Message.objects.filter(template="review_refused").exists()


def test_what_is_received_takes_one_statement_whatever_the_lines(django_assert_num_queries):
    desk = TillFactory()
    orders = [flows.sold(desk, (flows.stocked(desk.store), 1)) for _ in range(4)]

    with django_assert_num_queries(1):
        found = reviews.received([order.pk for order in orders], at=NOON)

    assert len(found) == 4


def test_counted_stars_that_are_not_the_reviews_are_found():
    desk = TillFactory()
    variant = flows.stocked(desk.store)
    review = write(flows.sold(desk, (variant, 1)))
    kept.publish(review, actor="user:1", at=NOON)
    assert invariants.violations(at=NOON, rules=["RVW-1", "RVW-2"]) == []

    variant.product.rating_sum = 9
    variant.product.save(update_fields=["rating_sum"])
    Review.objects.update(line=7)

    broken = invariants.violations(at=NOON, rules=["RVW-1", "RVW-2"])
    assert [found.rule for found in broken] == ["RVW-1", "RVW-2"]
    kept.count_ratings()
    Review.objects.update(line=1)
