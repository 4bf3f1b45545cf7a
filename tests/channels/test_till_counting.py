"""Counting at the till's door: blind, one hand, while the shop sells (issue 3)."""

import re

import pytest
from django.urls import reverse

from inventory import services
from inventory.models import CountLine, StockCount, StockLevel
from inventory.services import Demand, counts
from tests.factories import NOON, CategoryFactory, StaffFactory, StockLevelFactory, StoreFactory

pytestmark = pytest.mark.django_db
HTMX = {"HTTP_HX_REQUEST": "true", "HTTP_HX_TARGET": "count"}


def at(name, count):
    return reverse(f"till:count_{name}", args=[count.pk])


@pytest.fixture
def place(shop):
    return shop.store.locations.get()


@pytest.fixture
def count(shop, place):
    shop.article(sku="VESTE-M", on_hand=31, product__name="Veste bleue")
    return counts.begin(location_id=place.pk, kind="rolling", at=NOON, actor="user:0")


@pytest.fixture
def manager(shop):
    return shop.sign_in(StaffFactory(role="store_manager", stores=[shop.store]), shop.till)


def test_each_scan_says_what_was_counted_and_never_what_the_book_says(shop, count):
    for _unit in range(4):
        page = shop.post(at("scan", count), {"code": "veste-m", "key": f"k{_unit}"}, **HTMX)

    assert page.status_code == 200
    assert 'data-announce="Veste bleue' in page.content.decode()
    line = count.lines.get()
    assert (line.counted, line.book, line.counted_by) == (4, 31, f"user:{shop.staff.user.pk}")
    for answer in (page, shop.get(reverse("till:count", args=[count.pk]))):
        assert not re.search(r"\b31\b", answer.content.decode())
    assert b"<html" not in page.content


def test_the_same_request_twice_counts_once_and_another_code_is_another_scan(shop, count):
    shop.article(sku="GOURDE", on_hand=2)
    for _repeat in range(3):
        shop.post(at("scan", count), {"code": "VESTE-M", "key": "same"}, **HTMX)
    shop.post(at("scan", count), {"code": "GOURDE", "key": "same"}, **HTMX)

    found = count.lines.values_list("variant__sku", "counted")
    assert sorted(found) == [("GOURDE", 1), ("VESTE-M", 1)]


@pytest.mark.parametrize(
    "data, status",
    [
        ({"code": "4000000000000"}, 404),
        ({"code": ""}, 422),
        ({"code": "VESTE-M", "counted": ""}, 422),
        ({"code": "VESTE-M", "counted": "-1"}, 422),
        ({"code": "VESTE-M", "counted": "many"}, 422),
        ({"code": "\x00"}, 422),
    ],
)
def test_what_is_wrong_is_told_and_keeps_the_count(shop, count, data, status):
    shop.post(at("scan", count), {"code": "VESTE-M"}, **HTMX)

    page = shop.post(at("scan", count), data, **HTMX)

    assert (page.status_code, count.lines.get().counted) == (status, 1)
    assert page.headers["X-Refusal"]
    assert 'id="refusal"' in page.content.decode()
    assert 'id="scan"' in page.content.decode()


def test_a_figure_is_typed_and_a_scan_taken_back(shop, count):
    shop.post(at("scan", count), {"code": "VESTE-M", "counted": "12"}, **HTMX)
    line = count.lines.get()
    assert line.counted == 12

    taken = shop.post(at("undo", count), {"line_id": line.pk, "units": 12}, **HTMX)
    again = shop.post(at("undo", count), {"line_id": line.pk, "units": 12}, **HTMX)

    assert (taken.status_code, again.status_code) == (200, 409)
    assert count.lines.get().counted is None


def test_gaps_are_first_with_their_shelf(shop, place, count):
    gap = shop.article(sku="GAP", on_hand=0, product__name="Lampe")
    StockLevel.objects.filter(variant=gap).update(shelf="B4")
    services.sell([Demand(1, gap.pk, place.pk, 1)], document="T-1", at=NOON, actor="u")
    StockCount.objects.update(status="cancelled")
    fresh = counts.begin(location_id=place.pk, kind="rolling", at=NOON, actor="u")

    page = shop.get(reverse("till:count", args=[fresh.pk]))

    assert [line.variant.sku for line in page.context["left"]] == ["GAP", "VESTE-M"]
    assert "B4" in page.content.decode()


