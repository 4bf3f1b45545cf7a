"""Something is missing: the shopper answers by the link of the mail, once (UX E2)."""

import pytest

from inventory.models import StockLevel
from orders.models import Refund, Shortage
from orders.services import picking
from orders.services.ways import Pickup
from tests.factories import NOON, StockLevelFactory, StoreFactory, WarehouseFactory
from tests.orders.flows import paid, stocked

pytestmark = pytest.mark.django_db
HOME = {"line1": "1 rue Haute", "postcode": "69001", "city": "Lyon"}


@pytest.fixture
def missing(db):
    store = StoreFactory()
    order = paid(Pickup(store.pk), (stocked(store, on_hand=1), 1))
    picking.not_found(
        fulfilment_id=order.fulfilments.get().pk,
        line_id=order.lines.get().pk,
        quantity=1,
        actor="user:1",
        at=NOON,
    )
    return order.shortages.get()


def words(response):
    return response.content.decode().replace("\u202f", " ").replace("\u00a0", " ")


def test_only_what_can_be_had_is_offered(client, missing):
    other = StoreFactory(name="Lyon Part-Dieu")
    StockLevelFactory(variant=missing.line.variant, location=other.locations.get(), on_hand=1)

    page = words(client.get(f"/manque/{missing.token}/"))

    assert "Il nous manque un article : choisissez la suite" in page
    assert "Le retirer à Lyon Part-Dieu" in page
    assert "Le faire livrer" not in page  # no place that ships has it
    assert page.count('type="radio"') == 2


def test_the_money_back_is_asked_for_once(client, missing):
    for _each in range(2):
        answer = client.post(f"/manque/{missing.token}/", {"choice": "refund"})

    assert Refund.objects.count() == 1
    assert "Vous avez choisi" in words(answer)


def test_a_delivery_needs_an_address_and_keeps_what_was_typed(client, missing):
    StockLevelFactory(variant=missing.line.variant, location=WarehouseFactory(), on_hand=1)

    refused = client.post(
        f"/manque/{missing.token}/", {"choice": "delivery", **HOME, "postcode": ""}
    )
    assert refused.status_code == 422
    assert 'value="1 rue Haute"' in words(refused)
    assert Shortage.objects.open().exists()
    sent = client.post(f"/manque/{missing.token}/", {"choice": "delivery", **HOME})

    assert sent.status_code == 302
    assert StockLevel.objects.filter(reserved=1).count() == 1


@pytest.mark.parametrize("choice", ["", "store-999999", "store-x", "gold"])
def test_a_choice_that_does_not_exist_changes_nothing(client, missing, choice):
    answer = client.post(f"/manque/{missing.token}/", {"choice": choice})

    assert answer.status_code in (404, 422)
    assert Shortage.objects.open().exists()


def test_another_s_link_says_nothing(client, missing):
    assert client.get("/manque/AAAAAAAAAAAAAAAAAAAAAA/").status_code == 404
