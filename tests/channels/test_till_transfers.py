"""Transfers at the till: send with what was found, receive with what has come, ask a place."""

from datetime import timedelta

import pytest
from django.urls import reverse

from inventory.models import StockLevel, StockLocation, Transfer
from inventory.services import transfers
from orders.services import losses
from orders.services.ways import Pickup
from tests.factories import (
    NOON,
    StaffFactory,
    StockLevelFactory,
    StoreFactory,
    VariantFactory,
    WarehouseFactory,
)
from tests.orders.flows import paid

LIST = "/till/transfers/"
HTMX = {"HTTP_HX_REQUEST": "true", "HTTP_HX_TARGET": "transfer"}
ASK = {"HTTP_HX_REQUEST": "true", "HTTP_HX_TARGET": "ask"}


def at(name, transfer):
    return reverse(f"till:{name}", args=[transfer.pk])


@pytest.fixture
def here(shop):
    return shop.store.locations.get()


@pytest.fixture
def there(shop):
    """Another shop, that sends goods in a day."""
    place = StoreFactory(name="Annecy").locations.get()
    StockLocation.objects.filter(pk=place.pk).update(name="Annecy", transfer_days=1)
    return StockLocation.objects.get(pk=place.pk)


def asked(source, destination, *wanted, document="", expected_at=NOON + timedelta(days=1)):
    return transfers.request(
        [
            transfers.Ask(variant.pk, units, document, 1 if document else 0)
            for variant, units in wanted
        ],
        source_id=source.pk,
        destination_id=destination.pk,
        expected_at=expected_at,
        reason=Transfer.Reason.SHOP,
        at=NOON,
        actor="user:0",
    )


def on_hand(variant, place):
    row = StockLevel.objects.filter(variant=variant, location=place).first()
    return (row.on_hand, row.reserved) if row else (0, 0)


@pytest.fixture
def leaving(shop, here, there):
    """Two articles to send from here: three jackets and one lamp."""
    jacket = shop.article(sku="VESTE-M", product__name="Veste bleue")
    lamp = shop.article(sku="LAMPE", product__name="Lampe")
    StockLevel.objects.filter(variant=jacket).update(shelf="B4")
    StockLevel.objects.filter(variant=lamp).update(shelf="A1")
    return asked(here, there, (jacket, 3), (lamp, 1)), jacket, lamp


@pytest.fixture
def arriving(shop, here, there):
    """Three tents on their way here."""
    tent = VariantFactory(sku="TENTE", product__name="Tente")
    StockLevelFactory(variant=tent, location=there, on_hand=5)
    transfer = asked(there, here, (tent, 3))
    transfers.send(transfer_id=transfer.pk, units={}, at=NOON, actor="user:0")
    return transfer, tent


def test_the_lists_say_what_is_to_be_sent_and_what_comes(shop, here, there, leaving, arriving):
    later = asked(there, here, (arriving[1], 1))

    page = shop.get(LIST)

    found = {key: list(page.context[key]) for key in ("to_send", "coming", "asked", "left")}
    assert found == {"to_send": [leaving[0]], "coming": [arriving[0]], "asked": [later], "left": []}
    assert (page.context["to_send"][0].units, page.context["coming"][0].gone) == (4, 3)


def test_the_lines_are_walked_by_shelf(shop, leaving):
    page = shop.get(at("transfer", leaving[0]))

    assert [row["line"].shelf for row in page.context["rows"]] == ["A1", "B4"]
    assert page.context["doing"] == "send"


def test_everything_found_leaves_at_once_and_twice_is_once(shop, here, leaving):
    transfer, jacket, lamp = leaving

    for _press in range(2):
        answer = shop.post(at("transfer_send", transfer), {"units-1": 3, "units-2": 1})
        assert answer.headers["Location"] == at("transfer", transfer)

    transfer.refresh_from_db()
    assert (transfer.status, transfer.sent_by) == (
        "sent",
        shop.staff.user.pk and f"user:{shop.staff.user.pk}",
    )
    assert (on_hand(jacket, here), on_hand(lamp, here)) == ((7, 0), (9, 0))
    assert list(shop.get(LIST).context["left"]) == [transfer]


