"""Two baskets of one person: the earlier one is proposed, never merged in silence (UX B4).

Nothing is lost on the way: lines of an earlier basket stay in it, and each notes what the other
basket had of the article before it joined.
"""

from collections.abc import Collection, Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from customers.models import Customer
from customers.selectors import records, resolve
from omnishop.kernel.errors import NotFound, Refusal
from orders.aside import AsideRow, aside_rows, earlier, undoable
from orders.errors import BasketClosed
from orders.models import Basket, BasketLine
from orders.services import baskets

Status = Basket.Status


@transaction.atomic
def adopt(*, guest: Basket, customer: Customer, at: datetime) -> Basket:
    """A guest signed in: their basket is the person's. Returns the basket to go on with.

    Where an earlier one holds articles too, it waits as a proposal (FIELD 45). Where only one
    holds any, that one goes on. A repeat changes nothing.
    """
    own = Q(customer__in=records(customer.pk))
    found = _locked(Q(pk=guest.pk) | (own & Q(status=Status.OPEN, till__isnull=True)))
    mine = next(basket for basket in found if basket.pk == guest.pk)
    if mine.status != Status.OPEN or not _is_theirs(mine, customer, or_nobodys=True):
        return baskets.current(customer=customer) or baskets.start(at=at, customer=customer)
    mine.customer = mine.customer or customer
    others = sorted(
        (basket for basket in found if basket != mine and basket.channel == "web"),
        key=lambda basket: basket.changed_at,
    )
    filled = [basket for basket in others if basket.lines.exists()]
    goes_on = mine if mine.lines.exists() or not filled else filled.pop()
    for basket in [mine, *others]:
        if basket in filled:
            basket.status = Status.PROPOSED
        elif basket != goes_on:
            basket.status = Status.MERGED
        basket.save(update_fields=["customer", "status"])
    if goes_on == mine:
        mine.changed_at = at
        mine.save(update_fields=["changed_at"])
    return goes_on


def _locked(which: Q) -> list[Basket]:
    """The baskets, locked until commit, in pk order so that two choices cannot deadlock."""
    return list(Basket.objects.select_for_update(of=("self",)).filter(which).order_by("pk"))


def _is_theirs(basket: Basket, customer: Customer, *, or_nobodys: bool = False) -> bool:
    if basket.customer is None:
        return or_nobodys
    return resolve(basket.customer) == customer


def _pair(customer: Customer, basket_id: int, which: Q) -> tuple[Basket, list[Basket]]:
    """The basket being filled and the person's others that are meant, all locked."""
    own = Q(customer__in=records(customer.pk), channel="web")
    found = _locked(Q(pk=basket_id) | (own & which))
    basket = next((one for one in found if one.pk == basket_id), None)
    if basket is None or not _is_theirs(basket, customer):
        raise NotFound(_("This basket is not yours."))
    if basket.status != Status.OPEN:
        raise BasketClosed
    if basket.till_id:
        raise Refusal(_("This basket is open at a till."))
    return basket, [one for one in found if one.pk != basket_id]


@transaction.atomic
def decide(
    *, customer: Customer, basket_id: int, chosen: Collection[int] | None, at: datetime
) -> int:
    """Add the chosen articles of the earlier basket, or all; the others are kept for later.

    An article in both keeps the larger quantity; what is no longer on sale or sold out stays for
    later, and never more is added than there is. Returns how many articles joined. Raises Refusal
    when the choice was made otherwise already; the same choice again changes nothing.
    """
    basket, proposed = _pair(customer, basket_id, Q(status=Status.PROPOSED))
    if not proposed:
        return _decided(basket, chosen, at=at)
    rows = aside_rows(proposed, basket=basket, at=at)
    if chosen is not None and not {row.row.line.variant_id for row in rows}.issuperset(chosen):
        raise NotFound(_("This article is not in your earlier basket."))
    joining = [
        row
        for row in rows
        if row.can_join and (chosen is None or row.row.line.variant_id in chosen)
    ]
    _join(basket, proposed, joining, at=at)
    Basket.objects.filter(pk__in=[one.pk for one in proposed]).update(
        merged_into=basket, decided_at=at
    )
    return len(joining)


