"""Packs that a shop's scale has labelled, sold at a till as any other line (STD-1)."""

import json
from datetime import timedelta
from threading import Thread

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction

from catalog import gs1
from catalog.models import BundleItem, Price, VariableArticle, VariableCode, Variant
from catalog.pricing import NotSold
from customers.models import CustomerGroup
from inventory.models import StockLevel
from omnishop.kernel.errors import NotFound, Refusal
from omnishop.network.services import set_pin
from orders.invariants import violations
from orders.models import Approval, Basket, BasketLine, Order, ReturnLine
from orders.selectors import basket_view, sale_view
from orders.services import approvals, baskets, checkout, receipts, returns, till
from orders.services.scanning import Weighed, scan
from tests.factories import (
    NOON,
    BasketFactory,
    BasketLineFactory,
    CustomerFactory,
    PriceListFactory,
    StaffFactory,
    StockLevelFactory,
    StoreFactory,
    TillFactory,
    VariantFactory,
)

DAY = timedelta(days=1)
pytestmark = pytest.mark.django_db

PRICED = gs1.Layout("21", 5, 4, "price", 2, value_checked=True)
WEIGHED = gs1.Layout("28", 5, 5, "weight", 3)


class Counter:
    """A till beside scales that print prices and weights, and what they weigh."""

    def __init__(self) -> None:
        self.till = TillFactory()
        self.cheese = self.article(price=1850)
        self.scale = VariableCode.objects.create(
            prefix="21", name="Prix", item_digits=5, value_digits=4, value_checked=True
        )
        VariableArticle.objects.create(code=self.scale, item_number="12345", variant=self.cheese)
        self.nuts = self.article(price=1290, content=1000, measure="g")
        self.balance = VariableCode.objects.create(
            prefix="28", name="Poids", carries="weight", decimals=3
        )
        VariableArticle.objects.create(code=self.balance, item_number="00042", variant=self.nuts)

    def article(self, **fields):
        variant = VariantFactory(**fields)
        StockLevelFactory(variant=variant, location=self.till.store.locations.get(), on_hand=20)
        return variant

    def priced(self, minor: int) -> str:
        return gs1.encode("12345", minor, PRICED)

    def weighed(self, grams: int) -> str:
        return gs1.encode("00042", grams, WEIGHED)

    def scan(self, code: str):
        return scan(till=self.till, code=code, at=NOON).view

    def pay(self, basket: Basket) -> Order:
        order = till.open_order(
            basket_id=basket.pk, till=self.till, expected_total_minor=None, actor="u", at=NOON
        )
        till.take_cash(
            order_id=order.pk,
            till=self.till,
            tendered_minor=order.total_minor,
            key=order.number,
            at=NOON,
        )
        till.finish(order_id=order.pk, till=self.till, actor="u", at=NOON)
        return Order.objects.get(pk=order.pk)


@pytest.fixture
def counter(db):
    return Counter()


def lines(basket):
    return list(basket.lines.values_list("label", "quantity", "pack_minor", "pack_g"))


def test_packs_of_one_label_are_a_quantity_and_other_labels_are_lines(counter):
    counter.scan(counter.priced(2875))
    counter.scan(counter.priced(315))
    counter.scan(counter.cheese.sku)
    view = counter.scan(counter.priced(2875))

    assert lines(view.basket) == [
        (counter.priced(2875), 2, 2875, None),
        (counter.priced(315), 1, 315, None),
        ("", 1, None, None),
    ]
    assert [row.priced.total_minor for row in view.rows] == [5750, 315, 1850]
    assert [row.line.seen_unit_minor for row in view.rows] == [2875, 315, 1850]
    assert view.quote.total_minor == 7915


def test_a_label_that_was_read_badly_is_refused_and_sells_nothing(counter):
    code = counter.priced(2875)
    verifier = str((int(code[7]) + 1) % 10)
    wrong = code[:7] + verifier + code[8:12]

    with pytest.raises(Weighed):  # the digit that checks the price is wrong, the last one right
        counter.scan(wrong + gs1.ean.calc_check_digit(wrong))
    with pytest.raises(NotFound):  # the last digit is wrong: no code at all
        counter.scan(code[:12] + str((int(code[12]) + 1) % 10))
    with pytest.raises(Weighed):
        counter.scan(counter.priced(0))

    assert not BasketLine.objects.exists()


