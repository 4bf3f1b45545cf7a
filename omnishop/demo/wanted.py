"""What people wish for and wait for: lists, two shared, and alerts of sold-out articles."""

from datetime import timedelta
from hashlib import sha256
from random import Random

from catalog.models import Product, Variant
from customers.models import Customer, Identity
from inventory.availability import stock
from omnishop.demo import signins
from omnishop.demo.days import Days
from omnishop.network.models import Store
from orders.models import StockAlert, WishItem, WishList
from orders.services import wishes
from orders.services.alerts import WAITS, units_at

# Whose, its name, shown to visitors as, and how many articles.
LISTS = (
    (signins.CAMILLE, "Mes envies", "", 5),
    (signins.CAMILLE, "Anniversaire de Camille", "Camille", 4),
    (signins.KARIM, "Mes envies", "", 3),
    (signins.EMILY, "My wishes", "", 2),
    (signins.EMILY, "Alps 2027", "Emily", 3),
)
NOTES = ("en taille M", "pour le week-end en Chartreuse", "", "", "la bleue si possible")
CROWDS = (9, 6, 4, 3, 3, 2, 2, 1, 1, 1)  # people who wait, by article and place
CLOSED = (("told", ""), ("told", ""), ("ended", "bought"), ("ended", "stopped"))


def fill(days: Days) -> None:
    """As shoppers would have pressed in the last weeks."""
    rng = Random("wanted")
    _lists(rng, days)
    _alerts(rng, days)


def _token(name: str) -> str:
    return sha256(name.encode()).hexdigest()[:22]


def _person(email: str) -> Customer:
    return Identity.objects.select_related("customer").get(kind="email", value=email).customer


def _lists(rng: Random, days: Days) -> None:
    products = list(Product.objects.on_sale().order_by("-popularity", "slug")[:60])
    for number, (email, name, shown, count) in enumerate(LISTS):
        person, at = _person(email), days.at(30 - number * 3, 19)
        first = not WishList.objects.of(person).exists()
        made = WishList.objects.create(
            customer=person, name=name, is_default=first, shown_name=shown,
            token=_token(name) if shown else None, created_at=at, changed_at=at,
        )  # fmt: skip
        for product in rng.sample(products, count):
            chosen = product.variants.filter(active=True).order_by("position", "pk").first()
            wishes.add(
                customer=person, product_id=product.pk, list_id=made.pk, at=at,
                variant_id=chosen.pk if chosen and rng.random() < 0.7 else None,
                quantity=rng.choice((1, 1, 2)), note=rng.choice(NOTES) if shown else "",
            )  # fmt: skip
        if shown and (given := made.items.order_by("pk").first()):
            WishItem.objects.filter(pk=given.pk).update(taken=1)


def _alerts(rng: Random, days: Days) -> None:
    """Where an article really lacks, so that the first run of the worker tells nobody."""
    at = days.at(1, 12)
    variants = list(
        Variant.objects.filter(active=True, product__status=Product.Status.ACTIVE)
        .filter(items__isnull=True)
        .order_by("-product__popularity", "sku")[:150]
    )
    free = stock([variant.pk for variant in variants], at=at)
    stores: list[Store | None] = [None, *Store.objects.open_to_shoppers().order_by("code")[:4]]
    lacking = [
        (variant, store)
        for variant in variants
        for store in stores
        if not units_at(free, variant.pk, store.pk if store else None)
    ]
    people = list(
        Identity.objects.filter(kind="email", verified_at__isnull=False)
        .order_by("value")
        .values_list("customer_id", "value")[:200]
    )
    places = rng.sample(lacking, min(len(CROWDS), len(lacking)))
    written = []
    for (variant, store), crowd in zip(places, CROWDS, strict=False):
        for number, (customer_id, email) in enumerate(rng.sample(people, min(crowd, len(people)))):
            asked = days.at(rng.randint(1, 20), rng.randint(9, 21), rng.randrange(60))
            alert = StockAlert(
                token=_token(f"{variant.sku}:{store}:{email}"), variant=variant, store=store,
                customer_id=customer_id, email=email, status="waiting", asked_at=asked,
                confirmed_at=asked, expires_at=asked + WAITS,
            )  # fmt: skip
            if crowd > 5 and number < len(CLOSED):
                alert.status, alert.reason = CLOSED[number]
                alert.closed_at = asked + timedelta(hours=9)
            written.append(alert)
    StockAlert.objects.bulk_create(written)