def _decided(basket: Basket, chosen: Collection[int] | None, *, at: datetime) -> int:
    """How many articles the choice added that is repeated. Raises Refusal when it is another."""
    decided = list(Basket.objects.filter(undoable(basket, at=at)))
    lines = BasketLine.objects.filter(basket__in=decided, units_before__isnull=False)
    joined = set(lines.values_list("variant_id", flat=True))
    if chosen is None:
        same = not any(row.can_join for row in aside_rows(decided, basket=basket, at=at))
    else:
        same = joined == set(chosen)
    if not decided or not same:
        raise Refusal(_("This choice was already made. Your basket shows what came of it."))
    return len(joined)


def _join(
    basket: Basket, others: Iterable[Basket], rows: Collection[AsideRow], *, at: datetime
) -> None:
    """Put the articles into the basket; the others keep their lines, marked as joined."""
    held = {line.variant_id: line for line in basket.lines.all()}
    for row in rows:
        left = row.row.line
        line = held.get(left.variant_id) or BasketLine(
            basket=basket, variant_id=left.variant_id, added_at=at
        )
        line.quantity = row.units
        if row.row.priced:
            line.seen_unit_minor = row.row.priced.unit.amount_minor
        line.save()
        BasketLine.objects.filter(
            basket__in=others, variant_id=left.variant_id, units_before__isnull=True
        ).update(units_before=row.in_basket)
    for other in others:
        left_over = other.lines.filter(units_before__isnull=True).exists()
        other.status = Status.LATER if left_over else Status.MERGED
        other.save(update_fields=["status"])
    if rows:
        basket.changed_at = at
        basket.save(update_fields=["changed_at"])


@transaction.atomic
def undo(*, customer: Customer, basket_id: int, at: datetime) -> None:
    """Take the choice back: the basket is as before it, the earlier one is proposed again.

    Articles that were put in or taken out since stay so. Raises Refusal when it is too late.
    """
    basket = Basket.objects.filter(pk=basket_id).first()
    within = undoable(basket, at=at) if basket else Q(pk=None)
    basket, decided = _pair(customer, basket_id, within)
    if not decided:
        raise Refusal(_("There is no choice left to take back."))
    lines = BasketLine.objects.filter(basket__in=decided, units_before__isnull=False)
    for variant_id, before in lines.values_list("variant_id", "units_before"):
        now = basket.lines.filter(variant_id=variant_id)
        if before:
            now.filter(quantity__gt=before).update(quantity=before)
        else:
            now.delete()
    lines.update(units_before=None)
    for one in decided:
        one.status, one.merged_into, one.decided_at = Status.PROPOSED, None, None
        one.save(update_fields=["status", "merged_into", "decided_at"])
    basket.changed_at = at
    basket.save(update_fields=["changed_at"])


@transaction.atomic
def take_up(*, customer: Customer, basket_id: int, variant_id: int, at: datetime) -> None:
    """Put an article that was kept for later into the basket. A repeat changes nothing."""
    basket, kept = _pair(customer, basket_id, Q(status=Status.LATER))
    rows = [
        row
        for row in aside_rows(kept, basket=basket, at=at)
        if row.row.line.variant_id == variant_id
    ]
    if any(not row.can_join for row in rows):
        raise Refusal(_("This article cannot be had for now. It stays kept for later."))
    if rows:
        _join(basket, kept, rows, at=at)


@transaction.atomic
def drop(*, customer: Customer, variant_id: int) -> None:
    """Forget an article that was kept for later."""
    kept = earlier(customer, Status.LATER)
    BasketLine.objects.filter(
        basket__in=kept, variant_id=variant_id, units_before__isnull=True
    ).delete()
    left = BasketLine.objects.filter(basket__in=kept, units_before__isnull=True)
    kept.exclude(pk__in=left.values("basket")).update(status=Status.MERGED)
