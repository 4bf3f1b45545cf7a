"""Mass price changes: previewed, approved by a second person, undone (issue 4, PRC-1, PRC-2)."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from catalog import book, price_changes
from catalog.models import Price, PriceChange
from catalog.services import default_price_list, set_price
from omnishop.kernel.errors import Invalid, Refusal
from tests.factories import LONG_AGO, UserFactory, VariantFactory

pytestmark = pytest.mark.django_db

# Ahead of the database's clock, which says whether a price is history already.
NOW = datetime(2040, 3, 6, 11, tzinfo=UTC)
START = NOW + timedelta(days=2)
END = START + timedelta(days=7)


def article(amount=2000, **fields):
    return VariantFactory(price=amount, **fields)


def change(*variants, **fields):
    values = {
        "name": "Soldes",
        "price_list": default_price_list(),
        "kind": "percent",
        "percent_bp": 2000,
        "starts_at": START,
        "ends_at": END,
        "created_by": UserFactory(),
    } | fields
    made = PriceChange.objects.create(**values)
    made.products.set([variant.product for variant in variants])
    return made


def approved(*variants, **fields):
    made = change(*variants, **fields)
    price_changes.submit(change_id=made.pk)
    price_changes.approve(change_id=made.pk, by=UserFactory(), at=NOW)
    return made


def amount(variant, at):
    return book.prices([variant.pk], at=at)[variant.pk].amount_minor


def history(variant):
    rows = Price.objects.filter(variant=variant).order_by("valid_from")
    return list(rows.values_list("amount_minor", "valid_from", "valid_to"))


def test_a_change_for_a_time_gives_the_former_price_back_afterwards():
    coat = article(2000)

    approved(coat)

    assert history(coat) == [(2000, LONG_AGO, START), (1600, START, END), (2000, END, None)]
    cut = book.prices([coat.pk], at=START)[coat.pk]
    assert (cut.amount_minor, cut.reference_minor, cut.cut_bp) == (1600, 2000, 2000)
    assert [amount(coat, at) for at in (NOW, START, END)] == [2000, 1600, 2000]


def test_a_change_for_good_stays():
    coat = article(2000)

    approved(coat, kind="set", percent_bp=None, amount_minor=1500, ends_at=None)

    assert history(coat) == [(2000, LONG_AGO, START), (1500, START, None)]


@pytest.mark.parametrize(
    "fields, after",
    [
        ({"percent_bp": 3333}, 1333),  # 13.334, to the nearest cent
        ({"percent_bp": 1000, "ending": 90}, 1790),
        ({"kind": "raise", "percent_bp": 500}, 2100),
        ({"kind": "amount", "percent_bp": None, "amount_minor": 450}, 1550),
    ],
)
def test_the_preview_says_what_is_written(fields, after):
    coat = article(2000)
    made = change(coat, **fields)

    (row,) = price_changes.preview(made)
    price_changes.submit(change_id=made.pk)
    price_changes.approve(change_id=made.pk, by=UserFactory(), at=NOW)

    assert (row.before_minor, row.after_minor, row.refused) == (2000, after, "")
    assert amount(coat, START) == after


def test_articles_that_stay_out_are_named_with_the_reason():
    planned, low, same = article(2000), article(1500, eco_minor=1200), article(1000)
    set_price(variant=planned, amount_minor=2100, at=START + timedelta(days=1))
    made = change(planned, low, same, kind="set", percent_bp=None, amount_minor=1000)

    told = {row.variant_id: row.refused for row in price_changes.preview(made)}

    assert told == {
        planned.pk: "un autre prix est prévu pour cette période",
        low.pk: "le prix serait nul, ou inférieur à l’éco-participation",
        same.pk: "c’est déjà son prix",
    }
    with pytest.raises(Invalid):
        price_changes.submit(change_id=made.pk)


def test_who_wrote_a_change_does_not_approve_it():
    coat = article()
    made = change(coat)
    price_changes.submit(change_id=made.pk)

    with pytest.raises(Refusal):
        price_changes.approve(change_id=made.pk, by=made.created_by, at=NOW)

    assert history(coat) == [(2000, LONG_AGO, None)]
    with pytest.raises(IntegrityError), transaction.atomic():
        PriceChange.objects.filter(pk=made.pk).update(approved_by=made.created_by)


def test_prices_are_not_changed_in_the_past():
    made = change(article())
    price_changes.submit(change_id=made.pk)

    with pytest.raises(Invalid):
        price_changes.approve(change_id=made.pk, by=UserFactory(), at=START + timedelta(seconds=1))


def test_undone_before_it_begins_nothing_is_left_of_it():
    coat = article(2000)
    made = approved(coat)

    assert price_changes.undo(change_id=made.pk, by=UserFactory(), at=NOW) == 1
    assert price_changes.undo(change_id=made.pk, by=UserFactory(), at=NOW) == 0

    assert history(coat) == [(2000, LONG_AGO, None)]


def test_undone_while_it_lasts_the_former_price_stands_again_and_the_cut_is_history():
    coat = article(2000)
    made = approved(coat)
    at = START + timedelta(days=1)

    price_changes.undo(change_id=made.pk, by=UserFactory(), at=at)

    assert history(coat) == [(2000, LONG_AGO, START), (1600, START, at), (2000, at, None)]
    # A later cut is shown against the price of the month, which was 16.00 (PRC-1).
    set_price(variant=coat, amount_minor=1500, at=END)
    assert book.prices([coat.pk], at=END)[coat.pk].reference_minor == 1600


def test_a_change_is_not_undone_over_a_newer_price():
    coat = article(2000)
    made = approved(coat, ends_at=None)
    set_price(variant=coat, amount_minor=1700, at=START + timedelta(days=1))

    with pytest.raises(Refusal):
        price_changes.undo(change_id=made.pk, by=UserFactory(), at=START + timedelta(days=2))

    assert amount(coat, END) == 1700


def test_only_the_articles_chosen_change_and_one_statement_previews_them(
    django_assert_num_queries,
):
    coats = [article() for _ in range(3)]
    other = article()
    made = change(*coats)

    with django_assert_num_queries(1):
        assert len(price_changes.preview(made)) == 3
    price_changes.submit(change_id=made.pk)
    price_changes.approve(change_id=made.pk, by=UserFactory(), at=NOW)

    assert amount(other, START) == 2000


def test_a_price_that_was_seen_is_never_deleted():
    coat = article()

    with pytest.raises(IntegrityError), transaction.atomic():
        Price.objects.filter(variant=coat).delete()


def test_a_shelf_changes_with_the_shelves_below_it():
    coat = article()
    made = change()
    made.categories.set([coat.product.category])

    assert [row.variant_id for row in price_changes.preview(made)] == [coat.pk]
    assert not price_changes.preview(change(VariantFactory(price__none=True)))  # it has no price
