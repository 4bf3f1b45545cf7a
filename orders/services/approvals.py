"""What nobody does alone at a till: voids and discounts, with a reason and a PIN (UX T7).

This module is the one place that says which acts need it. Every act that was asked for with a PIN
leaves a row, granted or not.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from omnishop.kernel.errors import Invalid, NotFound, Refusal
from omnishop.network.models import StaffMember, Till, User
from omnishop.network.selectors import approvers
from omnishop.network.services import check_pin
from orders.models import Approval, BasketLine
from orders.services import baskets

Act, Answer = Approval.Act, Approval.Answer


class ApprovalNeeded(Refusal):
    """Somebody entitled must approve this, with a reason and a PIN."""

    code = "approval_needed"


class NotEntitled(Refusal):
    """The person named may not approve this at this till."""

    code = "not_entitled"


@dataclass(frozen=True, slots=True)
class Ask:
    """Who asks, at which till, and who is said to approve it, for what reason."""

    till: Till
    asked_by: User
    reason: str
    approver_id: int | None  # the member of staff whose PIN it is
    pin: str


@dataclass(frozen=True, slots=True)
class _Wanted:
    """The act itself, as its row tells it."""

    basket_id: int
    act: str
    what: str
    amount_minor: int


def change_quantity(
    *,
    basket_id: int,
    variant_id: int,
    quantity: int,
    at: datetime,
    ask: Ask | None = None,
    label: str = "",
) -> None:
    """Set a line's quantity; 0 voids it. Units that were scanned go with an approval alone.

    Raises ApprovalNeeded without one, WrongPin, PinLocked or NotEntitled with a bad one.
    """
    baskets.check_quantity(quantity, zero=True)
    line = _line(basket_id, variant_id, label)
    if line is None:
        return  # a line that is gone stays gone
    fewer = line.quantity - quantity
    granted = None
    if fewer > 0 and ask:
        wanted = _Wanted(
            basket_id,
            Act.VOID_UNITS if quantity else Act.VOID_LINE,
            _what(line, fewer),
            fewer * line.seen_unit_minor,
        )
        granted = _granted(ask, wanted, at=at)
    with transaction.atomic():
        baskets.opened(basket_id)
        line = _line(basket_id, variant_id, label)
        if line and line.quantity > quantity and granted is None:
            raise ApprovalNeeded(_("Taking scanned articles off the sale needs an approval."))
        baskets.set_quantity(
            basket_id=basket_id, variant_id=variant_id, label=label, quantity=quantity, at=at
        )
        if granted:
            granted.save()


def void_sale(*, basket_id: int, at: datetime, ask: Ask | None = None) -> None:
    """Take every line out, and the customer. An empty sale needs nobody."""
    lines = list(BasketLine.objects.filter(basket=basket_id))
    granted = None
    if lines and ask:
        units = sum(line.quantity for line in lines)
        amount = sum(line.quantity * line.seen_unit_minor for line in lines)
        what = _("%(n)s articles") % {"n": units}
        granted = _granted(ask, _Wanted(basket_id, Act.VOID_SALE, what, amount), at=at)
    with transaction.atomic():
        basket = baskets.opened(basket_id)
        if granted is None and basket.lines.exists():
            raise ApprovalNeeded(_("Voiding the sale needs an approval."))
        baskets.empty(basket_id=basket_id, at=at)
        baskets.identify(basket_id=basket_id, customer=None)
        if granted:
            granted.save()


def discount(
    *,
    basket_id: int,
    variant_id: int,
    amount_minor: int,
    at: datetime,
    ask: Ask,
    label: str = "",
) -> None:
    """Take an amount off a line. Less than was off before needs nobody."""
    line = _line(basket_id, variant_id, label)
    if line is None:
        raise NotFound(_("This article is not in the sale."))
    granted = None
    if amount_minor > line.discount_minor:
        wanted = _Wanted(basket_id, Act.DISCOUNT, _what(line, line.quantity), amount_minor)
        granted = _granted(ask, wanted, at=at)
    with transaction.atomic():
        baskets.discount(
            basket_id=basket_id,
            variant_id=variant_id,
            label=label,
            amount_minor=amount_minor,
            reason=ask.reason,
            at=at,
        )
        if granted:
            granted.save()


def _line(basket_id: int, variant_id: int, label: str) -> BasketLine | None:
    return (
        BasketLine.objects.filter(basket=basket_id, variant=variant_id, label=label)
        .select_related("variant__product")
        .first()
    )


def _what(line: BasketLine, units: int) -> str:
    parts = (line.variant.product.name, line.variant.sku, line.label)
    return f"{units} × {', '.join(part for part in parts if part)}"[:200]


def _granted(ask: Ask, wanted: _Wanted, *, at: datetime) -> Approval:
    """The row of a granted act, to be saved with the act itself; a refused one is written now."""
    if not ask.reason.strip():
        raise Invalid(_("Say why: the reason is kept."))
    if not ask.approver_id or not ask.pin:
        raise ApprovalNeeded(_("Choose who approves it, and let them type their PIN."))
    member = StaffMember.objects.select_related("user").filter(pk=ask.approver_id).first()
    row = Approval(
        till=ask.till,
        basket_id=wanted.basket_id,
        act=wanted.act,
        what=wanted.what,
        amount_minor=wanted.amount_minor,
        reason=ask.reason.strip()[:80],
        asked_by=ask.asked_by,
        approver=member.user if member else None,
        answer=Answer.GRANTED,
        at=at,
    )
    try:
        if not approvers(ask.till.store).filter(pk=ask.approver_id).exists():
            raise NotEntitled(_("This person may not approve it at this till."))
        check_pin(member_id=ask.approver_id, pin=ask.pin, at=at)
    except Refusal as refusal:
        row.answer = refusal.code
        row.save()
        raise
    return row
