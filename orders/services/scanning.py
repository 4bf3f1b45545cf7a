"""A scan at a till: the act that a shop does most."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db import transaction
from django.db.models import OuterRef, Subquery
from django.utils.translation import gettext as _

from catalog import selectors as catalog
from catalog.gs1 import Unreadable
from omnishop.kernel.errors import NotFound, Refusal
from omnishop.kernel.templatetags.omnishop import money
from omnishop.network.models import Till
from orders import selectors
from orders.books import book_of
from orders.models import Basket, BasketLine
from orders.selectors import BasketView, SaleRow
from orders.services import baskets


@dataclass(frozen=True, slots=True)
class Scanned:
    """The sale after a scan, and the article that was scanned."""

    view: BasketView[SaleRow]
    variant_id: int


class Weighed(Refusal):
    """A scanned label carries a weight or a price of its own, which a sale cannot take yet."""

    code = "weighed"


def _refuse_weighed(code: str) -> None:
    """Say what the label of a scale says, rather than sell a piece at the article's price."""
    try:
        label = catalog.label(code)
    except Unreadable as error:
        raise Weighed(_("This label was read badly: scan it again.")) from error
    if label is None:
        return
    if label.price_minor is not None:
        raise Weighed(
            _(
                "This label says %(price)s. The till does not price by weight yet: "
                "add the article by its SKU and set this price as a discount."
            )
            % {"price": money(label.price_minor)},
            price_minor=label.price_minor,
        )
    raise Weighed(
        _(
            "This label says %(weight)s g. The till does not price by weight yet: "
            "add the article by its SKU."
        )
        % {"weight": label.weight_g},
        weight_g=label.weight_g,
    )


@transaction.atomic
def scan(*, till: Till, code: str, at: datetime) -> Scanned:
    """Put a unit of a scanned SKU or GTIN into the sale under way at the till, or begin one.

    Three statements for a sale of any length (DESIGN 6): lock the sale and find the article, price
    all of it, write the line and read the sale back with its stock. Raises NotFound for an unknown
    code, NotSold for an article that is not on sale here, Weighed for the label of a scale, Refusal
    while the sale is being paid.
    """
    known_articles = BasketLine.objects.filter(basket=OuterRef("pk")).values("variant_id")
    basket = (
        Basket.objects.under_way(till)
        .select_for_update(of=("self",))
        .annotate(
            scanned=Subquery(catalog.coded(code).values("pk")[:1]),
            known=ArraySubquery(known_articles),
        )
        .first()
    )
    if basket:
        variant_id: int | None = basket.scanned  # type: ignore[attr-defined]  # annotated above
        known: list[int] = basket.known  # type: ignore[attr-defined]  # annotated above
    else:
        variant_id, known = catalog.coded(code).values_list("pk", flat=True).first(), []
    if variant_id is None:
        raise NotFound(_("No article has the code %(code)s.") % {"code": code[:40]})
    _refuse_weighed(code)
    basket = basket or baskets.start(at=at, channel="till", till=till)
    book = book_of(basket, [*known, variant_id], at=at)
    if any(bundle.variant_id == variant_id for bundle in book.sets):
        baskets.add(basket_id=basket.pk, variant_id=variant_id, quantity=1, at=at)
        return Scanned(selectors.sale_view(basket, at=at), variant_id)
    values = baskets.put_values(
        basket, variant_id=variant_id, quantity=1, price=book.prices.get(variant_id), at=at
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
    return Scanned(selectors.sale_of(basket, lines, book), variant_id)
