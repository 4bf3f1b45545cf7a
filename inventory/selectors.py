"""Reads of the stock that are not an answer to a shopper (those are in `availability`)."""

from typing import Any

from django.db.models import F, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from inventory.models import (
    PurchaseOrder,
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