def test_a_weight_costs_its_part_of_the_kilogram_and_follows_its_price(counter):
    counter.scan(counter.weighed(482))
    counter.scan(counter.weighed(250))
    view = counter.scan(counter.weighed(482))

    assert lines(view.basket) == [
        (counter.weighed(482), 2, None, 482),
        (counter.weighed(250), 1, None, 250),
    ]
    assert [row.priced.total_minor for row in view.rows] == [1244, 323]
    assert [row.line.seen_unit_minor for row in view.rows] == [622, 323]
    at_tills = PriceListFactory(channel="till")
    Price.objects.create(
        variant=counter.nuts, price_list=at_tills, amount_minor=1000, valid_from=NOON - DAY
    )
    assert [row.priced.total_minor for row in sale_view(view.basket, at=NOON).rows] == [964, 250]


def test_a_weight_of_what_has_no_price_per_kilogram_is_refused(counter):
    Variant.objects.filter(pk=counter.nuts.pk).update(content=250)

    with pytest.raises(Weighed, match="482") as refused:
        counter.scan(counter.weighed(482))

    assert (refused.value.status, refused.value.details) == (409, {"weight_g": 482})
    assert not Basket.objects.exists()
    article = VariableArticle(code=counter.balance, item_number="00043", variant=counter.cheese)
    with pytest.raises(ValidationError, match="kilo"):
        article.full_clean()
    VariableArticle(code=counter.scale, item_number="00043", variant=counter.cheese).full_clean()


def test_a_price_per_kilogram_lost_meanwhile_stops_the_sale_not_the_till(counter):
    basket = counter.scan(counter.weighed(482)).basket
    Variant.objects.filter(pk=counter.nuts.pk).update(content=None, measure="")

    view = counter.scan(counter.cheese.sku)

    assert [row.priced is None for row in view.rows] == [True, False]
    assert view.quote.total_minor == 1850
    with pytest.raises(NotSold):
        counter.pay(basket)
    assert not Order.objects.exists()


def test_weight_and_price_per_kilogram_are_sold_signed_and_checked(counter):
    counter.scan(counter.weighed(482))
    order = counter.pay(counter.scan(counter.priced(315)).basket)
    nuts, cheese = order.lines.order_by("position")

    assert (nuts.pack_g, nuts.kilo_minor, nuts.unit_minor) == (482, 1290, 622)
    assert (cheese.pack_g, cheese.kilo_minor, cheese.unit_minor) == (None, None, 315)
    receipt = order.receipts.get()
    said = json.loads(receipt.payload)
    assert [(line.get("pack_g"), line.get("kilo")) for line in said["lines"]] == [
        (482, 1290),
        (None, None),
    ]
    assert said["version"] == "3"
    assert receipts.verify(receipt)
    assert violations(at=NOON) == []
    order.lines.filter(pk=nuts.pk).update(kilo_minor=1300)
    assert [one.rule for one in violations(at=NOON, rules=["PCK-1"])] == ["PCK-1"]


def test_a_weighed_pack_comes_back_with_its_weight_on_the_receipt(counter):
    order = counter.pay(counter.scan(counter.weighed(482)).basket)

    document = returns.take_back(
        order_id=order.pk,
        units={order.lines.get().pk: 1},
        reason="change",
        disposition=ReturnLine.Disposition.DAMAGED,
        till=counter.till,
        actor="u",
        at=NOON,
    )

    assert document.total_minor == 622
    (line,) = json.loads(order.receipts.order_by("pk").last().payload)["lines"]
    assert (line["total"], line["pack_g"], line["kilo"]) == (-622, 482, 1290)
    assert violations(at=NOON) == []


def test_a_group_pays_its_own_price_per_kilogram(counter):
    club = PriceListFactory(group="club")
    Price.objects.create(
        variant=counter.nuts, price_list=club, amount_minor=1000, valid_from=NOON - DAY
    )
    customer = CustomerFactory()
    customer.groups.add(CustomerGroup.objects.create(code="club", name="Club"))
    basket = counter.scan(counter.weighed(482)).basket
    baskets.identify(basket_id=basket.pk, customer=customer)

    line = counter.pay(basket).lines.get()

    assert (line.kilo_minor, line.total_minor) == (1000, 482)


def test_an_item_number_without_an_article_is_unknown(counter):
    with pytest.raises(NotFound):
        counter.scan(gs1.encode("54321", 2875, PRICED))


def test_an_article_that_is_not_on_sale_has_no_packs(counter):
    Variant.objects.filter(pk=counter.cheese.pk).update(active=False)

    with pytest.raises(Refusal) as refused:
        counter.scan(counter.priced(2875))

    assert refused.value.code == "not_sold"
    assert not Basket.objects.exists()


def test_a_set_is_not_sold_by_a_label(counter):
    BundleItem.objects.create(bundle=counter.cheese, item=counter.article(), quantity=1)
    BundleItem.objects.create(bundle=counter.cheese, item=counter.article(), quantity=1)

    with pytest.raises(Weighed):
        counter.scan(counter.priced(2875))

    assert not BasketLine.objects.exists()


