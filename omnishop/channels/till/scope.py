"""What a desk works with; another store's is not there (404)."""

from datetime import datetime

from django.db.models import Q, QuerySet

from inventory.models import StockCount, StockLocation, Transfer
from omnishop.channels.till.access import Desk
from orders.models import Basket, Fulfilment, Order, Receipt


def current_basket(desk: Desk) -> Basket | None:
    """The sale under way at this till."""
    return Basket.objects.under_way(desk.till).select_related("customer").first()


def open_baskets(desk: Desk) -> QuerySet[Basket]:
    """Sales of this till that are not finished, those put aside among them."""
    return Basket.objects.open().filter(till=desk.till).select_related("customer")


def unpaid_order(basket: Basket, desk: Desk) -> Order | None:
    """The payment that has begun for this sale here."""
    return basket.orders.filter(till=desk.till, status=Order.Status.AWAITING_PAYMENT).first()


def sales(desk: Desk) -> QuerySet[Order]:
    """Orders opened at this till, to be paid or paid."""
    return Order.objects.filter(till=desk.till).select_related("customer", "basket")


def receipts(desk: Desk) -> QuerySet[Receipt]:
    """Receipts of this store's tills."""
    return Receipt.objects.filter(till__store=desk.store).select_related(
        "order__customer", "till__store__entity"
    )


def pickups(desk: Desk) -> QuerySet[Fulfilment]:
    """Pick-ups at this store."""
    return (
        Fulfilment.objects.visible_to(desk.user)
        .filter(kind=Fulfilment.Kind.PICKUP, store=desk.store, confirmed=True)
        .select_related("order", "store")
    )


def places(desk: Desk) -> QuerySet[StockLocation]:
    """Where this desk may prepare: its store's locations; warehouses for who sees them all."""
    return (
        StockLocation.objects.visible_to(desk.user)
        .filter(Q(stores=desk.store) | Q(kind=StockLocation.Kind.WAREHOUSE), active=True)
        .distinct()
        .order_by("kind", "name")
    )


def prepared(desk: Desk) -> QuerySet[Fulfilment]:
    """Pick-ups of this store and parcels of its places, in whatever status."""
    return Fulfilment.objects.filter(
        Q(kind=Fulfilment.Kind.PICKUP, store=desk.store)
        | Q(kind=Fulfilment.Kind.SHIPMENT, location__in=places(desk).order_by().values("pk")),
        confirmed=True,
    )


def to_prepare(desk: Desk) -> QuerySet[Fulfilment]:
    """Those that are to be picked, packed or sent, oldest promise first."""
    return (
        prepared(desk)
        .filter(status__in=[Fulfilment.Status.WAITING, Fulfilment.Status.PICKED])
        .select_related("order", "store", "location")
        .order_by("promised_at", "pk")
    )


def sent(desk: Desk, since: datetime) -> QuerySet[Fulfilment]:
    """Parcels that left from here and that nobody has confirmed as delivered, latest first."""
    return (
        prepared(desk)
        .filter(
            kind=Fulfilment.Kind.SHIPMENT, status=Fulfilment.Status.SHIPPED, closed_at__gt=since
        )
        .select_related("order", "location")
        .order_by("-closed_at", "-pk")
    )


def transfers(desk: Desk) -> QuerySet[Transfer]:
    """Transfers that leave from or come to this desk's places, in whatever status."""
    here = places(desk).order_by().values("pk")
    return Transfer.objects.filter(Q(source__in=here) | Q(destination__in=here)).select_related(
        "source", "destination"
    )


def counts(desk: Desk) -> QuerySet[StockCount]:
    """Counts of this desk's places, in whatever status."""
    return StockCount.objects.visible_to(desk.user).filter(
        location__in=places(desk).order_by().values("pk")
    )
