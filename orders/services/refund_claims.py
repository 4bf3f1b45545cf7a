"""Refund offers: money promised back after the purchase. The order is the proof of purchase.

What is owed: the promised amount, in the proportion of what was kept of the articles that the
promotion is about (paid, less refunded), rounded down to the cent. Where goods were brought back
it is paid once the return period is over, so that nothing more can come back in between.

It is paid by bank transfer alone: a refund on the card would leave less money with the order than
goods with the shopper (PAY-2), and take the room from a later return.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from stdnum import exceptions, iban

from catalog.offers import chosen
from omnishop.kernel.errors import Invalid, Refusal
from orders.models import Order, OrderLine, RefundClaim
from orders.services import events

RETURN_DAYS = 14  # from the last handing over (CST-2)
Status = RefundClaim.Status


class ClaimClosed(Refusal):
    """The claim was made, settled or too late already."""

    code = "claim_closed"


@dataclass(frozen=True, slots=True)
class Claim:
    """A promise as it stands at an instant."""

    claim: RefundClaim
    owed_minor: int
    expired: bool

    @property
    def claimable(self) -> bool:
        ready = self.claim.order.status in (Order.Status.PLACED, Order.Status.FULFILLED)
        paid = self.claim.order.paid_at is not None
        return (
            self.claim.status == Status.OPEN
            and not self.expired
            and self.owed_minor > 0
            and ready
            and paid
        )


def owed(claim: RefundClaim, lines: Sequence[OrderLine]) -> int:
    """What is paid back for what was kept of the articles the promotion is about."""
    about = _about(claim, lines)
    paid = sum(line.total_minor for line in about)
    kept = sum(line.total_minor - line.refunded_minor for line in about)
    return claim.amount_minor * kept // paid if paid else 0


def _about(claim: RefundClaim, lines: Sequence[OrderLine]) -> list[OrderLine]:
    """The lines of the articles the promotion is about; all of them when it chose none."""
    goods = [line for line in lines if line.kind == OrderLine.Kind.PRODUCT]
    rule = claim.promotion
    products = {one.pk for one in rule.products.all()}
    brands = {one.pk for one in rule.brands.all()}
    shelves = [one.path for one in rule.categories.all()]
    if not (products or brands or shelves):
        return goods
    found = []
    for line in goods:
        product = line.variant.product if line.variant else None
        if product and chosen(
            products=products,
            brands=brands,
            categories=shelves,
            product_id=product.pk,
            brand_id=product.brand_id,
            category_path=product.category.path,
        ):
            found.append(line)
    return found or goods


def standing(claim: RefundClaim, *, at: datetime) -> Claim:
    """A claim with what is owed of it now; one that nobody made in time has lapsed."""
    lines = list(claim.order.lines.select_related("variant__product__category"))
    expired = claim.status == Status.OPEN and claim.claim_by < _day(at)
    return Claim(claim, owed(claim, lines), expired)


def of_order(order: Order, *, at: datetime) -> list[Claim]:
    """The promises of an order; one statement when there are none."""
    claims = order.refund_claims.select_related("promotion", "order").order_by("pk")
    return [standing(claim, at=at) for claim in claims]


def _day(at: datetime) -> date:
    return timezone.localdate(at)


def _locked(claim_id: int) -> RefundClaim:
    """The claim, locked: a second press waits here and then finds it settled."""
    rows = RefundClaim.objects.select_related("order", "promotion")
    return rows.select_for_update(of=("self",)).get(pk=claim_id)


@transaction.atomic
def claim(*, claim_id: int, account: str, at: datetime) -> None:
    """The shopper asks for the money, to an IBAN; a repeat with the same account does nothing.

    Raises Invalid for an account number that cannot be, ClaimClosed when it is too late, or
    nothing of the goods was kept.
    """
    try:
        number = iban.validate(account)
    except exceptions.ValidationError:
        raise Invalid(_("This is not a valid IBAN. Check its figures.")) from None
    found = _locked(claim_id)
    if found.status == Status.CLAIMED and found.iban == number:
        return
    if found.status != Status.OPEN:
        raise ClaimClosed(_("This refund was asked for already."))
    now = standing(found, at=at)
    if now.expired:
        raise ClaimClosed(_("The last day to ask for this refund is over."))
    if not now.claimable:
        raise ClaimClosed(_("Nothing can be paid back: the order is not paid, or not kept."))
    found.status = Status.CLAIMED
    found.iban = number
    found.claimed_at = at
    found.save(update_fields=["status", "iban", "claimed_at"])
    events.record(found.order, "refund_claimed", actor="customer", at=at, claim=found.pk)


@transaction.atomic
def pay(*, claim_id: int, actor: str, at: datetime) -> int:
    """Mark it as transferred; how much is to be paid. Never twice.

    Raises ClaimClosed unless it waits to be paid, Refusal while goods of an order that some came
    back from may still be returned, or when nothing was kept.
    """
    found = _locked(claim_id)
    if found.status != Status.CLAIMED:
        raise ClaimClosed(_("This claim is “%(status)s”.") % {"status": found.get_status_display()})
    lines = list(found.order.lines.select_related("variant__product__category"))
    if any(line.returned for line in lines) and _day(at) <= _last_day(found.order, at):
        raise Refusal(_("Goods of this order came back: pay once the return period is over."))
    amount = owed(found, lines)
    if not amount:
        raise Refusal(_("Nothing of the goods was kept: refuse the claim, with that reason."))
    found.status = Status.PAID
    found.amount_minor = amount
    found.settled_at = at
    found.save(update_fields=["status", "amount_minor", "settled_at"])
    events.record(
        found.order, "refund_claim_paid", actor=actor, at=at, claim=found.pk, amount_minor=amount
    )
    return amount


def _last_day(order: Order, at: datetime) -> date:
    """The last day of the return period; not handed over yet, it has not begun."""
    handed = [f.closed_at for f in order.fulfilments.all() if f.closed_at]
    last = max(handed, default=order.paid_at or at)
    return _day(last) + timedelta(days=RETURN_DAYS)


@transaction.atomic
def refuse(*, claim_id: int, reason: str, actor: str, at: datetime) -> None:
    """Say no, with the reason; what was paid stays paid."""
    if not reason.strip():
        raise Invalid(_("Say why the claim is refused."))
    found = _locked(claim_id)
    if found.status != Status.CLAIMED:
        raise ClaimClosed(_("This claim is “%(status)s”.") % {"status": found.get_status_display()})
    found.status = Status.REFUSED
    found.reason = reason.strip()[:200]
    found.settled_at = at
    found.save(update_fields=["status", "reason", "settled_at"])
    events.record(found.order, "refund_claim_refused", actor=actor, at=at, claim=found.pk)
