"""A scan against whatever else happens to the same sale."""

from threading import Thread

import pytest
from django.db import connection, transaction

from omnishop.kernel.errors import NotFound, Refusal
from orders.models import Basket, BasketLine, Order
from orders.services import baskets, till
from orders.services.scanning import scan
from tests.factories import NOON, StockLevelFactory, TillFactory, VariantFactory


def article(desk, **fields):
    variant = VariantFactory(**fields)
    StockLevelFactory(variant=variant, location=desk.store.locations.get())
    return variant


@pytest.mark.django_db
def test_an_unknown_code_begins_no_sale():
    with pytest.raises(NotFound):
        scan(till=TillFactory(), code="4006381333931", at=NOON)

    assert not Basket.objects.exists()


@pytest.mark.django_db
def test_a_sale_put_aside_takes_no_scan():
    desk = TillFactory()
    variant = article(desk)
    aside = scan(till=desk, code=variant.sku, at=NOON).view.basket
    baskets.put_aside(basket_id=aside.pk, label="Léa")

    fresh = scan(till=desk, code=variant.sku, at=NOON).view.basket

    assert fresh.pk != aside.pk
    assert list(BasketLine.objects.values_list("basket", "quantity")) == [
        (aside.pk, 1),
        (fresh.pk, 1),
    ]


@pytest.mark.django_db(transaction=True)
def test_a_scan_that_waits_for_the_payment_to_begin_is_refused():
    """Fails when the guard of `PUT` is taken out, or read before the lock is held."""
    desk = TillFactory()
    one, other = article(desk), article(desk)
    basket = scan(till=desk, code=one.sku, at=NOON).view.basket
    answers = []

    def late() -> None:
        try:
            answers.append(scan(till=desk, code=other.sku, at=NOON))
        except Refusal as refusal:
            answers.append(refusal)
        finally:
            connection.close()

    waiting = Thread(target=late)
    with transaction.atomic():
        till.open_order(
            basket_id=basket.pk, till=desk, expected_total_minor=None, actor="u", at=NOON
        )
        waiting.start()
        waiting.join(0.5)
        assert waiting.is_alive()
    waiting.join(10)

    assert [type(answer) for answer in answers] == [Refusal]
    assert Order.objects.get().lines.count() == basket.lines.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_scans_at_once_both_count_and_both_are_shown():
    desk = TillFactory()
    one, other = article(desk), article(desk)
    basket = scan(till=desk, code=one.sku, at=NOON).view.basket
    views = []

    def late() -> None:
        views.append(scan(till=desk, code=one.sku, at=NOON).view)
        connection.close()

    waiting = Thread(target=late)
    with transaction.atomic():
        scan(till=desk, code=other.sku, at=NOON)
        waiting.start()
        waiting.join(0.5)
        assert waiting.is_alive()
    waiting.join(10)

    assert dict(basket.lines.values_list("variant", "quantity")) == {one.pk: 2, other.pk: 1}
    (view,) = views
    assert [(row.line.quantity, row.priced is not None) for row in view.rows] == [
        (2, True),
        (1, True),
    ]


@pytest.mark.django_db
def test_a_number_of_the_shops_own_without_a_value_is_sold_as_any_other():
    desk = TillFactory()
    variant = article(desk, gtin="2000000000015")

    assert scan(till=desk, code="2000000000015", at=NOON).variant_id == variant.pk
