"""One sale at the till: an article leaves, another is ordered and delivered; by keyboard (T5)."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from playwright.sync_api import expect

from omnishop.channels.till.access import SESSION_KEY
from orders.models import Order
from orders.services import baskets
from tests.factories import (
    DeliveryMethodFactory,
    StaffFactory,
    StockLevelFactory,
    StoreFactory,
    TillFactory,
    VariantFactory,
    WarehouseFactory,
)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def till() -> Any:
    return TillFactory(number=1, store__name="Lyon Part-Dieu")


@pytest.fixture
def at_till(open_page: Callable[..., Any], live_server: Any, till: Any) -> Callable[..., Any]:
    """A page of an associate at the till."""
    staff = StaffFactory(stores=[till.store])
    client = Client()
    client.force_login(staff.user, backend="omnishop.network.backends.StaffBackend")
    session = client.session
    session[SESSION_KEY] = till.pk
    session.save()

    def open_one(**options: Any) -> Any:
        page = open_page(**({"width": 1440, "height": 900} | options))
        page.context.add_cookies(
            [{"name": "sessionid", "value": client.cookies["sessionid"].value,
              "url": live_server.url}]
        )  # fmt: skip
        return page

    return open_one


@pytest.fixture
def sale(till: Any) -> Any:
    """A sale of a bottle that is here and a tent that is at the warehouse and in Nantes."""
    bottle = VariantFactory(product__name="Gourde", price=1990)
    StockLevelFactory(variant=bottle, location=till.store.locations.get())
    tent = VariantFactory(product__name="Tente Aubrac", price=34900)
    StockLevelFactory(variant=tent, location=WarehouseFactory(transfer_days=2), on_hand=4)
    nantes = StoreFactory(name="Nantes", latitude=47.21, longitude=-1.55)
    StockLevelFactory(variant=tent, location=nantes.locations.get(), on_hand=1)
    DeliveryMethodFactory(price_minor=490)
    DeliveryMethodFactory(name="Express", price_minor=990, free_from_minor=None, working_days=1)
    basket = baskets.start(at=timezone.now(), channel="till", till=till)
    for variant in (bottle, tent):
        baskets.add(basket_id=basket.pk, variant_id=variant.pk, quantity=1, at=timezone.now())
    return basket


def test_an_article_leaves_and_another_is_delivered_in_one_sale_by_keyboard(
    at_till, till, sale, axe, no_sideways_scroll
):
    page = at_till()
    page.goto("/till/")
    axe(page)

    page.keyboard.press("F7")  # the last line
    page.locator("h1", has_text="Comment le client").wait_for()
    axe(page)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("#lines")).to_contain_text("Commandé, livré au client")
    page.wait_for_load_state()
    page.keyboard.press("F9")
    page.locator("#id_line1").fill("1 rue Haute")
    page.wait_for_load_state()
    page.keyboard.press("F9")
    page.locator("[data-error-summary]").wait_for()
    axe(page)
    expect(page.locator("#id_line1")).to_have_value("1 rue Haute")
    page.locator("#id_name").fill("Camille Martin")
    page.locator("#id_email").fill("camille@example.org")
    page.locator("#id_postcode").fill("69001")
    page.locator("#id_city").fill("Lyon")
    axe(page)
    no_sideways_scroll(page)
    page.keyboard.press("F9")
    expect(page.locator("#left")).to_have_text("368,90\u00a0€")
    expect(page.locator("main")).to_contain_text("Commandé, livré")
    axe(page)
    page.locator("#amount").press("Enter")
    page.locator("#no-receipt").wait_for()
    axe(page)

    order = Order.objects.get()
    assert (order.total_minor, order.status, order.channel) == (36890, "placed", "till")
    assert set(order.fulfilments.values_list("kind", "status")) == {
        ("takeaway", "handed_over"),
        ("shipment", "waiting"),
    }
    page.keyboard.press("Enter")
    expect(page.locator("#scan")).to_be_focused()
    assert page.locator("#lines").count() == 0
