"""The shop floor on a phone: pick, not found, from elsewhere, hand over; send and receive."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from playwright.sync_api import expect

from inventory.models import StockLevel, StockLocation, Transfer
from inventory.services import transfers
from omnishop.channels.till.access import SESSION_KEY
from orders.models import Fulfilment
from orders.services.ways import Delivery, Pickup
from tests.factories import (
    DeliveryMethodFactory,
    StaffFactory,
    StockLevelFactory,
    StoreFactory,
    TillFactory,
    VariantFactory,
    WarehouseFactory,
)
from tests.orders.flows import HOME, paid

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def lyon() -> Any:
    """Open every day: what a closed shop cannot do depends on the day this runs."""
    hours = "Mo-Su 00:00-23:59"
    return TillFactory(number=1, store__name="Lyon", store__opening_hours=hours)


@pytest.fixture
def at_work(open_page: Callable[..., Any], live_server: Any) -> Callable[..., Any]:
    """A phone of somebody who works at a till's shop."""

    def open_one(till: Any, **options: Any) -> Any:
        client = Client()
        user = StaffFactory(stores=[till.store]).user
        client.force_login(user, backend="omnishop.network.backends.StaffBackend")
        session = client.session
        session[SESSION_KEY] = till.pk
        session.save()
        page = open_page(**({"width": 390, "height": 844, "phone": True} | options))
        page.context.add_cookies(
            [{"name": "sessionid", "value": session.session_key, "url": live_server.url}]
        )
        return page

    return open_one


def scan(page: Any, code: str) -> None:
    """As a scanner types: fast, whatever has focus."""
    page.evaluate(
        """(keys) => keys.forEach((key) => {
          const how = { key, code: `Digit${key}`, bubbles: true, cancelable: true }
          const target = document.activeElement ?? document.body
          target.dispatchEvent(new KeyboardEvent('keydown', how))
        })""",
        [*code, "Enter"],
    )


def on_shelf(place: Any, name: str, gtin: str, *, on_hand: int, shelf: str = "") -> Any:
    variant = VariantFactory(gtin=gtin, product__name=name)
    level = StockLevelFactory(variant=variant, location=place, on_hand=on_hand)
    StockLevel.objects.filter(pk=level.pk).update(shelf=shelf)
    return variant


JACKET, LAMP = "3017620422003", "4006381333931"


def test_pick_not_found_from_elsewhere_and_hand_over(at_work, axe, no_sideways_scroll, lyon):
    place = lyon.store.locations.get()
    StockLocation.objects.filter(pk=place.pk).update(ships=True)
    jacket = on_shelf(place, "Veste bleue", JACKET, on_hand=2, shelf="B4")
    lamp = on_shelf(place, "Lampe", LAMP, on_hand=2, shelf="A1")
    warehouse = WarehouseFactory(name="Entrepôt", priority=200)
    StockLevelFactory(variant=lamp, location=warehouse)
    at = timezone.now()
    one = paid(Pickup(lyon.store.pk), (jacket, 1), (lamp, 1), at=at).fulfilments.get()
    parcel = paid(Delivery(DeliveryMethodFactory().pk, HOME), (jacket, 1), at=at).fulfilments.get()
    StockLevelFactory(variant=jacket, location=warehouse)

    page = at_work(lyon)
    page.goto("/till/picking/?by=order")
    axe(page)
    no_sideways_scroll(page)
    order = page.locator(f"#order-{one.pk}")
    order.get_by_role("button", name="Prendre").click()
    expect(order).to_contain_text("à vous jusqu’à")
    scan(page, JACKET)
    expect(page.locator("#picking")).to_contain_text("Veste bleue pour")
    lost = order.locator("details", has_text="Introuvable")
    lost.locator("summary").click()
    lost.get_by_role("button", name="Signaler introuvable").click()
    expect(page.locator("#picking")).to_contain_text("choisit la suite")
    order.get_by_label("Attend sur l’étagère").fill("R12")
    order.get_by_role("button", name="prévenir le client").click()
    expect(page.locator("#picking")).to_contain_text("est prête")
    assert one.order.shortages.open().get().quantity == 1

    sent = page.locator(f"#order-{parcel.pk}")
    sent.locator("summary", has_text="Envoyer d’ailleurs").click()
    sent.get_by_role("button", name="Déplacer le colis").click()
    expect(page.locator("#picking")).to_contain_text("part maintenant de")
    assert parcel.order.fulfilments.open().get().location == warehouse

    page.goto(f"/till/pickup/{one.pk}/")
    expect(page.locator("#waits-at")).to_have_text("R12")
    axe(page)
    page.locator("#code").fill("000000" if one.code != "000000" else "111111")
    page.get_by_role("button", name="Remettre").first.click()
    expect(page.locator("#refusal")).to_contain_text("4")
    page.locator("#code").fill(one.code)
    page.get_by_role("button", name="Remettre").first.click()
    expect(page.locator("main")).to_contain_text("est remise")
    one.refresh_from_db()
    assert one.status == Fulfilment.Status.HANDED_OVER


