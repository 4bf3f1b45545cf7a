"""The pick-up desk and the picking list (UX K1 to K9, F-27)."""

from datetime import timedelta

import pytest
from django.urls import reverse

from customers.models import Message
from inventory.models import StockLevel
from orders.models import Carrier, Fulfilment, FulfilmentLine, Order, Receipt, Refund
from orders.providers import Outcome
from orders.services import checkout, payments, picking, pickup
from orders.services.contacts import Contact
from orders.services.ways import Delivery
from tests.factories import (
    NOON,
    BasketFactory,
    BasketLineFactory,
    DeliveryMethodFactory,
    StaffFactory,
    StockLevelFactory,
    StoreFactory,
    TillFactory,
    VariantFactory,
    WarehouseFactory,
)

DESK = "/till/pickup/"
LIST = "/till/picking/"


def at(name, one):
    return reverse(f"till:{name}", args=[one.pk])


def made_ready(one):
    picking.pick_all(fulfilment_id=one.pk, actor="u", at=NOON)
    pickup.ready(fulfilment_id=one.pk, actor="u", at=NOON)
    return one


# --- Desk ---------------------------------------------------------------------------------------


def test_the_queue_shows_this_store_alone_in_a_constant_number_of_statements(
    shop, django_assert_max_num_queries
):
    mine = [shop.pickup() for _ in range(3)]
    theirs = shop.pickup(store=StoreFactory())

    with django_assert_max_num_queries(10):
        page = shop.get(DESK).content.decode()

    assert all(one.order.number in page for one in mine)
    assert theirs.order.number not in page


@pytest.mark.parametrize(
    "name",
    ["hand_over", "pickup_pay", "pickup_ready", "pickup_resend", "pickup_extend", "pickup_cancel",
     "picking_all", "picking_not_found", "picking_ready", "picking_ship"],
)  # fmt: skip
def test_another_stores_pickup_is_not_there(shop, name):
    theirs = shop.pickup(store=StoreFactory(), paid=False)

    answer = shop.post(
        at(name, theirs),
        {"code": theirs.code, "reason": "x", "tracking": "T", "until": "2026-12-01T10:00"},
    )

    assert answer.status_code == 404
    theirs.refresh_from_db()
    assert theirs.status == Fulfilment.Status.WAITING
    assert shop.get(at("pickup", theirs)).status_code == 404
    assert shop.get(DESK, {"q": theirs.order.number}).status_code == 200


def test_one_hit_opens_and_its_code_alone_finds_nothing(shop):
    one = shop.pickup()
    place = at("pickup", one)

    for text in (one.order.number, one.order.number.lower(), "camille", "06 39 98 12 34"):
        assert shop.get(DESK, {"q": text}).headers["Location"] == place
    assert shop.get(DESK, {"q": one.qr}).headers["Location"] == f"{place}?qr={one.qr}"
    assert shop.get(DESK, {"q": one.code}).status_code == 200
    assert shop.get(DESK, {"q": "nobody"}).status_code == 200


def test_several_hits_are_listed(shop):
    both = [shop.pickup(), shop.pickup()]

    page = shop.get(DESK, {"q": "camille"}).content.decode()

    assert all(at("pickup", one) in page for one in both)


def test_the_qr_alone_hands_over_and_twice_is_once(shop):
    one = made_ready(shop.pickup())

    assert one.qr in shop.get(f"{at('pickup', one)}?qr={one.qr}").content.decode()
    for _ in range(2):
        assert shop.post(at("hand_over", one), {"code": one.qr}).status_code == 302

    one.refresh_from_db()
    assert (one.status, one.handed_to) == (Fulfilment.Status.HANDED_OVER, "Camille Martin")
    assert Message.objects.filter(template="order_handed_over").count() == 1
    assert shop.get(at("pickup", one)).status_code == 200


def test_five_wrong_codes_leave_the_identity_document_alone(shop):
    one = made_ready(shop.pickup())
    wrong = "000000" if one.code != "000000" else "111111"

    for left in (4, 3, 2, 1):
        answer = shop.post(at("hand_over", one), {"code": wrong})
        assert answer.status_code == 422
        assert str(left) in answer.content.decode()
    shop.post(at("hand_over", one), {"code": wrong})
    late = shop.post(at("hand_over", one), {"code": one.code})
    unnamed = shop.post(at("hand_over", one), {"known": "on", "handed_to": " "})

    one.refresh_from_db()
    assert (late.status_code, unnamed.status_code) == (422, 422)
    assert (one.status, one.code_tries) == (Fulfilment.Status.READY, 5)
    assert 'id="code"' not in late.content.decode()
    named = shop.post(at("hand_over", one), {"known": "on", "handed_to": "Camille Martin"})
    one.refresh_from_db()
    assert named.status_code == 302
    assert one.status == Fulfilment.Status.HANDED_OVER


