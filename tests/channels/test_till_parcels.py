"""The picking list of a shop that ships: two pickers, what still comes, from elsewhere (UX K)."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from inventory.models import StockLevel, StockLocation, Transfer
from inventory.services import transfers
from orders.models import Carrier, Fulfilment, Shortage
from orders.services import picking
from orders.services.ways import Delivery, Pickup
from tests.factories import (
    NOON,
    DeliveryMethodFactory,
    StaffFactory,
    StockLevelFactory,
    StoreFactory,
    TillFactory,
    VariantFactory,
    WarehouseFactory,
)
from tests.orders.flows import HOME, paid

LIST = "/till/picking/"
HTMX = {"HTTP_HX_REQUEST": "true", "HTTP_HX_TARGET": "picking"}


def at(name, one):
    return reverse(f"till:picking_{name}", args=[one.pk])


@pytest.fixture
def here(shop):
    """This shop's floor: it ships parcels."""
    place = shop.store.locations.get()
    StockLocation.objects.filter(pk=place.pk).update(ships=True, name="Lyon", priority=50)
    return StockLocation.objects.get(pk=place.pk)


@pytest.fixture
def colleague(shop):
    """Somebody else at another till of the shop."""
    member = StaffFactory(stores=[shop.store], user__first_name="Nadia", user__last_name="Rey")
    return shop.sign_in(member, TillFactory(store=shop.store, number=2))


def parcel(place, *, elsewhere=None, units=1):
    variant = VariantFactory()
    StockLevelFactory(variant=variant, location=place)
    if elsewhere:
        StockLevelFactory(variant=variant, location=elsewhere)
    order = paid(Delivery(DeliveryMethodFactory().pk, HOME), (variant, units))
    return order.fulfilments.get()


def test_a_parcel_of_the_shop_is_on_its_list_with_shelf_and_reasons(shop, here):
    one = parcel(here)
    StockLevel.objects.filter(location=here).update(shelf="B4")

    articles = shop.get(LIST).context["articles"]
    page = shop.get(LIST, {"by": "order"})

    assert [(row.shelf, row.units) for row in articles] == [("B4", 1)]
    assert one.order.number in page.content.decode()
    assert page.context["rows"][0].why == ["Lyon est retenu\u202f: priorité 50."]


def test_whoever_takes_an_order_has_it_for_a_quarter_of_an_hour(shop, colleague):
    one = shop.pickup()
    shop.post(at("take", one), **HTMX)

    page = colleague.get(LIST, {"by": "order"})
    taken = shop.get(LIST, {"by": "order"})

    assert page.context["rows"][0].picker == shop.staff.user.email
    assert "jusqu’à 12\u00a0h\u00a015" in page.content.decode().replace("\u202f", "\u00a0")
    assert f'id="take-{one.pk}"' not in page.content.decode()
    assert f'id="all-{one.pk}"' not in page.content.decode()
    assert page.context["articles"] == []
    assert taken.context["rows"][0].mine
    assert colleague.post(at("take", one), **HTMX).status_code == 409
    assert colleague.post(at("all", one), **HTMX).status_code == 409
    with time_machine.travel(NOON + timedelta(minutes=16), tick=False):
        assert colleague.post(at("take", one), **HTMX).status_code == 200
    one.refresh_from_db()
    assert one.status == Fulfilment.Status.WAITING


def test_two_pickers_scanning_the_same_article_pick_two_orders(shop, colleague):
    first, second = shop.pickup(), shop.pickup()
    variant = first.order.lines.get().variant
    second.order.lines.update(variant=variant, sku=variant.sku)
    shop.post(at("take", first), **HTMX)

    answer = colleague.post(f"{LIST}scan/", {"code": variant.sku}, **HTMX)

    assert answer.status_code == 200
    assert [one.lines.get().picked for one in (first, second)] == [0, 1]
    third = colleague.post(f"{LIST}scan/", {"code": variant.sku}, **HTMX)
    assert third.status_code == 422
    assert first.lines.get().picked == 0


def test_what_was_taken_is_given_back(shop, colleague):
    one = shop.pickup()
    shop.post(at("take", one), **HTMX)
    shop.post(at("leave", one), **HTMX)

    assert colleague.get(LIST).context["articles"][0].units == 1
    assert colleague.post(at("take", one), **HTMX).status_code == 200


def test_what_comes_by_transfer_says_so_and_cannot_be_picked_yet(shop, here):
    there = WarehouseFactory(transfer_days=1)
    variant = VariantFactory()
    StockLevelFactory(variant=variant, location=there)
    order = paid(Pickup(shop.store.pk), (variant, 2))
    one = order.fulfilments.get()

    page = shop.get(LIST, {"by": "order"})
    item = page.context["rows"][0].items[0]

    assert (item.open, item.left, item.coming.units, item.coming.sent) == (2, 0, 2, False)
    assert shop.get(LIST).context["articles"] == []
    assert f'id="all-{one.pk}"' not in page.content.decode()
    for answer in (
        shop.post(at("all", one), **HTMX),
        shop.post(f"{LIST}scan/", {"code": variant.sku}, **HTMX),
    ):
        assert answer.status_code == 422
    transfer = Transfer.objects.get()
    for work in (transfers.send, transfers.receive):
        work(transfer_id=transfer.pk, units={}, at=NOON, actor="u")
    assert shop.get(LIST).context["articles"][0].units == 2
    assert shop.post(at("all", one), **HTMX).status_code == 200


