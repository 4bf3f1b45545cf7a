"""Goods between places: a transfer to send, one on its way for a pick-up, a parcel of a shop, and
an article that is to be had nowhere.
"""

from datetime import datetime, timedelta

from inventory.models import StockLevel, StockLocation, Transfer
from inventory.services import transfers
from inventory.transfers import arrives_at
from omnishop.demo.recent import Recent
from orders.models import Fulfilment
from orders.services import parcels, picking
from orders.services.ways import Pickup

ASKED = (3, 1, 2)  # units of the articles that Annecy asks Lyon for
SHOP_DAYS = 2  # a shop's goods take to another


def fill(recent: Recent) -> None:
    """Through the services, as staff would have done it on the last evening."""
    _to_be_had_nowhere(recent, recent.days.at(1, 17, 40))
    floors = recent.house.floors.values()
    StockLocation.objects.filter(pk__in=floors).update(transfer_days=SHOP_DAYS)
    _annecy_asks_lyon(recent, recent.days.at(1, 18, 20))
    _a_pickup_from_elsewhere(recent, recent.days.at(1, 18, 40))
    _a_parcel_of_lyon(recent, recent.days.at(1, 21, 45))


def _to_be_had_nowhere(recent: Recent, at: datetime) -> None:
    """Lyon's last unit is not on its shelf, and no place can bring one: the shopper is asked."""
    house = recent.house
    lyon = house.floors["LYO"]
    elsewhere = StockLevel.objects.filter(
        location__transfer_days__isnull=False, available__gt=0
    ).values("variant")
    last = set(
        StockLevel.objects.filter(location=lyon, available__gt=0)
        .exclude(variant__in=elsewhere)
        .values_list("variant_id", flat=True)
    )
    article = next((one for one in recent.articles if one.pk in last), None)
    if article is None:
        return
    recent.now = at
    way = Pickup(house.stores["LYO"].pk)
    order = recent.place(way, [(article, 1)], recent.someone())
    recent.pay(order)
    picking.not_found(
        fulfilment_id=recent.pickup_of(order).pk,
        line_id=order.lines.get(kind="product").pk,
        quantity=1,
        actor=house.actor("LYO"),
        at=at + timedelta(minutes=30),
    )


def _annecy_asks_lyon(recent: Recent, at: datetime) -> None:
    house = recent.house
    source, store = house.floors["LYO"], house.stores["ANC"]
    levels = (
        StockLevel.objects.filter(location=source, available__gte=6)
        .order_by("-variant__product__popularity", "pk")
        .values_list("variant_id", flat=True)[: len(ASKED)]
    )
    transfers.request(
        [transfers.Ask(pk, units) for pk, units in zip(levels, ASKED, strict=True)],
        source_id=source,
        destination_id=house.floors["ANC"],
        expected_at=arrives_at(StockLocation.objects.get(pk=source), store, at=at),
        reason=Transfer.Reason.SHOP,
        at=at,
        actor=house.actor("ANC"),
    )


def _a_pickup_from_elsewhere(recent: Recent, at: datetime) -> None:
    """Ordered for Lyon, which has none of it: the warehouse has sent it already."""
    house = recent.house
    lacking = next(
        one
        for one in recent.articles
        if not recent.free.get((one.pk, house.floors["LYO"]))
        and not recent.free.get((one.pk, house.shared))
        and recent.free.get((one.pk, house.warehouse), 0) >= 3
    )
    here = recent.goods(house.floors["LYO"], 1)
    recent.now = at
    way = Pickup(house.stores["LYO"].pk)
    order = recent.place(way, [(lacking, 2), *here], recent.someone())
    recent.pay(order)
    for transfer in Transfer.objects.filter(lines__document=order.number).distinct():
        transfers.send(transfer_id=transfer.pk, units={}, at=at, actor=house.actor(""))


def _a_parcel_of_lyon(recent: Recent, at: datetime) -> None:
    """The warehouse's hands are full: Lyon sends one of its parcels."""
    house = recent.house
    lyon = house.floors["LYO"]
    waiting = Fulfilment.objects.filter(
        kind=Fulfilment.Kind.SHIPMENT, status=Fulfilment.Status.WAITING, confirmed=True
    )
    if waiting.filter(location=lyon).exists():
        return
    for parcel in waiting.filter(location=house.warehouse).order_by("pk"):
        if parcels.source_again(
            fulfilment_id=parcel.pk, location_id=lyon, actor=house.actor(""), at=at
        ):
            return