def test_fewer_is_asked_about_before_anything_is_written(shop, here, leaving):
    transfer, jacket, _lamp = leaving
    data = {"units-1": 2, "units-2": 1}

    question = shop.post(at("transfer_send", transfer), data, **HTMX)

    transfer.refresh_from_db()
    assert (question.status_code, question.context["lacking"]) == (200, 1)
    assert 'name="confirmed"' in question.content.decode()
    assert transfer.status == "requested"
    assert on_hand(jacket, here) == (10, 3)
    done = shop.post(at("transfer_send", transfer), data | {"confirmed": "1"}, **HTMX)
    assert done.headers["HX-Redirect"] == at("transfer", transfer)
    assert sorted(transfer.lines.values_list("quantity", "sent")) == [(1, 1), (3, 2)]
    assert on_hand(jacket, here) == (8, 0)


@pytest.mark.parametrize("units", ["4", "-1", "", "x", "1.5", "99999999999"])
def test_a_wrong_quantity_is_refused_and_nothing_leaves(shop, here, leaving, units):
    transfer, jacket, _lamp = leaving

    answer = shop.post(
        at("transfer_send", transfer),
        {"units-1": units, "units-2": 1, "confirmed": "1"},
        **HTMX,
    )

    transfer.refresh_from_db()
    assert (answer.status_code, answer.headers["X-Refusal"]) == (422, "invalid")
    assert transfer.status == "requested"
    assert on_hand(jacket, here) == (10, 3)


def test_received_with_a_difference_says_what_has_not_come(shop, here, arriving):
    transfer, tent = arriving
    question = shop.post(at("transfer_receive", transfer), {"units-1": 2}, **HTMX)
    assert on_hand(tent, here) == (0, 0)
    assert question.context["lacking"] == 1

    for _press in range(2):
        shop.post(at("transfer_receive", transfer), {"units-1": 2, "confirmed": "1"})

    line = transfer.lines.get()
    assert (line.sent, line.received) == (3, 2)
    assert on_hand(tent, here) == (2, 0)
    page = shop.get(at("transfer", transfer))
    assert page.context["rows"][0]["lost"] == 1
    assert "1 sur 3 envoyés" in page.content.decode()


def test_what_an_order_waited_for_and_did_not_come_becomes_its_shortage(shop, here, there):
    tent = VariantFactory(sku="TENTE")
    StockLevelFactory(variant=tent, location=there, on_hand=2)
    order = paid(Pickup(shop.store.pk), (tent, 2))
    transfer = Transfer.objects.get()
    transfers.send(transfer_id=transfer.pk, units={}, at=NOON, actor="user:0")

    page = shop.post(at("transfer_receive", transfer), {"units-1": 1}, **HTMX)
    assert order.number in page.content.decode()
    shop.post(at("transfer_receive", transfer), {"units-1": 1, "confirmed": "1"})

    assert on_hand(tent, here) == (1, 1)
    losses.settle(document=order.number, at=NOON)
    assert order.shortages.get().quantity == 1


def test_what_was_received_cannot_be_sent_and_a_called_off_one_not_received(
    shop, here, leaving, arriving
):
    transfers.receive(transfer_id=arriving[0].pk, units={}, at=NOON, actor="user:0")
    transfers.cancel(transfer_id=leaving[0].pk, at=NOON, actor="user:0")

    late = shop.post(at("transfer_send", leaving[0]), {"units-1": 3, "units-2": 1}, **HTMX)

    assert late.status_code == 409
    assert late.headers["X-Refusal"] == "refused"


def test_each_end_does_its_own_part_alone(shop, leaving, arriving):
    transfers.send(transfer_id=leaving[0].pk, units={}, at=NOON, actor="user:0")

    assert shop.post(at("transfer_receive", leaving[0]), {"units-1": 3}).status_code == 404
    assert shop.post(at("transfer_send", arriving[0]), {"units-1": 3}).status_code == 404
    leaving[0].refresh_from_db()
    assert leaving[0].status == "sent"


def test_transfers_between_other_places_are_not_there(shop, there):
    tent = VariantFactory()
    StockLevelFactory(variant=tent, location=there)
    theirs = asked(there, WarehouseFactory(), (tent, 1))

    assert shop.get(at("transfer", theirs)).status_code == 404
    for name in ("transfer_send", "transfer_receive", "transfer_cancel"):
        assert shop.post(at(name, theirs), {"units-1": 1}).status_code == 404
    theirs.refresh_from_db()
    assert theirs.status == Transfer.Status.REQUESTED
    assert theirs.number not in shop.get(LIST).content.decode()


def test_either_end_calls_off_what_has_not_left(shop, here, there, leaving, tent):
    theirs = asked(there, here, (tent, 2))

    for one in (leaving[0], theirs):
        answer = shop.post(at("transfer_cancel", one), **HTMX)
        one.refresh_from_db()
        assert answer.headers["HX-Redirect"] == LIST
        assert one.status == Transfer.Status.CANCELLED
    assert on_hand(tent, there) == (2, 0)
    assert on_hand(leaving[1], here)[1] == 0
    assert shop.post(at("transfer_cancel", theirs), **HTMX).status_code == 409


