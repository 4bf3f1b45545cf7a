"""Suppliers, what was ordered from them lately, and what the figures propose to order."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from random import Random

from inventory.models import PurchaseOrder, StockLocation, Supplier, SupplierArticle
from inventory.services import proposals, purchasing
from inventory.services.purchasing import Item
from omnishop.demo.days import Days
from omnishop.demo.house import House
from omnishop.demo.rows import write
from omnishop.demo.shelves import Article

SUPPLIERS = (  # code, name, e-mail, days to deliver, their spread
    ("alpes-montagne", "Alpes Montagne Distribution", "commandes@alpes-montagne.example", 6, 1),
    ("nordic-outdoor", "Nordic Outdoor", "orders@nordic-outdoor.example", 14, 4),
    ("maison-de-gros", "Maison lyonnaise de gros", "achats@maison-de-gros.example", 3, 1),
)
PACKS = (1, 1, 2, 4, 6)
UNITS = 12  # of each article on the demonstration's orders
Offer = Sequence[Article]


class Purchases:
    """Orders in each status; the buyer works in Annecy."""

    def __init__(self, house: House, days: Days, articles: Offer) -> None:
        self.house, self.days = house, days
        self.actor = house.actor("ANC")
        made = Supplier.objects.bulk_create(
            Supplier(code=code, name=name, email=email, lead_days=lead, lead_days_spread=spread)
            for code, name, email, lead, spread in SUPPLIERS
        )
        self.alps, self.nordic, self.wholesale = made
        self.offers = _offers(made, articles)

    def fill(self) -> None:
        """One partly received, one awaited next week, one late, one draft, one with differences;
        then today's proposals.
        """
        house = self.house
        partly = self._ordered(self.alps, house.warehouse, slice(0, 6), ago=9, lead=7)
        chosen = self.offers[self.alps.pk][:6]
        arrived = {article.pk: UNITS for article in chosen[:4]} | {chosen[1].pk: UNITS - 4}
        self._receive(partly, arrived, ago=2)
        self._ordered(self.nordic, house.warehouse, slice(0, 5), ago=9, lead=14)
        self._ordered(self.wholesale, house.floors["LYO"], slice(4, 9), ago=6, lead=5)
        self._written(self.alps, house.floors["GRE"], slice(6, 9), ago=1)
        other = self._ordered(self.wholesale, house.floors["ANC"], slice(0, 4), ago=5, lead=3)
        chosen = self.offers[self.wholesale.pk][:4]
        arrived = dict.fromkeys((article.pk for article in chosen), UNITS)
        arrived |= {chosen[0].pk: UNITS + 1, chosen[1].pk: UNITS - 2}
        self._receive(other, arrived, ago=1, damaged={chosen[2].pk: 1})
        purchasing.close(order_id=other.pk, at=self.days.at(1, 10), actor=self.actor)
        for location in StockLocation.objects.order_by("pk"):
            proposals.propose(location_id=location.pk, at=self.days.at(0, 3))

    def _written(
        self, supplier: Supplier, location: int, part: slice, *, ago: int
    ) -> PurchaseOrder:
        return purchasing.write(
            supplier_id=supplier.pk,
            location_id=location,
            items=[Item(article.pk, UNITS) for article in self.offers[supplier.pk][part]],
            at=self.days.at(ago, 8),
            actor=self.actor,
        )

    def _ordered(
        self, supplier: Supplier, location: int, part: slice, *, ago: int, lead: int
    ) -> PurchaseOrder:
        return purchasing.order(
            order_id=self._written(supplier, location, part, ago=ago).pk,
            expected_on=self.days.today - timedelta(days=ago - lead),
            at=self.days.at(ago, 9),
            actor=self.actor,
        )

    def _receive(
        self,
        order: PurchaseOrder,
        units: Mapping[int, int],
        *,
        ago: int,
        damaged: Mapping[int, int] | None = None,
    ) -> None:
        purchasing.receive(
            order_id=order.pk,
            delivery=1,
            units=units,
            damaged=damaged,
            at=self.days.at(ago, 9),
            actor=self.actor,
        )


def _offers(suppliers: Sequence[Supplier], articles: Offer) -> dict[int, list[Article]]:
    """Every article has a usual supplier, by its shelf, at about half of its price."""
    rng = Random("purchasing")
    shelves = sorted({article.shelf for article in articles})
    offers: dict[int, list[Article]] = {supplier.pk: [] for supplier in suppliers}
    rows = []
    for number, article in enumerate(articles, start=1):
        supplier = suppliers[shelves.index(article.shelf) % len(suppliers)]
        offers[supplier.pk].append(article)
        net = article.price * 10_000 // (10_000 + article.tax_bp)
        rows.append(
            {
                "supplier_id": supplier.pk,
                "variant_id": article.pk,
                "reference": f"{supplier.code[:2].upper()}{number:06d}",
                "cost_minor": net * rng.randint(42, 58) // 100,
                "pack": rng.choice(PACKS) if article.price < 15_000 else 1,
                "preferred": True,
            }
        )
    write(SupplierArticle, rows)
    return offers
