"""Wish lists: a person's own, through merges; shared by a link; nothing twice (F-25)."""

import threading
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from customers.models import Customer
from omnishop.kernel.errors import Invalid, NotFound, Refusal
from orders import wishes as reads
from orders.models import WishItem, WishList
from orders.services import wishes
from tests.factories import (
    NOON,
    CustomerFactory,
    StockLevelFactory,
    StoreFactory,
    VariantFactory,
    WarehouseFactory,
)

pytestmark = pytest.mark.django_db


def add(person, variant, **fields):
    return wishes.add(
        customer=person, product_id=variant.product_id, variant_id=variant.pk, at=NOON, **fields
    )


def names(person):
    return [(wish_list.name, wish_list.is_default) for wish_list in WishList.objects.of(person)]


def test_the_first_wish_makes_the_list_it_goes_to_and_keeps_the_price():
    person, variant = CustomerFactory(), VariantFactory(price=1990)

    item = add(person, variant, quantity=2, note="  en bleu ")

    assert item.wish_list.is_default
    assert (item.quantity, item.note, item.price_minor) == (2, "en bleu", 1990)
    assert add(person, variant) == item  # a repeat changes nothing
    assert WishItem.objects.count() == 1


def test_a_product_may_be_wanted_before_its_option_is_chosen():
    person, one = CustomerFactory(), VariantFactory(price=3000)
    VariantFactory(product=one.product, price=2500)

    item = wishes.add(customer=person, product_id=one.product_id, at=NOON)

    assert (item.variant, item.price_minor) == (None, 2500)
    assert add(person, one) != item


def test_what_is_not_on_sale_or_out_of_range_is_refused():
    person, variant = CustomerFactory(), VariantFactory()
    other = VariantFactory()
    with pytest.raises(Invalid):
        add(person, variant, quantity=0)
    with pytest.raises(NotFound):
        wishes.add(customer=person, product_id=variant.product_id, variant_id=other.pk, at=NOON)
    variant.product.status = "archived"
    variant.product.save()
    with pytest.raises(NotFound):
        add(person, variant)
    assert not WishItem.objects.exists()


def test_a_person_has_several_lists_and_always_one_first():
    person = CustomerFactory()
    made = wishes.create_list(customer=person, name=" Noël ", at=NOON)
    assert wishes.create_list(customer=person, name="Noël", at=NOON) == made
    assert [name for name, _default in names(person)][1:] == ["Noël"]
    first = WishList.objects.of(person)[0]

    with pytest.raises(Refusal):
        wishes.rename(customer=person, list_id=first.pk, name="Noël", at=NOON)
    with pytest.raises(Invalid):
        wishes.create_list(customer=person, name=" ", at=NOON)
    wishes.delete_list(customer=person, list_id=first.pk, at=NOON)
    assert names(person) == [("Noël", True)]
    with pytest.raises(Refusal):
        wishes.delete_list(customer=person, list_id=made.pk, at=NOON)


def test_another_persons_lists_and_articles_do_not_exist():
    owner, other = CustomerFactory(), CustomerFactory()
    item = add(owner, VariantFactory())
    theirs = item.wish_list_id
    for attempt in (
        lambda: wishes.list_of(other, theirs, at=NOON),
        lambda: wishes.rename(customer=other, list_id=theirs, name="x", at=NOON),
        lambda: wishes.delete_list(customer=other, list_id=theirs, at=NOON),
        lambda: wishes.share(customer=other, list_id=theirs, shown_name="", at=NOON),
        lambda: wishes.item_of(other, item.pk),
        lambda: wishes.remove(customer=other, item_id=item.pk, at=NOON),
        lambda: wishes.restore(customer=other, item_id=item.pk),
        lambda: wishes.change(customer=other, item_id=item.pk, quantity=9, note=""),
        lambda: wishes.move(customer=other, item_id=item.pk, list_id=theirs, at=NOON),
        lambda: add(other, VariantFactory(), list_id=theirs),
    ):
        with pytest.raises(NotFound):
            attempt()
    assert list(WishItem.objects.values_list("wish_list", "removed_at")) == [(theirs, None)]


def test_the_lists_of_all_records_of_a_person_are_theirs_and_come_apart_again():
    person, other = CustomerFactory(), CustomerFactory()
    mine, theirs = add(person, VariantFactory()), add(other, VariantFactory())

    Customer.objects.filter(pk=other.pk).update(merged_into=person)
    assert set(WishList.objects.of(person)) == {mine.wish_list, theirs.wish_list}
    assert len(reads.wished(person)) == 2
    wishes.change(customer=person, item_id=theirs.pk, quantity=3, note="")

    Customer.objects.filter(pk=other.pk).update(merged_into=None)
    assert list(WishList.objects.of(person)) == [mine.wish_list]


def test_what_was_taken_off_can_be_put_back_and_stays_one():
    person, variant = CustomerFactory(), VariantFactory()
    item = add(person, variant)

    wishes.remove(customer=person, item_id=item.pk, at=NOON)
    assert not reads.items_of(item.wish_list).exists()
    assert list(reads.taken_off(person, at=NOON + timedelta(minutes=1))) == [item]
    again = add(person, variant)
    wishes.restore(customer=person, item_id=item.pk)
    assert list(reads.items_of(item.wish_list)) == [again]
    wishes.remove(customer=person, item_id=again.pk, at=NOON)
    wishes.restore(customer=person, item_id=item.pk)
    assert list(reads.items_of(item.wish_list)) == [item]