def test_what_has_left_is_not_called_off(shop, here, arriving):
    answer = shop.post(at("transfer_cancel", arriving[0]), **HTMX)

    arriving[0].refresh_from_db()
    assert (answer.status_code, arriving[0].status) == (409, "sent")
    page = shop.get(at("transfer", arriving[0])).content.decode()
    assert at("transfer_cancel", arriving[0]) not in page


def test_customer_service_moves_no_goods(shop, leaving):
    desk = shop.sign_in(StaffFactory(role="service", stores=[shop.store]), shop.till)

    assert desk.get(LIST).status_code == 403
    assert desk.post(at("transfer_send", leaving[0]), {"units-1": 3}).status_code == 403
    assert desk.post(at("transfer_cancel", leaving[0])).status_code == 403


# --- Ask another place --------------------------------------------------------------------------


@pytest.fixture
def tent(there):
    variant = VariantFactory(sku="TENTE", gtin="3017620422003", product__name="Tente")
    StockLevelFactory(variant=variant, location=there, on_hand=2)
    return variant


def ask(shop, there, **data):
    return shop.post(f"{LIST}ask/send/", {"source": there.pk, "key": "k"} | data, **ASK)


def test_each_scan_adds_a_unit_and_says_what_is_free_there(shop, there, tent):
    data = {"source": there.pk, "key": "k", "code": "3017620422003"}
    first = shop.post(f"{LIST}ask/scan/", data, **ASK)
    second = shop.post(f"{LIST}ask/scan/", data | {f"units-{tent.pk}": 1, "code": "tente"}, **ASK)

    assert [row["units"] for row in first.context["rows"]] == [1]
    assert [(row["units"], row["there"]) for row in second.context["rows"]] == [(2, 2)]
    unknown = shop.post(
        f"{LIST}ask/scan/", data | {f"units-{tent.pk}": 2, "code": "4000000000000"}, **ASK
    )
    assert unknown.status_code == 404
    assert [row["units"] for row in unknown.context["rows"]] == [2]


def test_a_place_is_asked_once_and_holds_the_goods(shop, here, there, tent):
    for _press in range(2):
        answer = ask(shop, there, **{f"units-{tent.pk}": 2})
        assert answer.headers["HX-Redirect"] == LIST

    transfer = Transfer.objects.get()
    assert (transfer.source, transfer.destination) == (there, here)
    assert transfer.requested_by == f"user:{shop.staff.user.pk}"
    # Tuesday noon, before the cut-off: it leaves today, is here tomorrow and ready an hour after
    # the shop opens.
    assert (
        transfer.expected_at.astimezone(shop.store.zone).isoformat() == "2026-11-18T11:00:00+01:00"
    )
    assert on_hand(tent, there) == (2, 2)
    assert list(shop.get(LIST).context["asked"]) == [transfer]


@pytest.mark.parametrize(
    "units, status", [("3", 409), ("0", 422), ("-1", 422), ("x", 422), ("1000", 422)]
)
def test_what_cannot_be_asked_is_told_and_holds_nothing(shop, there, tent, units, status):
    answer = ask(shop, there, **{f"units-{tent.pk}": units})

    assert answer.status_code == status
    assert not Transfer.objects.exists()
    assert on_hand(tent, there) == (2, 0)


def test_a_place_that_sends_nothing_or_ones_own_is_not_asked(shop, here, there, tent):
    StockLocation.objects.filter(pk=here.pk).update(transfer_days=1)
    quiet = WarehouseFactory()

    for place in (here, quiet):
        assert ask(shop, place, **{f"units-{tent.pk}": 1}).status_code == 422
    assert ask(shop, there, **{"units-999999": 1}).status_code in {409, 422}
    assert not Transfer.objects.exists()
    choices = shop.get(f"{LIST}ask/").context["form"].fields["source"].choices
    assert [pk for pk, _name in choices] == [there.pk]


@pytest.mark.parametrize("count", [1, 12])
def test_the_pages_take_as_many_statements_whatever_there_is(
    shop, here, there, count, django_assert_max_num_queries
):
    articles = [shop.article(on_hand=20) for _ in range(count)]
    for _ in range(count):
        transfer = asked(here, there, *((article, 1) for article in articles[:8]))

    with django_assert_max_num_queries(9):
        shop.get(LIST)
    with django_assert_max_num_queries(13):
        shop.get(at("transfer", transfer))
