"""A scan at a till: the act that a shop does most."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db import transaction
from django.db.models import OuterRef, Subquery
from django.utils.translation import gettext as _

from catalog import selectors as catalog
from catalog.gs1 import Label, Unreadable
from omnishop.kernel.errors import NotFound, Refusal
from omnishop.network.models import Till
from orders import selectors
from orders.books import book_of
from orders.models import Basket, BasketLine
from orders.selectors import BasketView, SaleRow
from orders.services import baskets


@dataclass(frozen=True, slots=True)
class Scanned:
    """The sale after a scan, and the article that was scanned, with the label of its pack."""

    view: BasketView[SaleRow]
    variant_id: int
    label: str = ""


class Weighed(Refusal):
    """The label of a scale cannot be sold as it was read."""

    code = "weighed"


def _label(code: str, scale: dict[str, Any] | None) -> Label | None:
    """What the label of a scale says; None for other codes. What was read badly is never sold."""
    try:
        label = catalog.labelled(code, scale)
    except Unreadable as error:
        raise Weighed(_("This label was read badly: scan it again.")) from error
    if label and not label.price_minor and not label.weight_g:
        raise Weighed(_("This label has neither a price nor a weight: have it printed again."))
    return label


@transaction.atomic
def scan(*, till: Till, code: str, at: datetime) -> Scanned:
    """Put a unit of a scanned SKU or GTIN into the sale under way at the till, or begin one; or a
    pack that the shop's scale has labelled (STD-1).

    Three statements for a sale of any length (DESIGN 6): lock the sale and find the article, price
    all of it, write the line and read the sale back with its stock. Raises NotFound for an unknown
    code, NotSold for an article that is not on sale here, Weighed for a label that cannot be sold,
    Refusal while the sale is being paid.
    """
    known_articles = BasketLine.objects.filter(basket=OuterRef("pk")).values("variant_id")
    basket = (
        Basket.objects.under_way(till)
        .select_for_update(of=("self",))
        .annotate(
            scanned=Subquery(catalog.scanned(code)[:1]),
            known=ArraySubquery(known_articles),
        )
        .first()
    )
    if basket:
        found: dict[str, Any] | None = basket.scanned  # type: ignore[attr-defined]  # annotated above
        known: list[int] = basket.known  # type: ignore[attr-defined]  # annotated above
    else:
        found, known = catalog.scanned(code).first(), []
    if found is None:
        raise NotFound(_("No article has the code %(code)s.") % {"code": code[:40]})
    variant_id: int = found["variant"]
    label = _label(code, found["scale"])
    basket = basket or baskets.start(at=at, channel="till", till=till)
    book = book_of(basket, [*known, variant_id], at=at)
    is_set = any(bundle.variant_id == variant_id for bundle in book.sets)
    if is_set and label:
        raise Weighed(_("A set of articles is not sold by the label of a scale."))
    if is_set:
        baskets.add(basket_id=basket.pk, variant_id=variant_id, quantity=1, at=at)
        return Scanned(selectors.sale_view(basket, at=at), variant_id)
    pack = {
        "pack_minor": label.price_minor if label else None,
        "pack_g": label.weight_g if label else None,
    }
    price = book.unit(variant_id, **pack)
    if price is None and label and variant_id in book:
        raise Weighed(
            _(
                "This label says %(weight)s g, and the article is not priced by the kilogram: "
                "its content must be 1,000 g. Add it by its SKU."
            )
            % {"weight": label.weight_g},
            weight_g=label.weight_g,
        )
    digits = code.strip() if label else ""
    values = baskets.put_values(
        basket,
        variant_id=variant_id,
        quantity=1,
        price=price,
        at=at,
        label=digits,
        **pack,
    )
    lines: list[Any] = list(
        BasketLine.objects.raw(
            f"""
            WITH {baskets.PUT}, lines AS (
              SELECT *, true AS is_new FROM put
               UNION ALL
              SELECT *, false FROM orders_basketline
               WHERE basket_id = %(basket)s AND id NOT IN (SELECT id FROM put))
            {selectors.sale_sql("lines")}""",  # noqa: S608  constants of ours
            values | {"store": basket.store_id},
        )
    )
    if not any(line.is_new for line in lines):
        baskets.refuse_put(basket.pk)
    if {line.variant_id for line in lines} - {*known, variant_id}:
        # Another tab wrote them while this one waited for the lock.
        book = book_of(basket, [line.variant_id for line in lines], at=at)
    return Scanned(selectors.sale_of(basket, lines, book), variant_id, digits)