def test_handing_in_says_what_of_the_rest(shop, place, manager):
    shop.article(sku="A", on_hand=2), shop.article(sku="B", on_hand=3)
    full = counts.begin(location_id=place.pk, kind="full", at=NOON, actor="u")
    assert shop.post(at("submit", full)).status_code == 422
    shop.post(at("scan", full), {"code": "A"})

    page = shop.post(at("submit", full), {"rest_is_zero": "1"})

    assert page.headers["Location"] == reverse("till:count", args=[full.pk])
    assert sorted(full.lines.values_list("counted", flat=True)) == [0, 1]
    assert shop.get(page.headers["Location"]).status_code == 200
    assert shop.post(at("scan", full), {"code": "A"}, **HTMX).status_code == 409


def test_a_count_is_begun_once_everything_by_a_manager_alone(shop, place, manager):
    shop.article(sku="A"), shop.article(sku="B")
    url = reverse("till:count_begin")
    data = {"place": place.pk, "kind": "rolling", "articles": 1, "key": "k"}

    first, again = manager.post(url, data), manager.post(url, data)

    assert first.status_code == again.status_code == 302
    assert first.headers["Location"] == again.headers["Location"]
    assert StockCount.objects.get().lines.count() == 1
    full = data | {"kind": "full", "key": "f"}
    assert shop.post(url, full).status_code == 422
    assert 'value="full"' not in shop.get(reverse("till:counts")).content.decode()
    assert shop.post(url, data | {"key": "a"}).status_code == 302  # the other article
    assert StockCount.objects.filter(kind="full").count() == 0
    assert manager.post(url, full).status_code == 302
    for bad in ({"place": 0}, {"kind": "weekly"}, {"articles": "x"}, {"category": "9999"}):
        assert manager.post(url, data | {"key": "j"} | bad).status_code == 422
    empty = CategoryFactory()
    assert manager.post(url, data | {"category": empty.pk, "key": "z"}).status_code == 409


def test_another_stores_count_is_not_there(shop, count):
    other = StoreFactory()
    level = StockLevelFactory(location=other.locations.get(), variant__sku="SECRET")
    theirs = counts.begin(location_id=level.location_id, kind="rolling", at=NOON, actor="u")

    assert shop.get(reverse("till:count", args=[theirs.pk])).status_code == 404
    for name in ("scan", "undo", "submit"):
        answer = shop.post(at(name, theirs), {"code": "SECRET", "line_id": 1, "units": 1})
        assert answer.status_code == 404
    assert theirs.number not in shop.get(reverse("till:counts")).content.decode()
    assert CountLine.objects.get(count=theirs).counted is None


def test_customer_service_does_not_count(shop, count):
    desk = shop.sign_in(StaffFactory(role="service", stores=[shop.store]), shop.till)

    assert desk.get(reverse("till:counts")).status_code == 403
    data = {"place": count.location_id, "kind": "rolling", "key": "s"}
    assert desk.post(reverse("till:count_begin"), data).status_code == 403


def test_a_count_is_not_begun_at_another_stores_place(shop, count):
    other = StoreFactory().locations.get()

    answer = shop.post(
        reverse("till:count_begin"), {"place": other.pk, "kind": "rolling", "key": "o"}
    )

    assert answer.status_code == 422
    assert StockCount.objects.get() == count


@pytest.mark.parametrize("articles", [1, 30])
def test_a_scan_takes_as_many_statements_whatever_the_count(
    shop, place, articles, django_assert_max_num_queries
):
    for number in range(articles):
        shop.article(sku=f"ART-{number}")
    long = counts.begin(location_id=place.pk, kind="full", at=NOON, actor="u")

    with django_assert_max_num_queries(34):
        assert shop.post(at("scan", long), {"code": "ART-0"}, **HTMX).status_code == 200
