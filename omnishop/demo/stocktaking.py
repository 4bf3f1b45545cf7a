"""Shelves, goods that cannot be sold, and counts: one handed in with differences, two under way."""

from datetime import datetime

from django.db import connection

from inventory.models import CountLine, StockCount, StockLevel
from inventory.services import change_status, counts
from omnishop.demo import signins
from omnishop.demo.days import Days
from omnishop.demo.house import House

# Days ago, where, how many units, in which status, why.
PUT_ASIDE = (
    (9, "LYO", 1, "damaged", "Fermeture déchirée"),
    (9, "LYO", 1, "display", "Vitrine"),
    (6, "LYO", 2, "inspection", "Retour à contrôler"),
    (5, "ANC", 1, "damaged", "Emballage ouvert"),
    (4, "PAR", 1, "display", "Mannequin"),
)
FOUND = (0, -1, 0, 2, 0, 0, -2, 0, 0, 0, 1, 0)  # differences of the count that was handed in


def fill(house: House, days: Days) -> None:
    """Through the services, as staff would have done it, after closing."""
    _shelves(list(house.floors.values()))
    _put_aside(house, days)
    at, leo = days.at(1, 21, 5), f"user:{house.staff[signins.LYON].pk}"
    done = _begin(house, "LYO", len(FOUND), at, leo)
    for line, difference in zip(_lines(done), FOUND, strict=True):
        there = StockLevel.objects.get(variant=line.variant, location=done.location).on_hand
        counts.scan(
            count_id=done.pk,
            code=line.variant.sku,
            counted=max(0, there + difference),
            at=at,
            actor=leo,
        )
    counts.submit(count_id=done.pk, at=days.at(1, 21, 40), actor=leo)
    for code, hour in (("LYO", 22), ("ANC", 21)):
        login = signins.LYON if code == "LYO" else signins.ANNECY
        actor = f"user:{house.staff[login].pk}"
        count = _begin(house, code, 20, days.at(1, hour, 2), actor)
        for line in _lines(count)[3:6]:
            counts.scan(
                count_id=count.pk,
                code=line.variant.sku,
                quantity=2,
                at=days.at(1, hour, 9),
                actor=actor,
            )


def _begin(house: House, code: str, articles: int, at: datetime, actor: str) -> StockCount:
    return counts.begin(
        location_id=house.floors[code], kind="rolling", articles=articles, at=at, actor=actor
    )


def _lines(count: StockCount) -> list[CountLine]:
    return list(count.lines.select_related("variant").order_by("pk"))


def _shelves(locations: list[int]) -> None:
    """Every article of a shop has its place: a letter by category, a number by product."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE inventory_stocklevel l
               SET shelf = chr(65 + (p.category_id %% 8)::int) || (1 + p.id %% 12)
              FROM catalog_variant v JOIN catalog_product p ON p.id = v.product_id
             WHERE v.id = l.variant_id AND l.location_id = ANY(%s)
            """,
            [locations],
        )


def _put_aside(house: House, days: Days) -> None:
    for number, (ago, code, units, becomes, reason) in enumerate(PUT_ASIDE, start=1):
        level = (
            StockLevel.objects.filter(location_id=house.floors[code], available__gte=4 + units)
            .order_by("-variant__product__popularity", "pk")
            .exclude(unsellable__gt=0)[0]
        )
        change_status(
            variant_id=level.variant_id,
            location_id=level.location_id,
            quantity=units,
            was="sellable",
            becomes=becomes,
            document=f"STATUS-{number:04d}",
            reason=reason,
            at=days.at(ago, 11),
            actor=house.actor(code),
        )