def test_an_unpaid_pickup_is_paid_here_then_handed_over(shop):
    one = made_ready(shop.pickup(paid=False, price=8490))
    order = one.order
    page = shop.get(at("pickup", one)).content.decode()
    assert 'id="due">84,90\u00a0€' in page
    assert shop.post(at("hand_over", one), {"code": one.code}).status_code == 409

    for _ in range(2):
        opened = shop.post(at("pickup_pay", one))
    assert opened.headers["Location"] == reverse("till:payment", args=[order.pk])
    url = reverse("till:tender", args=[order.pk])
    paid = shop.post(url, {"method": "card", "key": "k", "amount": ""})
    assert paid.headers["Location"] == at("pickup", one)
    assert shop.post(at("pickup_pay", one)).status_code == 409
    shop.post(at("hand_over", one), {"code": one.code})

    order.refresh_from_db()
    assert Order.objects.count() == 1
    assert (order.status, order.till) == (Order.Status.FULFILLED, shop.till)
    assert Receipt.objects.get().total_minor == 8490
    assert StockLevel.objects.get(variant=order.lines.get().variant).on_hand == 9


def test_going_back_from_its_payment_leaves_the_reservation_waiting(shop):
    one = made_ready(shop.pickup(paid=False))
    shop.post(at("pickup_pay", one))

    back = shop.post(reverse("till:cancel_payment", args=[one.order_id]))

    one.order.refresh_from_db()
    assert back.headers["Location"] == at("pickup", one)
    assert (one.order.status, one.order.till) == (Order.Status.PLACED, None)


def test_ready_is_sent_again_only_when_it_is_ready(shop):
    one = shop.pickup()
    assert shop.post(at("pickup_resend", one)).status_code == 409
    made_ready(one)

    for _ in range(2):
        assert shop.post(at("pickup_resend", one)).status_code == 302

    assert Message.objects.filter(template="order_ready").count() == 2


def test_a_pickup_is_kept_longer_in_the_stores_time(shop):
    one = shop.pickup()
    before = one.hold_until

    for until in ("", "tomorrow", "2020-01-01T10:00"):
        assert shop.post(at("pickup_extend", one), {"until": until}).status_code == 422
    one.refresh_from_db()
    assert one.hold_until == before
    shop.post(at("pickup_extend", one), {"until": "2026-12-01T18:00"})

    one.refresh_from_db()
    assert one.hold_until.astimezone(shop.store.zone).isoformat() == "2026-12-01T18:00:00+01:00"


def test_cancelling_needs_a_reason_and_gives_money_back_once(shop):
    one = shop.pickup()

    assert shop.post(at("pickup_cancel", one), {"reason": ""}).status_code == 422
    assert shop.post(at("pickup_cancel", one), {"reason": "broken"}).status_code == 302
    assert shop.post(at("pickup_cancel", one), {"reason": "broken"}).status_code == 409

    one.refresh_from_db()
    assert one.status == Fulfilment.Status.CANCELLED
    assert Refund.objects.get().amount_minor == 2000


def test_what_nobody_came_for_is_shown(shop):
    one = shop.pickup()
    pickup.expire(fulfilment_id=one.pk, at=one.hold_until)
    Fulfilment.objects.filter(pk=one.pk).update(closed_at=NOON - timedelta(days=1))

    assert one.order.number in shop.get(DESK).content.decode()


# --- Picking list -------------------------------------------------------------------------------

HTMX = {"HTTP_HX_REQUEST": "true", "HTTP_HX_TARGET": "picking"}


def test_a_scan_goes_to_the_order_promised_first(shop):
    first, second = shop.pickup(), shop.pickup()
    variant = first.order.lines.get().variant
    second.lines.update(line=second.order.lines.get())
    second.order.lines.update(variant=variant, sku=variant.sku)
    Fulfilment.objects.filter(pk=second.pk).update(promised_at=NOON)

    answer = shop.post(f"{LIST}scan/", {"code": variant.sku}, **HTMX)

    assert answer.status_code == 200
    picked = dict(FulfilmentLine.objects.values_list("fulfilment", "picked"))
    assert picked == {first.pk: 0, second.pk: 1}


