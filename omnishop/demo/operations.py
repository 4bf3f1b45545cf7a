"""Commercial operations: a sale by new prices, offers of every kind, codes, a group with prices.

They begin when the last of the past is played: nothing sold before had them.
"""

from datetime import datetime, timedelta
from random import Random
from typing import Any

from catalog import price_changes
from catalog.models import (
    Brand,
    Category,
    Coupon,
    Operation,
    Price,
    PriceChange,
    PriceList,
    Product,
    Promotion,
    Variant,
)
from catalog.operations import ALPHABET, LENGTH
from customers.models import Customer, CustomerGroup
from omnishop.demo import signins
from omnishop.demo.days import Days
from omnishop.demo.house import House
from omnishop.network.models import Store, User

SOCKS = "chaussettes-de-marche-bouclette"
CLUBS = "clubs"
CLUB_CODES = 40
Kind = Promotion.Kind


def fill(house: House, days: Days, *, at: datetime) -> None:
    """Write them; each runs from `at` on, the days counted from the demonstration's today."""
    _socks(days, at)
    _welcome(days, at)
    _members(days, at)
    _local(days, at)
    _refund(days, at)
    _delivery(days, at)
    _bottles(days, at)
    _clubs(at)
    _sale(house, days, at)


def _operation(
    code: str,
    names: tuple[str, str],
    at: datetime,
    until: datetime,
    terms: tuple[str, str] = ("", ""),
    **kwargs: Any,
) -> Operation:
    fr, en = names
    return Operation.objects.create(
        code=code,
        name_fr=fr,
        name_en=en,
        terms_fr=terms[0],
        terms_en=terms[1],
        status=Operation.Status.APPROVED,
        starts_at=at,
        ends_at=until,
        **kwargs,
    )


def _promotion(operation: Operation, kind: str, fr: str, en: str, **fields: Any) -> Promotion:
    shelves = fields.pop("shelves", ())
    products = fields.pop("products", ())
    made = Promotion.objects.create(
        operation=operation, kind=kind, name_fr=fr, name_en=en, **fields
    )
    made.categories.set(Category.objects.filter(slug__in=shelves))
    made.products.set(Product.objects.filter(slug__in=products))
    return made


def _socks(days: Days, at: datetime) -> None:
    names = ("3 pour 2 sur les chaussettes", "3 for 2 on socks")
    terms = (
        "La moins chère des trois est offerte. Non cumulable avec une autre offre.",
        "The cheapest of three is free. Not together with another offer.",
    )
    operation = _operation("chaussettes", names, at, days.midnight(-21), terms)
    _promotion(
        operation, Kind.BUY_GET, "3 pour 2", "3 for 2", products=[SOCKS], exclusive=True,
        buy_units=2, get_units=1, percent_bp=10_000,
    )  # fmt: skip


def _welcome(days: Days, at: datetime) -> None:
    names = ("Bienvenue", "Welcome")
    terms = (
        "Pour une première commande, une fois par personne, hors articles déjà baissés.",
        "For a first order, once per person, not on articles already reduced.",
    )
    operation = _operation("bienvenue", names, at, days.midnight(-180), terms)
    promotion = _promotion(
        operation, Kind.PERCENT, "Bienvenue −10 %", "Welcome −10%", percent_bp=1000,
        first_order=True, by_coupon=True, except_cut=True,
    )  # fmt: skip
    Coupon.objects.create(promotion=promotion, code="BIENVENUE10", uses_each=1)


def _members(days: Days, at: datetime) -> None:
    names = ("Prix membres", "Member prices")
    operation = _operation("membres", names, at, days.midnight(-60))
    _promotion(
        operation, Kind.PERCENT, "Membres : lampes −15 %", "Members: lights −15%", percent_bp=1500,
        members=True, shelves=["lampes"], stacking_group="lampes",
    )  # fmt: skip


def _local(days: Days, at: datetime) -> None:
    names = ("Lyon et Annecy fêtent la montagne", "Lyon and Annecy celebrate the mountains")
    operation = _operation(
        "lyon-annecy", names, at, days.midnight(-14),
        ("Dans ces deux magasins seulement.", "In these two stores only."),
        channels=["till"],
    )  # fmt: skip
    operation.stores.set(Store.objects.filter(code__in=["LYO", "ANC"]))
    _promotion(
        operation, Kind.PERCENT, "Montagne −20 %", "Mountains −20%", percent_bp=2000,
        shelves=["montagne"], except_cut=True,
    )  # fmt: skip


