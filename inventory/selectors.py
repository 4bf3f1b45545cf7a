"""Reads of the stock that are not an answer to a shopper (those are in `availability`)."""

from datetime import datetime

from django.db.models import Sum

from inventory.models import StockLevel, StockMovement, StoreLocation


def store_location(store_id: int, *, returns: bool = False) -> int:
    """The first location of a store: where its tills sell from, or its returns go to."""
    places = StoreLocation.objects.filter(store_id=store_id, location__active=True)
    if returns:
        places = places.order_by("-location__receives_returns", "rank")
    else:
        places = places.order_by("rank")
    return places.values_list("location_id", flat=True)[0]


def on_hand_at(*, variant_id: int, location_id: int, at: datetime) -> int:
    """Units that were on hand at a location at an instant, as the ledger says."""
    now = StockLevel.objects.filter(variant=variant_id, location=location_id).values_list(
        "on_hand", flat=True
    )
    since = StockMovement.objects.filter(
        variant=variant_id, location=location_id, at__gt=at
    ).aggregate(units=Sum("delta", default=0))
    return (now.first() or 0) - int(since["units"])