def test_each_pack_has_its_own_quantity_and_void(counter):
    one, other = counter.priced(2875), counter.priced(315)
    counter.scan(one)
    basket = counter.scan(other).basket
    counter.scan(counter.cheese.sku)
    manager = StaffFactory(role="store_manager", stores=[counter.till.store])
    set_pin(member=manager, pin="2580")
    ask = approvals.Ask(counter.till, manager.user, "erreur", manager.pk, "2580")
    line = {"basket_id": basket.pk, "variant_id": counter.cheese.pk, "at": NOON}

    approvals.change_quantity(**line, label=one, quantity=3)
    with pytest.raises(approvals.ApprovalNeeded):
        approvals.change_quantity(**line, label=other, quantity=0)
    approvals.change_quantity(**line, label=other, quantity=0, ask=ask)

    assert lines(basket) == [(one, 3, 2875, None), ("", 1, None, None)]
    row = Approval.objects.get()
    assert (row.amount_minor, other in row.what) == (315, True)


def test_a_discount_by_hand_is_within_the_packs_price(counter):
    code = counter.priced(315)
    basket = counter.scan(code).basket
    counter.scan(counter.cheese.sku)
    off = {"basket_id": basket.pk, "variant_id": counter.cheese.pk, "label": code, "at": NOON}

    with pytest.raises(Refusal):
        baskets.discount(**off, amount_minor=316, reason="abîmé")
    baskets.discount(**off, amount_minor=100, reason="abîmé")

    assert list(basket.lines.values_list("discount_minor", flat=True)) == [100, 0]
    order = counter.pay(basket)
    assert list(order.lines.values_list("total_minor", flat=True)) == [215, 1850]
    assert violations(at=NOON) == []


def test_a_paid_sale_keeps_labels_and_takes_packs_off_the_stock(counter):
    counter.scan(counter.priced(2875))
    counter.scan(counter.priced(315))
    basket = counter.scan(counter.priced(2875)).basket

    order = counter.pay(basket)

    assert list(order.lines.values_list("label", "quantity", "unit_minor", "total_minor")) == [
        (counter.priced(2875), 2, 2875, 5750),
        (counter.priced(315), 1, 315, 315),
    ]
    assert order.total_minor == 6065
    assert order.receipts.get().total_minor == 6065
    assert StockLevel.objects.get(variant=counter.cheese).on_hand == 17
    assert violations(at=NOON) == []


def test_one_pack_comes_back_at_its_own_price(counter):
    counter.scan(counter.priced(2875))
    counter.scan(counter.priced(2875))
    order = counter.pay(counter.scan(counter.priced(315)).basket)
    dear, cheap = order.lines.order_by("position")

    def bring_back(line):
        return returns.take_back(
            order_id=order.pk,
            units={line.pk: 1},
            reason="change",
            disposition=ReturnLine.Disposition.SELLABLE,
            till=counter.till,
            actor="u",
            at=NOON,
        )

    assert bring_back(cheap).total_minor == 315
    assert bring_back(dear).total_minor == 2875
    dear.refresh_from_db()
    assert (dear.returned, dear.refunded_minor) == (1, 2875)
    assert StockLevel.objects.get(variant=counter.cheese).on_hand == 19
    assert violations(at=NOON) == []


def test_a_sale_put_aside_keeps_its_packs(counter):
    basket = counter.scan(counter.priced(2875)).basket
    baskets.put_aside(basket_id=basket.pk, label="Jo")
    baskets.open_at_till(basket_id=basket.pk, till=counter.till)

    assert counter.scan(counter.priced(2875)).quote.total_minor == 5750


def test_a_basket_of_the_site_takes_packs_at_the_till_and_goes_back_without(counter):
    code = counter.priced(2875)
    counter.scan(code)
    scanned = counter.scan(counter.cheese.sku).basket
    mine = BasketFactory()
    BasketLineFactory(basket=mine, variant=counter.cheese, quantity=3)
    baskets.open_at_till(basket_id=mine.pk, till=counter.till)

    baskets.bring_along(from_id=scanned.pk, to_id=mine.pk, at=NOON)

    assert sorted(lines(mine)) == [("", 3, None, None), (code, 1, 2875, None)]
    assert not scanned.lines.exists()
    assert [row.line.label for row in basket_view(mine, at=NOON).rows] == [""]
    with pytest.raises(Refusal):
        baskets.leave_till(basket_id=mine.pk)
    baskets.set_quantity(
        basket_id=mine.pk, variant_id=counter.cheese.pk, label=code, quantity=0, at=NOON
    )
    baskets.leave_till(basket_id=mine.pk)
    assert lines(mine) == [("", 3, None, None)]