def _refund(days: Days, at: datetime) -> None:
    names = ("Tentes : 20 € remboursés", "Tents: €20 back")
    terms = (
        "À demander sur la page de la commande, avec un IBAN, sous 30 jours.",
        "To ask for on the order’s page, with an IBAN, within 30 days.",
    )
    operation = _operation("tentes", names, at, days.midnight(-45), terms)
    _promotion(
        operation, Kind.REFUND, "20 € remboursés", "€20 back", amount_minor=2000, claim_days=30,
        shelves=["tentes"], min_minor=10_000,
    )  # fmt: skip


def _delivery(days: Days, at: datetime) -> None:
    names = ("Livraison offerte cette semaine", "Free delivery this week")
    operation = _operation("livraison", names, at, days.midnight(-7))
    _promotion(
        operation, Kind.FREE_DELIVERY, "Livraison offerte dès 40 €", "Free delivery from €40",
        min_minor=4000,
    )  # fmt: skip


def _bottles(days: Days, at: datetime) -> None:
    names = ("Plus de gourdes, moins cher", "The more bottles, the cheaper")
    operation = _operation("gourdes", names, at, days.midnight(-30))
    _promotion(
        operation, Kind.TIERED, "Gourdes : −10 % dès 2, −20 % dès 3",
        "Bottles: −10% from 2, −20% from 3", tiers=[[2, 1000], [3, 2000]], shelves=["gourdes"],
    )  # fmt: skip


def _clubs(at: datetime) -> None:
    """A group with prices of its own on one brand, some members, and codes for one use each."""
    CustomerGroup.objects.create(code=CLUBS, name="Clubs et associations")
    group = CustomerGroup.objects.get(code=CLUBS)
    group.customers.set(Customer.objects.filter(merged_into=None).order_by("pk")[:12])
    prices = PriceList.objects.create(code="clubs", name="Clubs et associations", group=CLUBS)
    brand = Brand.objects.order_by("slug").first()
    chosen = Variant.objects.filter(product__brand=brand).order_by("pk")
    public = {
        price.variant_id: price.amount_minor
        for price in Price.objects.at(at).filter(variant__in=chosen, price_list__group="")
    }
    Price.objects.bulk_create(
        Price(variant_id=pk, price_list=prices, amount_minor=amount * 88 // 100, valid_from=at)
        for pk, amount in public.items()
    )
    operation = _operation(
        "clubs", ("Clubs : bon de rentrée", "Clubs: voucher"), at, at + timedelta(days=120)
    )
    promotion = _promotion(
        operation, Kind.AMOUNT, "Bon club 10 €", "Club voucher €10", amount_minor=1000,
        min_minor=5000, by_coupon=True,
    )  # fmt: skip
    rng = Random("codes")
    Coupon.objects.bulk_create(
        Coupon(
            promotion=promotion, uses=1, uses_each=1,
            code="CLUB-" + "".join(rng.choice(ALPHABET) for _n in range(LENGTH)),
        )
        for _n in range(CLUB_CODES)
    )  # fmt: skip


def _sale(house: House, days: Days, at: datetime) -> None:
    """Two shelves cheaper for three weeks: new prices, approved by a second person."""
    names = ("Les bons jours", "The good days")
    operation = _operation("bons-jours", names, at, days.midnight(-21))
    change = PriceChange.objects.create(
        name="Les bons jours −15 %",
        operation=operation,
        price_list=house.prices,
        kind=PriceChange.Kind.PERCENT,
        percent_bp=1500,
        ending=90,
        starts_at=at,
        ends_at=days.midnight(-21),
        created_by=User.objects.get(email=signins.HEAD_OFFICE),
    )
    change.categories.set(Category.objects.filter(slug__in=["natation", "bagagerie-velo"]))
    price_changes.submit(change_id=change.pk)
    price_changes.approve(change_id=change.pk, by=User.objects.get(email=signins.ADMIN), at=at)