def test_a_wrong_scan_names_what_is_expected(shop):
    one = shop.pickup()

    answer = shop.post(f"{LIST}scan/", {"code": "WRONG"}, **HTMX)

    assert (answer.status_code, answer.headers["X-Refusal"]) == (422, "invalid")
    assert one.order.lines.get().name in answer.content.decode()
    assert shop.post(f"{LIST}scan/", {"code": ""}, **HTMX).status_code == 422


def test_nothing_to_pick_is_said(shop):
    assert shop.get(LIST).status_code == 200
    assert shop.post(f"{LIST}scan/", {"code": "X"}, **HTMX).status_code == 404


def test_everything_found_then_ready_and_each_twice_is_once(shop):
    one = shop.pickup(quantity=2)
    assert shop.post(at("picking_ready", one), **HTMX).status_code == 422

    for _ in range(2):
        assert shop.post(at("picking_all", one), **HTMX).status_code == 200
    for _ in range(2):
        assert shop.post(at("picking_ready", one), **HTMX).status_code == 200

    one.refresh_from_db()
    assert one.status == Fulfilment.Status.READY
    assert Message.objects.filter(template="order_ready").count() == 1
    assert one.order.number not in shop.get(LIST, {"by": "order"}).content.decode()


@pytest.mark.parametrize("quantity", ["0", "-1", "3", "0.5", "x", "1000000000"])
def test_not_found_reports_no_more_than_there_is(shop, quantity):
    one = shop.pickup(quantity=2)

    answer = shop.post(
        at("picking_not_found", one),
        {"line_id": one.order.lines.get().pk, "quantity": quantity},
        **HTMX,
    )

    assert answer.status_code == 422
    assert one.lines.get().missing == 0


def test_not_found_asks_the_shopper_and_the_rest_goes_on(shop):
    one = shop.pickup(quantity=2)

    shop.post(
        at("picking_not_found", one), {"line_id": one.order.lines.get().pk, "quantity": 1}, **HTMX
    )

    one.refresh_from_db()
    assert (one.status, one.lines.get().quantity) == (Fulfilment.Status.WAITING, 1)
    assert one.order.shortages.get().quantity == 1
    assert not Refund.objects.exists()  # until the shopper has chosen


def parcel(place):
    variant = VariantFactory()
    StockLevelFactory(variant=variant, location=place)
    basket = BasketFactory()
    BasketLineFactory(basket=basket, variant=variant)
    order = checkout.place(
        basket_id=basket.pk,
        request=checkout.Request(
            contact=Contact("Camille Martin", "camille@example.org"),
            way=Delivery(
                DeliveryMethodFactory().pk,
                {"line1": "1 rue", "postcode": "69002", "city": "Lyon"},
            ),
        ),
        at=NOON,
    )
    payments.apply(
        reference=order.payments.get().reference,
        outcome=Outcome("captured", order.total_minor),
        at=NOON,
    )
    return order.fulfilments.get()


def test_a_parcel_leaves_with_its_tracking_number_once(shop):
    place = shop.store.locations.get()
    place.ships = True
    place.save()
    one = parcel(place)
    for name in ("Colissimo", "DPD"):
        Carrier.objects.get_or_create(name=name)
    Carrier.objects.update_or_create(name="Fermé", defaults={"active": False})
    shop.post(at("picking_all", one), **HTMX)

    for missing in (
        {"tracking": "", "carrier": "DPD"},
        {"tracking": "6A123", "carrier": ""},
        {"tracking": "6A123", "carrier": "Fermé"},
        {"tracking": "6A123", "carrier": "Le facteur"},
    ):
        assert shop.post(at("picking_ship", one), missing, **HTMX).status_code == 422
    for _ in range(2):
        answer = shop.post(
            at("picking_ship", one), {"tracking": "6A123", "carrier": "Colissimo"}, **HTMX
        )
        assert answer.status_code == 200

    one.refresh_from_db()
    assert (one.status, one.tracking) == (Fulfilment.Status.SHIPPED, "6A123")
    assert one.carrier == "Colissimo"
    assert Message.objects.filter(template="order_shipped").count() == 1


def test_the_warehouses_parcels_are_for_those_who_see_all_stores(shop):
    one = parcel(WarehouseFactory(name="Entrepôt"))
    office = shop.sign_in(StaffFactory(all_stores=True), TillFactory(store=shop.store, number=9))

    assert one.order.number not in shop.get(LIST, {"by": "order"}).content.decode()
    assert shop.post(at("picking_all", one)).status_code == 404
    page = office.get(LIST, {"by": "order", "place": one.location.code}).content.decode()
    assert one.order.number in page