def test_packs_are_paid_at_the_till_not_on_the_site(counter):
    store = StoreFactory()
    StockLevelFactory(variant=counter.cheese, location=store.locations.get())
    basket = BasketFactory()
    BasketLineFactory(basket=basket, variant=counter.cheese)
    baskets.open_at_till(basket_id=basket.pk, till=counter.till)
    counter.scan(counter.priced(2875))

    with pytest.raises(Refusal, match=r"till|caisse"):
        checkout.place(
            basket_id=basket.pk,
            request=checkout.Request(
                contact=checkout.Contact("Jo", "lea@example.org"), way=checkout.Pickup(store.pk)
            ),
            at=NOON,
        )

    assert not Order.objects.exists()


def test_a_pack_leaves_now(counter):
    basket = counter.scan(counter.priced(2875)).basket

    with pytest.raises(NotFound):
        baskets.hand_over_by(
            basket_id=basket.pk, variant_id=counter.cheese.pk, handover="delivery", at=NOON
        )
    with pytest.raises(IntegrityError, match="basket_line_pack"), transaction.atomic():
        basket.lines.update(handover="delivery")


@pytest.mark.parametrize(
    "fields",
    [
        {"label": "2112345928753"},
        {"label": "2112345928753", "pack_minor": 0},
        {"label": "2112345928753", "pack_g": 0},
        {"label": "2112345928753", "pack_minor": 2875, "pack_g": 482},
        {"label": "", "pack_minor": 2875},
        {"label": "21123", "pack_minor": 2875},
    ],
)
def test_the_database_takes_no_senseless_label(counter, fields):
    basket = baskets.start(at=NOON, channel="till", till=counter.till)

    with pytest.raises(IntegrityError, match="basket_line_pack"), transaction.atomic():
        BasketLineFactory(basket=basket, variant=counter.cheese, **fields)


def test_the_database_keeps_labels_in_the_baskets_of_tills(counter):
    label = {"label": "2112345928753", "pack_minor": 2875, "variant": counter.cheese}
    basket = counter.scan(counter.priced(2875)).basket

    with pytest.raises(IntegrityError, match="at a till alone"), transaction.atomic():
        BasketLineFactory(basket=BasketFactory(), **label)
    with pytest.raises(IntegrityError, match="at a till alone"), transaction.atomic():
        Basket.objects.filter(pk=basket.pk).update(till=None)
    with pytest.raises(IntegrityError, match="at a till alone"), transaction.atomic():
        basket.lines.update(basket=BasketFactory())

    assert basket.lines.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_labels_of_one_article_at_once_are_two_lines():
    counter = Counter()
    basket = counter.scan(counter.cheese.sku).basket
    views = []

    def late() -> None:
        views.append(counter.scan(counter.priced(315)))
        connection.close()

    waiting = Thread(target=late)
    with transaction.atomic():
        counter.scan(counter.priced(2875))
        waiting.start()
        waiting.join(0.5)
        assert waiting.is_alive()
    waiting.join(10)

    assert sorted(lines(basket)) == [
        ("", 1, None, None),
        (counter.priced(315), 1, 315, None),
        (counter.priced(2875), 1, 2875, None),
    ]
    assert [row.priced.total_minor for row in views[0].rows] == [1850, 2875, 315]


@pytest.mark.django_db(transaction=True)
def test_one_label_scanned_twice_at_once_is_two_packs():
    counter = Counter()
    basket = counter.scan(counter.priced(315)).basket

    def late() -> None:
        counter.scan(counter.priced(2875))
        connection.close()

    waiting = Thread(target=late)
    with transaction.atomic():
        counter.scan(counter.priced(2875))
        waiting.start()
        waiting.join(0.5)
        assert waiting.is_alive()
    waiting.join(10)

    assert sorted(lines(basket)) == [
        (counter.priced(315), 1, 315, None),
        (counter.priced(2875), 2, 2875, None),
    ]


@pytest.mark.parametrize(
    "fields",
    [
        {"label": "21123"},
        {"label": "2112345928753", "pack_g": 482},
        {"label": "2112345928753", "kilo_minor": 1290},
        {"label": "2112345928753", "pack_g": 0, "kilo_minor": 1290},
        {"label": "", "pack_g": 482, "kilo_minor": 1290},
    ],
)
def test_the_database_takes_no_half_a_pack_on_an_order(counter, fields):
    order = counter.pay(counter.scan(counter.priced(2875)).basket)

    with pytest.raises(IntegrityError, match="order_line_pack"), transaction.atomic():
        order.lines.update(**fields)
