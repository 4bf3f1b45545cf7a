"""Two baskets of one person: proposed, stock-aware, undone; nothing is lost or doubled (B4)."""

from datetime import timedelta
from types import SimpleNamespace

import pytest

from catalog.models import Product
from omnishop.kernel.errors import NotFound, Refusal
from orders.aside import UNDO_FOR, aside, waiting
from orders.errors import BasketClosed
from orders.models import Basket
from orders.services import baskets, merging
from tests.factories import (
    NOON,
    BasketFactory,
    BasketLineFactory,
    CustomerFactory,
    StockLevelFactory,
    TillFactory,
    VariantFactory,
    WarehouseFactory,
)

pytestmark = pytest.mark.django_db

Status = Basket.Status


def two_baskets():
    """A guest basket with a cup, an earlier one of Camille's with 3 cups, 5 tents, a lamp."""
    warehouse = WarehouseFactory()
    cup, tent, lamp = (VariantFactory(sku=sku, price=2000) for sku in ("CUP", "TENT", "LAMP"))
    for variant, units in [(cup, 10), (tent, 2), (lamp, 0)]:
        StockLevelFactory(variant=variant, location=warehouse, on_hand=units)
    camille = CustomerFactory()
    earlier = BasketFactory(customer=camille)
    for variant, units in [(cup, 3), (tent, 5), (lamp, 1)]:
        BasketLineFactory(basket=earlier, variant=variant, quantity=units)
    guest = BasketFactory(changed_at=NOON)
    BasketLineFactory(basket=guest, variant=cup, quantity=1)
    return SimpleNamespace(**locals())


def adopted():
    case = two_baskets()
    merging.adopt(guest=case.guest, customer=case.camille, at=NOON)
    return case


def decide(case, chosen=None, at=NOON):
    return merging.decide(customer=case.camille, basket_id=case.guest.pk, chosen=chosen, at=at)


def held(basket):
    return dict(basket.lines.values_list("variant__sku", "quantity"))


def status(basket):
    return Basket.objects.get(pk=basket.pk).status


def test_where_both_hold_articles_the_earlier_one_waits_and_nothing_moves():
    case = two_baskets()

    basket = merging.adopt(guest=case.guest, customer=case.camille, at=NOON)

    assert (basket, basket.customer) == (case.guest, case.camille)
    assert held(case.guest) == {"CUP": 1}
    assert held(case.earlier) == {"CUP": 3, "TENT": 5, "LAMP": 1}
    assert status(case.earlier) == Status.PROPOSED
    assert waiting(case.camille) == 3
    assert baskets.current(customer=case.camille) == case.guest


def test_adopting_again_changes_nothing():
    case = adopted()

    assert merging.adopt(guest=case.guest, customer=case.camille, at=NOON) == case.guest

    assert (status(case.guest), status(case.earlier)) == (Status.OPEN, Status.PROPOSED)


def test_where_only_one_holds_articles_it_is_the_persons_without_a_question():
    case = two_baskets()
    case.guest.lines.all().delete()

    assert merging.adopt(guest=case.guest, customer=case.camille, at=NOON) == case.earlier

    assert (status(case.guest), status(case.earlier)) == (Status.MERGED, Status.OPEN)
    assert waiting(case.camille) == 0
    filled = BasketLineFactory(basket__changed_at=NOON).basket
    case.earlier.lines.all().delete()
    assert merging.adopt(guest=filled, customer=case.camille, at=NOON) == filled
    assert (status(filled), status(case.earlier)) == (Status.OPEN, Status.MERGED)


def test_another_persons_basket_is_not_adopted():
    case = two_baskets()
    Basket.objects.filter(pk=case.guest.pk).update(customer=CustomerFactory())

    assert merging.adopt(guest=case.guest, customer=case.camille, at=NOON) == case.earlier

    assert status(case.earlier) == Status.OPEN


def test_a_basket_open_at_a_till_is_left_there():
    case = two_baskets()
    Basket.objects.filter(pk=case.earlier.pk).update(till=TillFactory())

    merging.adopt(guest=case.guest, customer=case.camille, at=NOON)

    assert status(case.earlier) == Status.OPEN
    assert waiting(case.camille) == 0


def test_adding_all_keeps_the_larger_quantity_and_never_more_than_there_is():
    case = adopted()

    assert decide(case) == 2

    assert held(case.guest) == {"CUP": 3, "TENT": 2}
    assert status(case.earlier) == Status.LATER
    left = aside(customer=case.camille, basket=case.guest, at=NOON)
    assert [row.row.line.variant.sku for row in left.later] == ["LAMP"]
    assert (left.proposed, left.joined) == ((), 2)


def test_the_larger_quantity_of_the_newer_basket_stays():
    case = two_baskets()
    case.guest.lines.update(quantity=7)
    merging.adopt(guest=case.guest, customer=case.camille, at=NOON)

    decide(case)

    assert held(case.guest) == {"CUP": 7, "TENT": 2}


def test_the_chosen_alone_join_and_the_others_are_kept():
    case = adopted()

    assert decide(case, chosen=[case.tent.pk]) == 1

    assert held(case.guest) == {"CUP": 1, "TENT": 2}
    left = aside(customer=case.camille, basket=case.guest, at=NOON)
    assert {row.row.line.variant.sku: row.row.line.quantity for row in left.later} == {
        "CUP": 3,
        "LAMP": 1,
    }


