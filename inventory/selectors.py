"""Reads of the stock that are not an answer to a shopper (those are in `availability`)."""

from datetime import datetime
from typing import Any

from django.db.models import F, OuterRef, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from inventory.models import (
    PurchaseOrder,
    StockLevel,
    StockMovement,
    StoreLocation,
    SupplierArticle,
)


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


def lines_for_supplier(order: PurchaseOrder) -> QuerySet[Any]:
    """A purchase order's lines with their articles, each with the supplier's `reference` and what
    it costs in all, `total_minor`.
    """
    theirs = SupplierArticle.objects.filter(
        supplier_id=order.supplier_id, variant=OuterRef("variant")
    )
    return (
        order.lines.select_related("variant__product")
        .annotate(
            reference=Coalesce(Subquery(theirs.values("reference")[:1]), Value("")),
            total_minor=F("quantity") * F("cost_minor"),
        )
        .order_by("position")
    )