def test_send_and_receive_a_transfer_with_a_difference(at_work, axe, no_sideways_scroll, lyon):
    annecy = TillFactory(number=1, store=StoreFactory(name="Annecy"))
    source, destination = lyon.store.locations.get(), annecy.store.locations.get()
    jacket = on_shelf(source, "Veste bleue", JACKET, on_hand=5, shelf="B4")
    lamp = on_shelf(source, "Lampe", LAMP, on_hand=5, shelf="A1")
    one = transfers.request(
        [transfers.Ask(jacket.pk, 3), transfers.Ask(lamp.pk, 1)],
        source_id=source.pk, destination_id=destination.pk, expected_at=timezone.now(),
        reason=Transfer.Reason.SHOP, at=timezone.now(), actor="user:0",
    )  # fmt: skip

    page = at_work(lyon)
    page.goto("/till/transfers/")
    axe(page)
    page.get_by_role("link", name="Annecy").click()
    axe(page)
    for number in (1, 2):
        scan(page, JACKET)
        expect(page.locator("#tally-said")).to_contain_text(f"{number} sur 3")
    scan(page, "4000000000000")
    expect(page.locator("#tally-said")).to_contain_text("pas dans ce transfert")
    scan(page, LAMP)
    expect(page.locator("#tally-said")).to_contain_text("1 sur 1")
    scan(page, LAMP)
    expect(page.locator("#tally-said")).to_contain_text("plus que prévu")
    page.reload()
    expect(page.locator("#units-1")).to_have_value("2")
    page.set_viewport_size({"width": 320, "height": 640})
    no_sideways_scroll(page)
    page.get_by_role("button", name="Ça part").click()
    expect(page.locator("#confirm-title")).to_contain_text("1 unité introuvable")
    axe(page)
    page.get_by_role("button", name="Oui, envoyer sans").click()
    expect(page.locator("main")).to_contain_text("est parti avec 3 unités")

    there = at_work(annecy)
    there.goto(f"/till/transfers/{one.pk}/")
    there.get_by_role("button", name="Tout est arrivé").click()
    there.get_by_role("button", name="moins").first.click()
    there.get_by_role("button", name="Recevoir").click()
    expect(there.locator("#confirm-title")).to_contain_text("1 unité n’est pas arrivée")
    there.get_by_role("button", name="Oui, recevoir sans").click()
    expect(there.locator("main")).to_contain_text("1 unité sur 3")
    axe(there)
    assert Transfer.objects.get().status == "received"
    assert sum(one.lines.values_list("received", flat=True)) == 2


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
def test_the_board_is_clean_and_fits(at_work, axe, lyon, scheme, width):
    place = lyon.store.locations.get()
    on_shelf(place, "Veste bleue", JACKET, on_hand=1)
    transfers.request(
        [transfers.Ask(StockLevel.objects.get().variant_id, 1)],
        source_id=place.pk, destination_id=StoreFactory().locations.get().pk,
        expected_at="2026-01-05T10:00Z", at="2026-01-04T10:00Z", actor="user:0",
        reason=Transfer.Reason.SHOP,
    )  # fmt: skip
    page = at_work(lyon, width=width, height=900, phone=False, color_scheme=scheme)
    page.goto("/admin/exceptions/")
    page.wait_for_function("!document.documentElement.hasAttribute('x-cloak')")
    expect(page.locator("#transfers")).to_contain_text("T-")
    axe(page)
    assert page.evaluate("document.scrollingElement.scrollWidth") <= width