def test_keeping_the_newer_basket_alone_loses_nothing():
    case = adopted()

    assert decide(case, chosen=[]) == 0

    assert held(case.guest) == {"CUP": 1}
    assert len(aside(customer=case.camille, basket=case.guest, at=NOON).later) == 3


def test_the_same_choice_again_changes_nothing_and_another_is_refused():
    case = adopted()
    decide(case, chosen=[case.tent.pk])

    assert decide(case, chosen=[case.tent.pk]) == 1
    with pytest.raises(Refusal, match="déjà été fait"):
        decide(case)
    with pytest.raises(Refusal, match="déjà été fait"):
        decide(case, chosen=[])

    assert held(case.guest) == {"CUP": 1, "TENT": 2}


def test_adding_all_again_changes_nothing():
    case = adopted()
    decide(case)

    assert decide(case) == 2

    assert held(case.guest) == {"CUP": 3, "TENT": 2}


def test_what_is_no_longer_on_sale_is_kept_for_later():
    case = adopted()
    Product.objects.filter(pk=case.tent.product_id).update(status=Product.Status.ARCHIVED)

    assert decide(case, chosen=[case.cup.pk, case.tent.pk]) == 1

    assert held(case.guest) == {"CUP": 3}


def test_the_choice_is_taken_back_as_if_never_made():
    case = adopted()
    decide(case)

    merging.undo(customer=case.camille, basket_id=case.guest.pk, at=NOON)

    assert held(case.guest) == {"CUP": 1}
    assert held(case.earlier) == {"CUP": 3, "TENT": 5, "LAMP": 1}
    assert status(case.earlier) == Status.PROPOSED
    assert waiting(case.camille) == 3
    with pytest.raises(Refusal, match="plus de choix"):
        merging.undo(customer=case.camille, basket_id=case.guest.pk, at=NOON)
    assert decide(case) == 2


def test_taking_back_leaves_alone_what_was_changed_since():
    case = adopted()
    decide(case)
    other = VariantFactory(price=500)
    baskets.add(basket_id=case.guest.pk, variant_id=other.pk, quantity=1, at=NOON)
    baskets.set_quantity(basket_id=case.guest.pk, variant_id=case.tent.pk, quantity=0, at=NOON)

    merging.undo(customer=case.camille, basket_id=case.guest.pk, at=NOON)

    assert held(case.guest) == {"CUP": 1, other.sku: 1}


def test_a_choice_of_long_ago_is_not_taken_back():
    case = adopted()
    decide(case)

    with pytest.raises(Refusal, match="plus de choix"):
        merging.undo(customer=case.camille, basket_id=case.guest.pk, at=NOON + UNDO_FOR)

    assert held(case.guest) == {"CUP": 3, "TENT": 2}


def test_an_article_kept_for_later_joins_once_and_can_be_forgotten():
    case = adopted()
    decide(case, chosen=[])
    who = {"customer": case.camille, "variant_id": case.tent.pk}

    merging.take_up(basket_id=case.guest.pk, at=NOON, **who)
    merging.take_up(basket_id=case.guest.pk, at=NOON, **who)

    assert held(case.guest) == {"CUP": 1, "TENT": 2}
    with pytest.raises(Refusal, match="pas disponible"):
        merging.take_up(
            customer=case.camille, basket_id=case.guest.pk, variant_id=case.lamp.pk, at=NOON
        )
    for variant in (case.lamp, case.cup):
        merging.drop(customer=case.camille, variant_id=variant.pk)
    assert status(case.earlier) == Status.MERGED


def test_two_earlier_baskets_are_proposed_together_an_article_once():
    case = adopted()
    third = BasketFactory(changed_at=NOON + timedelta(hours=1))
    BasketLineFactory(basket=third, variant=case.tent, quantity=1)
    merging.adopt(guest=third, customer=case.camille, at=NOON)

    shown = aside(customer=case.camille, basket=third, at=NOON).proposed
    merging.decide(customer=case.camille, basket_id=third.pk, chosen=None, at=NOON)

    assert {row.row.line.variant.sku: row.row.line.quantity for row in shown} == {
        "CUP": 3,
        "TENT": 5,
        "LAMP": 1,
    }
    assert held(third) == {"CUP": 3, "TENT": 2}


def test_only_the_person_decides_and_only_on_an_open_basket():
    case = adopted()

    with pytest.raises(NotFound):
        merging.decide(customer=CustomerFactory(), basket_id=case.guest.pk, chosen=None, at=NOON)
    with pytest.raises(NotFound):
        decide(case, chosen=[VariantFactory().pk])
    Basket.objects.filter(pk=case.guest.pk).update(till=TillFactory())
    with pytest.raises(Refusal, match="à une caisse"):
        decide(case)
    Basket.objects.filter(pk=case.guest.pk).update(till=None, status=Status.ORDERED)
    with pytest.raises(BasketClosed):
        decide(case)

    assert held(case.guest) == {"CUP": 1}


def test_what_lies_aside_takes_the_same_statements_whatever_its_length(
    django_assert_max_num_queries, django_assert_num_queries
):
    case = adopted()
    for _ in range(8):
        BasketLineFactory(basket=case.earlier, variant=VariantFactory(price=100))

    with django_assert_max_num_queries(9):
        found = aside(customer=case.camille, basket=case.guest, at=NOON)

    assert len(found.proposed) == 11
    with django_assert_num_queries(1):
        aside(customer=CustomerFactory.build(pk=0), basket=None, at=NOON)