def test_ready_keeps_the_shelf_and_the_desk_shows_it(shop):
    one = shop.pickup()
    shop.post(at("all", one), **HTMX)

    too_long = shop.post(at("ready", one), {"shelf": "R" * 21}, **HTMX)
    shop.post(at("ready", one), {"shelf": " R12 "}, **HTMX)

    one.refresh_from_db()
    assert (too_long.status_code, one.status, one.shelf) == (422, "ready", "R12")
    for address in ("/till/pickup/", reverse("till:pickup", args=[one.pk])):
        assert "R12" in shop.get(address).content.decode()


def test_a_parcel_is_sent_from_elsewhere_all_of_it_or_not_at_all(shop, here):
    there = StoreFactory(name="Annecy").locations.get()
    StockLocation.objects.filter(pk=there.pk).update(ships=True, priority=90)
    bare = WarehouseFactory(priority=99)
    one = parcel(here, elsewhere=there)

    refused = shop.post(at("again", one), {"place": bare.pk}, **HTMX)
    wrong = shop.post(at("again", one), {"place": "x"}, **HTMX)
    one.refresh_from_db()
    assert (refused.status_code, wrong.status_code) == (409, 422)
    assert one.status == Fulfilment.Status.WAITING
    moved = shop.post(at("again", one), {"place": ""}, **HTMX)

    one.refresh_from_db()
    assert (moved.status_code, one.status) == (200, Fulfilment.Status.CANCELLED)
    new = one.order.fulfilments.open().get()
    assert (new.location, new.store.name) == (there, "Annecy")
    assert StockLevel.objects.get(location=here).reserved == 0
    assert one.order.number not in shop.get(LIST, {"by": "order"}).content.decode()


def test_nowhere_else_is_said_and_the_parcel_stays(shop, here):
    one = parcel(here)

    answer = shop.post(at("again", one), **HTMX)

    one.refresh_from_db()
    assert (answer.status_code, one.status) == (409, Fulfilment.Status.WAITING)
    assert StockLevel.objects.get(location=here).reserved == 1
    pickup_of_here = shop.pickup()
    assert shop.post(at("again", pickup_of_here), **HTMX).status_code == 409


def test_a_sent_parcel_is_listed_until_it_is_delivered(shop, here):
    one = parcel(here)
    Carrier.objects.get_or_create(name="Autre")
    early = shop.post(at("delivered", one), **HTMX)
    shop.post(at("all", one), **HTMX)
    shop.post(at("ship", one), {"carrier": "Autre", "tracking": "6A1"}, **HTMX)

    listed = shop.get(LIST, {"by": "sent"})
    for _press in range(2):
        shop.post(at("delivered", one), **HTMX)

    one.refresh_from_db()
    assert early.status_code == 409
    assert listed.context["sent"] == [one]
    assert (one.status, one.carrier, one.delivered_at) == ("delivered", "Autre", NOON)
    assert shop.get(LIST, {"by": "sent"}).context["sent"] == []


def test_not_found_says_whether_the_customer_has_to_choose(shop, here):
    there = WarehouseFactory(priority=99)
    one = parcel(here, elsewhere=there)
    data = {"line_id": one.lines.get().line_id, "quantity": 1}

    found = shop.post(at("not_found", one), data, **HTMX)
    alone = parcel(here)
    asked = shop.post(
        at("not_found", alone), {"line_id": alone.lines.get().line_id, "quantity": 1}, **HTMX
    )

    assert "vient d’ailleurs" in found.content.decode()
    assert one.order.fulfilments.open().get().location == there
    assert "choisit la suite" in asked.content.decode()
    assert Shortage.objects.get().order == alone.order


def test_what_nobody_paid_for_is_taken_off_and_told(shop):
    one = shop.pickup(paid=False, quantity=2)

    answer = shop.post(
        at("not_found", one), {"line_id": one.lines.get().line_id, "quantity": 1}, **HTMX
    )

    assert "retiré de la commande" in answer.content.decode()
    assert (one.order.lines.get().cancelled, one.order.shortages.count()) == (1, 0)


@pytest.mark.parametrize("name", ["take", "leave", "again", "delivered", "ship", "not_found"])
def test_another_shops_parcel_is_not_there(shop, name):
    place = StoreFactory().locations.get()
    StockLocation.objects.filter(pk=place.pk).update(ships=True)
    theirs = parcel(place)

    assert shop.post(at(name, theirs), {"carrier": "x", "tracking": "y"}).status_code == 404
    theirs.refresh_from_db()
    assert (theirs.status, theirs.picker) == (Fulfilment.Status.WAITING, "")


@pytest.mark.parametrize("count", [1, 8])
def test_the_list_takes_as_many_statements_whatever_there_is(
    shop, here, count, django_assert_max_num_queries
):
    for _ in range(count):
        shop.pickup(), parcel(here)
    claimed = shop.pickup()
    picking.claim(fulfilment_id=claimed.pk, actor=f"user:{shop.manager.user.pk}", at=NOON)

    with django_assert_max_num_queries(16):
        assert shop.get(LIST, {"by": "order"}).status_code == 200
