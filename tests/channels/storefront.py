"""A small shop for the tests of the storefront."""

import re
from types import SimpleNamespace
from typing import Any

from django.http import HttpResponse
from django.test import Client

from catalog.models import Attribute, AttributeValue
from catalog.services import refresh_search
from orders.models import Order
from tests.factories import (
    BrandFactory,
    CategoryFactory,
    DeliveryMethodFactory,
    LegalEntityFactory,
    ProductFactory,
    StockLevelFactory,
    StoreFactory,
    VariantFactory,
    WarehouseFactory,
)


def small_shop(**kwargs: Any) -> SimpleNamespace:
    """Two stores, a warehouse, a delivery, a jacket in two sizes, a cup; stock of each."""
    entity = LegalEntityFactory()
    lyon = StoreFactory(name="Lyon Part-Dieu", slug="lyon", entity=entity)
    lille = StoreFactory(
        name="Lille Centre", slug="lille", entity=entity,
        postcode="59000", city="Lille", latitude=50.63, longitude=3.06,
    )  # fmt: skip
    warehouse = WarehouseFactory()
    shelf = CategoryFactory(name="Randonnée", slug="randonnee")
    below = CategoryFactory(name="Vestes", slug="vestes", parent=shelf)
    size = Attribute.objects.create(code="taille", name="Taille")
    m, large = (
        AttributeValue.objects.create(attribute=size, code=code, name=code.upper(), position=i)
        for i, code in enumerate(("m", "l"))
    )
    jacket = ProductFactory(
        name="Veste imperméable", slug="veste", category=below, popularity=9,
        brand=BrandFactory(name="Alpée", slug="alpee"), description="Coupe-vent et légère.",
    )  # fmt: skip
    jacket_m = VariantFactory(product=jacket, sku="VESTE-M", price=8490)
    jacket_l = VariantFactory(product=jacket, sku="VESTE-L", price=8990, position=1)
    jacket_m.options.set([m])
    jacket_l.options.set([large])
    cup = VariantFactory(
        product=ProductFactory(name="Tasse émaillée", slug="tasse", category=shelf, popularity=5),
        sku="TASSE-1", gtin="3017620422003", price=1200,
    )  # fmt: skip
    for variant, location, units in [
        (jacket_m, lyon.locations.get(), 5),
        (jacket_m, warehouse, 20),
        (jacket_l, lille.locations.get(), 2),
        (cup, lyon.locations.get(), 10),
        (cup, warehouse, 50),
    ]:
        StockLevelFactory(variant=variant, location=location, on_hand=units)
    refresh_search()
    method = DeliveryMethodFactory(name="Livraison à domicile")
    return SimpleNamespace(**locals())


def add(client: Client, variant: Any, quantity: Any = 1, **headers: str) -> Any:
    """Press "Add to basket"."""
    return client.post(
        "/panier/ajouter/",
        {"variant": getattr(variant, "pk", variant), "quantity": quantity},
        **headers,
    )


CONTACT = {"name": "Camille Martin", "email": "camille@example.org", "phone": "06 39 98 12 34"}
ADDRESS = {"line1": "3 rue Mercière", "line2": "", "postcode": "69002", "city": "Lyon"}


def to_payment(client: Client, **way: Any) -> Any:
    """Fill the steps before payment; the payment page."""
    client.post("/commander/contact/", CONTACT)
    if "store" in way:
        client.post("/commander/livraison/", {"way": "pickup"} | way)
    else:
        client.post("/commander/livraison/", {"way": "delivery"} | ADDRESS | way)
    return client.get("/commander/paiement/")


def total_on(page: HttpResponse) -> str:
    """The total that the payment page would order at."""
    found = re.search(r'name="total" value="(\d+)"', page.content.decode())
    assert found, page.content.decode()
    return found[1]


def order_now(client: Client, page: HttpResponse, **data: Any) -> Any:
    """Press the button."""
    return client.post("/commander/paiement/", {"total": total_on(page), "when": "now"} | data)


def bank(client: Client, answer: str = "accept") -> Any:
    """Answer as the bank for the newest order, and come back to the shop."""
    reference = Order.objects.order_by("-pk")[0].payments.order_by("-pk")[0].reference
    client.post(f"/paiement-test/{reference}/", {"answer": answer})
    return client.get(f"/paiement/{reference}/retour/")
