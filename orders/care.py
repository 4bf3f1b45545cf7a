"""What an act of the service desk would do, before anyone confirms it (UX V4); who may how much."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from customers.models import Case, Message
from loyalty.models import CorrectionLimit, PointsLot
from omnishop.kernel.errors import Invalid
from omnishop.network.models import StaffMember, User
from orders.models import Order, OrderLine, Payment
from orders.selectors import (
    line_left,
    refund_plan,
    return_preview,
    returned_points,
    returned_totals,
    with_delivery,
)

Role = StaffMember.Role


@dataclass(frozen=True, slots=True)
class Limits:
    """What a member of staff gives back or away in one act; None is without limit."""

    role: str  # "" for who has none
    money_minor: int | None
    points: int | None


# Money given back or as a voucher; points have a table of their own (`CorrectionLimit`).
MONEY: Mapping[str, int] = {Role.STORE_MANAGER: 20_000, Role.SERVICE: 50_000}


def limits_of(user: User) -> Limits:
    """The limits of a member of staff; head office has none. One statement."""
    member = getattr(user, "staff", None)
    if user.is_superuser or (member and member.role == Role.HEAD_OFFICE):
        return Limits("", None, None)
    role = member.role if member else ""
    points = CorrectionLimit.objects.filter(role=role).values_list("each", flat=True).first()
    return Limits(role, MONEY.get(role, 0), points or 0)


@dataclass(frozen=True, slots=True)
class Preview:
    """Money, stock, points and mail of an act on an order."""

    lines: tuple[tuple[OrderLine, int, int], ...]  # line, units, what was paid for them
    total_minor: int  # off the order
    tenders: tuple[tuple[Payment, int], ...]  # money back, by means of payment
    back_on_sale: int  # units that the stock gets back
    points_taken: int
    points_given: int
    mail_to: str  # "" when no mail leaves

    @property
    def money_minor(self) -> int:
        """What is given back."""
        return sum(part for _payment, part in self.tenders)


def possible(order: Order) -> dict[str, list[tuple[OrderLine, int]]]:
    """Of each act on an order the lines with the units it could take."""
    goods = [line for line in order.lines.all() if line.kind == OrderLine.Kind.PRODUCT]
    live = order.status in (Order.Status.PLACED, Order.Status.FULFILLED)
    kept = live and not order.receipts.exists()
    return {
        "cancel": [(line, line.pending) for line in goods if live and line.pending],
        "refund": [
            (line, line.fulfilled - line.returned)
            for line in goods
            if kept and line.fulfilled > line.returned
        ],
    }


def preview(order: Order, act: str, units: Mapping[int, int]) -> Preview:
    """What cancelling or refunding these units does. Raises Invalid as the act itself would."""
    if act == "refund":
        found = return_preview(order, units)
        return Preview(
            found.lines, found.total_minor, found.tenders, 0, found.points_taken,
            found.points_given, order.email if found.tenders else "",
        )  # fmt: skip
    wanted = with_delivery(order, units, handed_over=False)
    lines = [line for line in order.lines.order_by("position") if line.pk in wanted]
    if not lines or len(lines) != len(wanted):
        raise Invalid(_("Choose at least one article."))
    for line in lines:
        if not 0 < wanted[line.pk] <= line.pending:
            raise Invalid(
                _("%(name)s: %(left)s can be taken back, not more.")
                % {"name": line.name, "left": line.pending}
            )
    rows = tuple(
        (line, wanted[line.pk], returned_totals(line, wanted[line.pk])[0]) for line in lines
    )
    total = sum(paid for _line, _units, paid in rows)
    tenders = tuple(refund_plan(order.payments.all(), total))
    lots = {lot.line: lot for lot in PointsLot.objects.filter(document=order.number)}
    return Preview(
        lines=rows,
        total_minor=total,
        tenders=tenders,
        back_on_sale=sum(count for line, count, _paid in rows if line.variant_id),
        points_taken=sum(
            returned_points(lots[line.position], line, count, left=line_left(line))
            for line, count, _paid in rows
            if line.position in lots
        ),
        points_given=sum(
            -(-part // (payment.amount_minor // payment.points))
            for payment, part in tenders
            if payment.method == Payment.Method.POINTS and payment.points
        ),
        mail_to=order.email if tenders else "",
    )


def messages_of(case: Case) -> QuerySet[Message]:
    """Service messages that may be sent again from a case: of its order, or else of its person."""
    found = Message.objects.filter(purpose=Message.Purpose.SERVICE).exclude(
        template__startswith="case_"
    )
    if case.document:
        return found.filter(document=case.document).order_by("-pk")
    if case.customer_id is None:
        return found.none()
    person = case.customer.merged_into_id or case.customer_id if case.customer else 0
    return found.filter(Q(customer=person) | Q(customer__merged_into=person)).order_by("-pk")
