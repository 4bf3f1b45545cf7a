"""Promotions and codes on real baskets, in every channel (issue 4.3, DSC-1, FIELD 30, 33, 36)."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import transaction

from catalog import coupons
from catalog.coupons import CouponUsedUp
from catalog.models import BundleItem, CouponUse
from customers.models import CustomerGroup
from orders import selectors
from orders.errors import CodeRefused, PriceChanged
from orders.models import DiscountShare, Order, OrderDiscount, RefundClaim
from orders.services import baskets, checkout, returns, till, unpaid
from orders.services.ways import Delivery, Pickup
from tests.factories import (
    NOON,
    CouponFactory,
    CustomerFactory,
    DeliveryMethodFactory,
    LegalEntityFactory,
    OperationFactory,
    PriceListFactory,
    PromotionFactory,
    StoreFactory,
    TillFactory,
    VariantFactory,
    WarehouseFactory,
)
from tests.inventory.test_races import at_once
from tests.orders.flows import HOME, collected, contact, filled, paid, sold, stocked

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("invariants")]


@pytest.fixture
def store(db):
    return StoreFactory()


@pytest.fixture
def desk(store):
    return TillFactory(store=store)


def place(basket, store, **changes):
    request = checkout.Request(
        **{"contact": contact(), "way": Pickup(store.pk), "pay_in_store": True} | changes
    )
    with transaction.atomic():  # what a refusal undoes
        return checkout.place(basket_id=basket.pk, request=request, at=NOON)


def shares(order):
    rows = DiscountShare.objects.filter(discount__order=order).order_by("pk")
    return list(rows.values_list("discount__label", "line__position", "amount_minor"))


def test_site_and_till_take_off_the_same_and_store_what_each_line_carries(store, desk):
    PromotionFactory(name="Dix", percent_bp=1000)
    coat, hat = stocked(store, price=1999), stocked(store, price=501)

    web = paid(Pickup(store.pk), (coat, 1), (hat, 2))
    shop = sold(desk, (coat, 1), (hat, 2))

    for order in (web, shop):
        lines = order.lines.order_by("position")
        assert list(lines.values_list("discount_minor", "total_minor", "discount_reason")) == [
            (200, 1799, "Dix"),
            (100, 902, "Dix"),
        ]
        assert order.total_minor == 2701
        assert shares(order) == [("Dix", 1, 200), ("Dix", 2, 100)]


def test_without_promotions_an_order_has_no_rows_of_discounts(store):
    paid(Pickup(store.pk), (stocked(store), 1))

    assert not OrderDiscount.objects.exists()


def test_a_discount_by_hand_is_a_row_too_and_counts_first(store, desk):
    PromotionFactory(name="Dix", percent_bp=1000)
    coat = stocked(store, price=2000)
    basket = baskets.start(at=NOON, channel="till", till=desk)
    baskets.add(basket_id=basket.pk, variant_id=coat.pk, quantity=1, at=NOON)
    baskets.discount(
        basket_id=basket.pk, variant_id=coat.pk, amount_minor=500, reason="tache", at=NOON
    )

    order = till.open_order(
        basket_id=basket.pk, till=desk, expected_total_minor=1350, actor="user:1", at=NOON
    )

    assert shares(order) == [("tache", 1, 500), ("Dix", 1, 150)]


def test_an_operation_of_one_store_counts_at_its_tills_alone(store, desk):
    operation = OperationFactory()
    operation.stores.set([store])
    PromotionFactory(operation=operation, percent_bp=5000)
    coat = stocked(store, price=2000)
    other = TillFactory()

    assert sold(desk, (coat, 1)).total_minor == 1000
    assert sold(other, (coat, 1)).total_minor == 2000
    assert paid(Pickup(store.pk), (coat, 1)).total_minor == 2000


def test_an_operation_ends_in_the_instant_it_says(store):
    PromotionFactory(percent_bp=5000, operation__ends_at=NOON)
    basket = filled((stocked(store, price=2000), 1))

    before = selectors.basket_view(basket, at=NOON - timedelta(microseconds=1))
    assert before.quote.total_minor == 1000
    assert selectors.basket_view(basket, at=NOON).quote.total_minor == 2000


def test_what_is_remembered_of_operations_is_read_again_when_they_change(store):
    basket = filled((stocked(store, price=2000), 1))

    def total():
        return selectors.basket_view(basket, at=NOON).quote.total_minor

    assert total() == 2000
    promotion = PromotionFactory(percent_bp=1000)
    assert total() == 1800
    promotion.products.set([VariantFactory().product])
    assert total() == 2000
    promotion.products.clear()
    promotion.operation.status = "stopped"
    promotion.operation.save()
    assert total() == 2000


def test_an_operation_that_was_called_back_before_commit_is_not_remembered(store):
    basket = filled((stocked(store, price=2000), 1))
    with transaction.atomic():
        PromotionFactory(percent_bp=1000)
        assert selectors.basket_view(basket, at=NOON).quote.total_minor == 1800
        transaction.set_rollback(True)

    assert selectors.basket_view(basket, at=NOON).quote.total_minor == 2000


def test_prices_of_a_group_and_of_members_count_for_those_who_are_known(store, desk):
    club = CustomerGroup.objects.create(code="club", name="Clubs")
    coat, hat = stocked(store, price=2000), stocked(store, price=1000)
    prices = PriceListFactory(group="club")
    coat.prices.create(price_list=prices, amount_minor=1500, valid_from=NOON - timedelta(days=1))
    hat.prices.create(price_list=prices, amount_minor=1200, valid_from=NOON - timedelta(days=1))
    member = CustomerFactory()
    member.groups.add(club)

    mine = sold(desk, (coat, 1), (hat, 1), customer=member)
    others = sold(desk, (coat, 1), (hat, 1), customer=CustomerFactory())

    assert mine.total_minor == 2500  # the dearer list price of the hat is nobody's
    assert others.total_minor == 3000


def test_a_code_works_on_the_site_and_at_the_till_and_is_counted_once_per_order(store, desk):
    coupon = CouponFactory(code="Dix", uses=2)
    coat = stocked(store, price=2000)
    basket = filled((coat, 1))
    baskets.use_code(basket_id=basket.pk, code=" dix ", at=NOON)
    basket.refresh_from_db()
    assert basket.coupons == ["DIX"]

    order = place(basket, store)
    assert place(basket, store) == order  # a repeat counts nothing
    sale = baskets.start(at=NOON, channel="till", till=desk)
    baskets.add(basket_id=sale.pk, variant_id=coat.pk, quantity=1, at=NOON)
    baskets.use_code(basket_id=sale.pk, code="DIX", at=NOON)
    shop = till.open_order(
        basket_id=sale.pk, till=desk, expected_total_minor=1800, actor="user:1", at=NOON
    )

    coupon.refresh_from_db()
    assert coupon.used == 2
    assert set(CouponUse.objects.values_list("document", flat=True)) == {order.number, shop.number}
    with pytest.raises(CodeRefused):
        baskets.use_code(basket_id=filled((coat, 1)).pk, code="DIX", at=NOON)


def test_an_order_that_is_called_off_gives_its_use_back_once(store):
    coupon = CouponFactory(uses=1)
    basket = filled((stocked(store), 1))
    baskets.use_code(basket_id=basket.pk, code=coupon.code, at=NOON)
    order = place(basket, store, pay_in_store=False)

    unpaid.abandon(order_id=order.pk, actor="task", at=NOON)
    coupons.release(document=order.number, at=NOON)

    coupon.refresh_from_db()
    assert coupon.used == 0
    assert place(basket, store).discounts.get().coupon == coupon


def test_a_code_for_once_a_person_is_once_whether_guest_or_known(store):
    coupon = CouponFactory(uses_each=1)
    coat = stocked(store)

    def buy(customer=None, **changes):
        basket = filled((coat, 1), customer=customer)
        baskets.use_code(basket_id=basket.pk, code=coupon.code, at=NOON)
        return place(basket, store, **changes)

    camille = CustomerFactory()
    assert buy(camille).discounts.exists()
    with pytest.raises(CodeRefused):
        buy(camille)
    guest = buy(contact=contact(email="guest@example.org"))
    assert guest.discounts.exists()
    # The address is known only at the end: the total that was shown is not kept silently.
    with pytest.raises(PriceChanged):
        buy(contact=contact(email="Guest@example.org"), expected_total_minor=1800)


@pytest.mark.parametrize(
    "fields, words",
    [
        ({"valid_to": NOON}, "Le code CODE a expiré."),
        ({"valid_from": NOON + timedelta(1)}, "Le code CODE n’est pas encore utilisable."),
        ({"uses": 0}, "Le code CODE a été utilisé autant de fois que possible."),
        ({"holder": "C-9"}, "Le code CODE est réservé à une autre personne."),
        ({"promotion__operation__status": "draft"}, "Aucune promotion n’a le code CODE."),
    ],
)
def test_a_refused_code_says_which_rule_and_is_not_kept(store, fields, words):
    CouponFactory(code="CODE", **fields)
    basket = filled((stocked(store), 1))

    with pytest.raises(CodeRefused) as refused, transaction.atomic():
        baskets.use_code(basket_id=basket.pk, code="CODE", at=NOON)

    assert str(refused.value) == words
    basket.refresh_from_db()
    assert basket.coupons == []


def test_a_code_whose_condition_is_not_met_yet_is_kept(store):
    coupon = CouponFactory(promotion__min_minor=5000)
    coat = stocked(store, price=2000)
    basket = filled((coat, 1))
    baskets.use_code(basket_id=basket.pk, code=coupon.code, at=NOON)
    basket.refresh_from_db()

    (missed,) = selectors.basket_view(basket, at=NOON).quote.missed
    assert (missed.why, missed.lacking) == ("amount", 3000)
    baskets.set_quantity(basket_id=basket.pk, variant_id=coat.pk, quantity=3, at=NOON)
    assert selectors.basket_view(basket, at=NOON).quote.total_minor == 5400
    baskets.drop_code(basket_id=basket.pk, code=coupon.code, at=NOON)
    basket.refresh_from_db()
    assert selectors.basket_view(basket, at=NOON).quote.total_minor == 6000


def test_a_return_gives_back_what_was_paid_for_the_unit_not_its_price(store, desk):
    """Three for two: giving two back does not leave the third for nothing (FIELD 33)."""
    PromotionFactory(kind="buy_get", buy_units=2, get_units=1)
    PromotionFactory._meta.model.objects.update(percent_bp=10_000)
    order = sold(desk, (stocked(store, price=1000), 3))
    line = order.lines.get()
    assert (order.total_minor, line.discount_minor) == (2000, 1000)

    returns.take_back(
        order_id=order.pk,
        units={line.pk: 2},
        disposition="sellable",
        till=desk,
        reason="",
        actor="user:1",
        at=NOON,
    )

    line.refresh_from_db()
    assert line.refunded_minor == 1332  # two thirds of 20.00, floor by unit


def test_free_delivery_is_a_line_that_costs_nothing_and_says_what_it_saved(db):
    PromotionFactory(kind="free_delivery", percent_bp=None, name="Port offert")
    LegalEntityFactory()
    method = DeliveryMethodFactory(price_minor=490, free_from_minor=None)
    coat = stocked(WarehouseFactory(), price=2000)

    order = paid(Delivery(method.pk, HOME), (coat, 1))

    delivery = order.lines.get(kind="delivery")
    assert (delivery.unit_minor, delivery.discount_minor, delivery.total_minor) == (490, 490, 0)
    assert shares(order) == [("Port offert", 2, 490)]
    assert order.total_minor == 2000


def test_a_refund_offer_is_promised_with_the_order(store):
    PromotionFactory(kind="refund", percent_bp=None, amount_minor=500, claim_days=30)
    order = collected(paid(Pickup(store.pk), (stocked(store, price=2000), 1)))

    claim = RefundClaim.objects.get()
    assert (claim.order, claim.amount_minor, claim.status) == (order, 500, "open")
    assert claim.claim_by == NOON.date() + timedelta(days=30)
    assert order.total_minor == 2000


def test_a_set_goes_into_the_basket_as_its_articles_at_the_price_of_the_set(store, desk):
    tent, mat = stocked(store, price=10_000), stocked(store, price=3000)
    kit = VariantFactory(price=14_000, gtin=None)
    BundleItem.objects.create(bundle=kit, item=tent, quantity=1)
    BundleItem.objects.create(bundle=kit, item=mat, quantity=2)
    basket = filled()

    baskets.add(basket_id=basket.pk, variant_id=kit.pk, quantity=1, at=NOON)

    held = dict(basket.lines.values_list("variant_id", "quantity"))
    assert held == {tent.pk: 1, mat.pk: 2}
    assert selectors.basket_view(basket, at=NOON).quote.total_minor == 14_000
    order = place(basket, store)
    assert order.total_minor == 14_000
    assert sum(amount for _label, _line, amount in shares(order)) == 2000


@pytest.mark.django_db(transaction=True)
@pytest.mark.race
@pytest.mark.parametrize("limit", ["uses", "uses_each"])
def test_twenty_orders_at_once_with_a_code_for_three_use_it_three_times(limit):
    """FIELD 30: the statement that counts a use is the one that refuses it."""
    store = StoreFactory()
    coupon = CouponFactory(**{limit: 3})
    coat = stocked(store, on_hand=50)
    buyer = CustomerFactory()
    made = []
    for _n in range(20):
        basket = filled((coat, 1), customer=buyer)
        basket.coupons = [coupon.code.upper()]
        basket.save()
        made.append(basket)

    def job(basket) -> Callable[[], Order]:
        request = checkout.Request(
            contact=contact(),
            way=Pickup(store.pk),
            pay_in_store=True,
            expected_total_minor=1800,
        )
        return lambda: checkout.place(basket_id=basket.pk, request=request, at=NOON)

    found = at_once([job(basket) for basket in made])

    orders = [one for one in found if isinstance(one, Order)]
    assert len(orders) == 3
    assert {type(one) for one in found} <= {Order, CouponUsedUp, PriceChanged}
    coupon.refresh_from_db()
    assert CouponUse.objects.filter(released_at__isnull=True).count() == 3
    assert coupon.used == (3 if limit == "uses" else 0)