def test_the_heart_puts_on_and_takes_off():
    person, variant = CustomerFactory(), VariantFactory()
    press = {"customer": person, "product_id": variant.product_id, "variant_id": None, "at": NOON}

    assert wishes.toggle(**press)
    assert reads.wished(person) == [variant.product.slug]
    assert not wishes.toggle(**press)
    assert reads.wished(person) == []


def test_an_article_moves_to_another_list_and_joins_the_one_that_is_there():
    person, variant = CustomerFactory(), VariantFactory()
    item = add(person, variant)
    gifts = wishes.create_list(customer=person, name="Cadeaux", at=NOON)

    wishes.move(customer=person, item_id=item.pk, list_id=gifts.pk, at=NOON)
    assert list(reads.items_of(gifts)) == [item]
    other = add(person, variant)
    wishes.move(customer=person, item_id=other.pk, list_id=gifts.pk, at=NOON)
    assert list(reads.items_of(gifts)) == [item]


def test_a_link_opens_a_list_until_it_is_renewed_or_ended():
    person = CustomerFactory()
    item = add(person, VariantFactory())
    own = {"customer": person, "list_id": item.wish_list_id, "at": NOON}

    first = wishes.share(shown_name="Camille", **own)
    assert len(first) > 20
    assert reads.shared(first) == item.wish_list
    second = wishes.share(shown_name="Camille", **own)
    assert reads.shared(first) is None
    wishes.take(token=second, item_id=item.pk, units=1)
    wishes.unshare(**own)
    assert reads.shared(second) is None
    assert reads.shared("") is None
    item.refresh_from_db()
    assert item.taken == 0


def test_visitors_take_no_more_than_is_wanted():
    person = CustomerFactory()
    item = add(person, VariantFactory())
    other = add(person, VariantFactory())
    token = wishes.share(customer=person, list_id=item.wish_list_id, shown_name="", at=NOON)
    wishes.take(token=token, item_id=item.pk, units=1)
    with pytest.raises(Refusal):
        wishes.take(token=token, item_id=item.pk, units=1)
    with pytest.raises(Refusal):
        wishes.take(token=token, item_id=other.pk, units=-1)
    wishes.take(token=token, item_id=item.pk, units=-1)
    with pytest.raises(NotFound):
        wishes.take(token="nothing", item_id=item.pk, units=1)
    with pytest.raises(IntegrityError), transaction.atomic():
        WishItem.objects.filter(pk=item.pk).update(taken=2)


def test_a_list_shows_todays_price_what_was_saved_and_the_stock_in_few_statements(
    django_assert_max_num_queries,
):
    store, warehouse = StoreFactory(), WarehouseFactory()
    person = CustomerFactory()
    for _ in range(5):
        variant = VariantFactory(price=2000)
        StockLevelFactory(variant=variant, location=store.locations.get(), on_hand=2)
        StockLevelFactory(variant=variant, location=warehouse, on_hand=7)
        item = add(person, variant)
    WishItem.objects.update(price_minor=2500)

    with django_assert_max_num_queries(9):
        found = reads.wishes(
            reads.items_of(item.wish_list), at=NOON, customer=person, store_id=store.pk
        )

    assert [(w.price.amount_minor, w.cheaper_minor, w.here, w.to_ship) for w in found] == [
        (2000, 500, 2, 7)
    ] * 5
    assert all(wish.orderable for wish in found)


def test_the_till_reads_the_wishes_it_can_sell_those_on_the_shelf_first():
    store = StoreFactory()
    person = CustomerFactory()
    record = CustomerFactory(merged_into=person)
    lacking, here = VariantFactory(), VariantFactory(price=3000)
    StockLevelFactory(variant=here, location=store.locations.get(), on_hand=2)
    add(person, here)
    wishes.add(customer=record, product_id=lacking.product_id, at=NOON)

    found = reads.for_till(person, store_id=store.pk, at=NOON)

    assert [(w.variant, w.stock.here) for w in found] == [(here, 2), (lacking, 0)]


@pytest.mark.django_db(transaction=True)
def test_presses_at_once_make_one_list_and_one_wish():
    person, variant = CustomerFactory(), VariantFactory()
    together = threading.Barrier(4)
    failed: list[Exception] = []

    def press() -> None:
        try:
            together.wait()
            add(Customer.objects.get(pk=person.pk), variant)
        except Exception as error:
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=press) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failed == []
    assert WishList.objects.count() == WishItem.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_visitors_at_once_take_one_of_one():
    person = CustomerFactory()
    item = add(person, VariantFactory())
    token = wishes.share(customer=person, list_id=item.wish_list_id, shown_name="", at=NOON)
    together = threading.Barrier(3)
    refused: list[Exception] = []

    def press() -> None:
        try:
            together.wait()
            wishes.take(token=token, item_id=item.pk, units=1)
        except Refusal as error:
            refused.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=press) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    item.refresh_from_db()
    assert (item.taken, len(refused)) == (1, 2)
