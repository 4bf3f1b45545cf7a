"""How an order reaches the shopper, collected or brought home, and where its goods come from."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from catalog import selectors as catalog
from catalog.pricing import DeliveryPrice
from inventory.availability import Answer, Status, Way, stock
from inventory.errors import InsufficientStock, Missing
from omnishop.kernel.errors import Invalid, NotFound
from omnishop.network.models import Store
from omnishop.network.places import point_of_postcode
from orders import offers
from orders.models import DeliveryMethod
from orders.sourcing import Wanted, units_of

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations


@dataclass(frozen=True, slots=True)
class Pickup:
    """Collected at a store; no address is needed (UX C3)."""

    store_id: int
    collector: str = ""


@dataclass(frozen=True, slots=True)
class Delivery:
    """Brought home."""

    method_id: int
    address: dict[str, str] = field(default_factory=dict)  # line1, line2, postcode, city


def pickup_store(way: Pickup | Delivery) -> "WithAnnotations[Store, offers.Queue] | None":
    """The store of a pick-up with its queue, None for a delivery. Raises NotFound."""
    if isinstance(way, Delivery):
        return None
    store = offers.stores_with_queue().filter(pk=way.store_id).select_related("entity").first()
    if store is None:
        raise NotFound(_("This store does not offer pick-up. Choose another."))
    return store


def source(
    wanted: list[Wanted], way: Pickup | Delivery, store: Store | None, *, at: datetime
) -> offers.Sourced:
    """From where the goods are taken. Raises InsufficientStock naming what is missing."""
    if store:
        sourced = offers.for_store(wanted, store, at=at)
    else:
        near = point_of_postcode(way.address["postcode"]) if isinstance(way, Delivery) else None
        sourced = offers.for_delivery(wanted, at=at, near=near)
    if sourced is None:
        raise _insufficient(wanted, store, at=at)
    return sourced


def delivery_of(
    way: Pickup | Delivery, *, at: datetime
) -> tuple[DeliveryMethod | None, DeliveryPrice | None]:
    """The delivery asked for and what it costs; nothing for a pick-up."""
    if isinstance(way, Pickup):
        return None, None
    method = (
        DeliveryMethod.objects.filter(pk=way.method_id, active=True)
        .annotate(tax_bp=catalog.tax_rate_of("tax_category", at=at))
        .filter(tax_bp__isnull=False)
        .first()
    )
    if method is None:
        raise NotFound(_("This delivery is no longer offered. Choose another."))
    for name, label in (
        ("line1", _("the street")),
        ("postcode", _("the postcode")),
        ("city", _("the town")),
    ):
        if not way.address.get(name, "").strip():
            raise Invalid(_("The delivery address lacks %(part)s.") % {"part": label})
    price = DeliveryPrice(
        name=method.name,
        amount_minor=method.price_minor,
        tax_bp=method.tax_bp,
        free_from_minor=method.free_from_minor,
    )
    return method, price


def _insufficient(wanted: list[Wanted], store: Store | None, *, at: datetime) -> InsufficientStock:
    units = units_of(wanted)
    way = Way.PICKUP if store else Way.DELIVERY
    return lacking(stock(units, at=at).answer(units, way, store_id=store.pk if store else None))


def lacking(answer: Answer) -> InsufficientStock:
    """The refusal of what a place cannot give."""
    return InsufficientStock(
        [
            Missing(line.variant_id, line.wanted, line.now)
            for line in answer.lines
            if line.status not in (Status.NOW, Status.LATER)
        ]
    )
