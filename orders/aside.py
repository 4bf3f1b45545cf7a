"""Reads of what a person left in earlier baskets: proposed, or kept for later (UX B4)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from customers.models import Customer
from customers.selectors import records
from orders.models import Basket, BasketLine
from orders.selectors import BasketRow, priced_rows

UNDO_FOR = timedelta(hours=1)  # after the choice

Status = Basket.Status


@dataclass(frozen=True, slots=True)
class AsideRow:
    """An article of an earlier basket, beside what the basket being filled has of it."""

    row: BasketRow
    in_basket: int  # units

    @property
    def units(self) -> int:
        """What the basket would have of it: the larger of both, no more than there is."""
        return max(self.in_basket, min(self.row.line.quantity, self.row.most))

    @property
    def can_join(self) -> bool:
        return self.row.priced is not None and self.units > 0

    @property
    def fewer(self) -> bool:
        """Whether there is less of it now than was left."""
        return self.row.line.quantity > max(self.row.most, self.in_basket)


@dataclass(frozen=True, slots=True)
class Aside:
    """What the basket page shows beside the basket."""

    proposed: tuple[AsideRow, ...] = ()
    later: tuple[AsideRow, ...] = ()
    left_at: datetime | None = None  # when the proposed basket was last changed
    joined: int | None = None  # articles the last choice added; None: nothing to undo

    @property
    def can_join(self) -> bool:
        """Whether anything of the proposal can be had."""
        return any(row.can_join for row in self.proposed)


def earlier(customer: Customer, *statuses: str) -> QuerySet[Basket]:
    """The person's baskets of the site that lie aside."""
    return Basket.objects.filter(
        customer__in=records(customer.pk), channel="web", status__in=statuses
    )


def left_lines(baskets: Iterable[Basket]) -> QuerySet[BasketLine]:
    """What of these baskets has joined no other; an article in several once, its larger line."""
    lines = BasketLine.objects.filter(basket__in=list(baskets), units_before__isnull=True)
    largest = lines.order_by("variant_id", "-quantity", "pk").distinct("variant_id")
    return BasketLine.objects.filter(pk__in=largest.values("pk"))


def aside_rows(
    baskets: Iterable[Basket], *, basket: Basket | None, at: datetime
) -> tuple[AsideRow, ...]:
    """The articles left in earlier baskets beside those of the basket being filled."""
    nobodys = Basket(store_id=basket.store_id if basket else None)  # without a person's offers
    rows, _sum = priced_rows(nobodys, left_lines(baskets), at=at)
    held = dict(basket.lines.values_list("variant_id", "quantity")) if basket else {}
    return tuple(AsideRow(row, held.get(row.line.variant_id, 0)) for row in rows)


def undoable(basket: Basket, *, at: datetime) -> Q:
    """Baskets of which a choice made a while ago can be taken back."""
    return Q(merged_into=basket, decided_at__gt=at - UNDO_FOR)


def aside(*, customer: Customer, basket: Basket | None, at: datetime) -> Aside:
    """What lies aside for the person. One statement where there is nothing, else at most 18."""
    wanted = Q(status__in=[Status.PROPOSED, Status.LATER])
    if basket:
        wanted |= undoable(basket, at=at)
    own = Basket.objects.filter(customer__in=records(customer.pk), channel="web")
    found = list(own.filter(wanted))
    proposed = [one for one in found if one.status == Status.PROPOSED]
    later = [one for one in found if one.status == Status.LATER]
    joined = None
    if basket and (decided := [one for one in found if one.merged_into_id == basket.pk]):
        joined = BasketLine.objects.filter(basket__in=decided, units_before__isnull=False).count()
    return Aside(
        proposed=aside_rows(proposed, basket=basket, at=at) if proposed else (),
        later=aside_rows(later, basket=basket, at=at) if later else (),
        left_at=max((one.changed_at for one in proposed), default=None),
        joined=joined,
    )


def waiting(customer: Customer) -> int:
    """How many articles of earlier baskets wait for the person's choice."""
    return (
        BasketLine.objects.filter(
            basket__customer=customer,
            basket__channel="web",
            basket__status=Status.PROPOSED,
            units_before__isnull=True,
        )
        .values("variant")
        .distinct()
        .count()
    )
