"""What the service desk does from a case: each act once, within one's limits, written in the case.

The case's row is locked first, then the order's or the account's, by every act.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db.models import Q
from django.utils.translation import gettext as _

from customers.models import Case, CaseEntry
from customers.selectors import resolve
from customers.services import case_rows, conversations
from customers.services.attachments import Upload
from customers.services.conversations import Sender
from customers.services.messages import queue_message
from loyalty.models import Correction
from loyalty.selectors import account_of
from loyalty.services.corrections import correct
from loyalty.services.rewards import give_voucher
from omnishop.kernel.errors import Invalid, NotFound, Refusal
from omnishop.kernel.transactions import retried
from orders.care import Limits, messages_of, preview
from orders.models import Order
from orders.services import returns


class BeyondLimit(Refusal):
    """More than this member of staff may give; somebody else can."""

    code = "beyond_limit"


def ask(
    *,
    subject: str,
    text: str,
    order_number: str,
    sender: Sender,
    key: str,
    at: datetime,
    uploads: Sequence[Upload] = (),
    channel: str = Case.Channel.FORM,
) -> Case:
    """Somebody writes to us on the site. A repeat of the key gives the same case.

    An order is linked when it is theirs; a number that is not stands in the text alone, and the
    answer is the same.
    """
    number = order_number.strip().upper()[:20]
    order = Order.objects.filter(number=number).first() if number else None
    theirs = order is not None and (
        (sender.email and order.email.lower() == sender.email.strip().lower())
        or (sender.customer_id and _of_person(order, sender.customer_id))
    )
    if number and not theirs:
        text = f"{text}\n\n[{number}]"
    return conversations.open_case(
        subject=subject, text=text, channel=channel, sender=sender, key=key, actor="customer",
        at=at, document=number if theirs else "", uploads=uploads,
    )  # fmt: skip


def _of_person(order: Order, customer_id: int) -> bool:
    return Order.objects.filter(
        Q(customer=customer_id) | Q(customer__merged_into=customer_id), pk=order.pk
    ).exists()


@retried
def link_order(*, case_id: int, order: Order, actor: str, at: datetime) -> Case:
    """Say which order a case is about; its person is the case's when it has none."""
    case = case_rows.locked(case_id)
    if case.document == order.number:
        return case
    case.document = order.number
    if case.customer_id is None and order.customer:
        case.customer = resolve(order.customer)
    case.save(update_fields=["document", "customer"])
    case_rows.record(
        case, "order", key=f"order:{case.pk}:{case.version}", actor=actor, at=at,
        internal=True, number=order.number,
    )  # fmt: skip
    return case


@retried
def act_on_order(
    *,
    case_id: int,
    order_id: int,
    act: str,
    units: Mapping[int, int],
    reason: str,
    limits: Limits,
    key: str,
    actor: str,
    at: datetime,
) -> CaseEntry:
    """Cancel what was not handed over, or refund what the customer keeps; once for a key.

    Raises BeyondLimit, Invalid or what the order refuses; nothing is done then.
    """
    case = case_rows.locked(case_id)
    if repeat := case_rows.done(key, case_rows.NO_MAIL):
        return repeat
    order = Order.objects.locked().filter(pk=order_id).first()
    if order is None:
        raise NotFound(_("There is no such order."))
    if act not in ("cancel", "refund"):
        raise Invalid(_("Choose what to do."))
    if not reason.strip():
        raise Invalid(_("Write the reason."))
    expected = preview(order, act, units)
    if limits.money_minor is not None and expected.money_minor > limits.money_minor:
        raise BeyondLimit(_("This is more than you may give back. Give the case to a manager."))
    work = returns.cancel if act == "cancel" else returns.refund_kept
    document = work(order_id=order.pk, units=units, reason=reason.strip(), actor=actor, at=at)
    return case_rows.record(
        case, "cancelled" if act == "cancel" else "refunded", key=key, actor=actor, at=at,
        internal=False, order=order.number, document=document.number,
        amount_minor=expected.money_minor, currency=order.currency,
        units=sum(count for line, count, _paid in expected.lines if line.variant_id),
    )  # fmt: skip


@retried
def give_points(
    *,
    case_id: int,
    points: int,
    reason: str,
    limits: Limits,
    key: str,
    actor: str,
    at: datetime,
) -> CaseEntry:
    """Points as a gesture, to the case's person; once for a key. Raises BeyondLimit, Invalid."""
    case = case_rows.locked(case_id)
    if repeat := case_rows.done(key, case_rows.NO_MAIL):
        return repeat
    if case.customer is None:
        raise Invalid(_("Say first whose case this is."))
    if points <= 0:
        raise Invalid(_("Enter a number of points from 1."))
    if limits.points is not None and points > limits.points:
        raise BeyondLimit(_("These are more points than you may give."))
    if not reason.strip():
        raise Invalid(_("Write the reason."))
    person = resolve(case.customer)
    if account_of(person.pk) is None:  # nobody is enrolled without having asked for it (GDP-8)
        raise Invalid(_("This person has no loyalty account."))
    entry = case_rows.record(
        case, "points", key=key, actor=actor, at=at, internal=False, points=points,
        reason=reason.strip()[:120],
    )  # fmt: skip
    given = correct(
        customer_id=person.pk, points=points, reason=reason.strip()[:120],
        reference=f"{case.number}-{entry.pk}", actor=actor, at=at, role=limits.role,
    )  # fmt: skip
    if given.status != Correction.Status.DONE:  # the day's limit: nothing waits behind our back
        raise BeyondLimit(_("These are more points than you may give."))
    return entry


@retried
def voucher(
    *,
    case_id: int,
    amount_minor: int,
    reason: str,
    limits: Limits,
    key: str,
    actor: str,
    at: datetime,
) -> CaseEntry:
    """A voucher as a gesture, a code of one use that is theirs; once for a key.

    Raises BeyondLimit, Invalid.
    """
    case = case_rows.locked(case_id)
    if repeat := case_rows.done(key, case_rows.NO_MAIL):
        return repeat
    if case.customer is None:
        raise Invalid(_("Say first whose case this is."))
    person = resolve(case.customer)
    if account_of(person.pk) is None:
        raise Invalid(_("This person has no loyalty account."))
    if limits.money_minor is not None and amount_minor > limits.money_minor:
        raise BeyondLimit(_("This is more than you may give back. Give the case to a manager."))
    if not reason.strip():
        raise Invalid(_("Write the reason."))
    issue = give_voucher(
        customer=person, amount_minor=amount_minor, reason=reason.strip()[:120],
        reference=f"{case.number}:{key}"[:60], actor=actor, at=at,
    )  # fmt: skip
    return case_rows.record(
        case, "voucher", key=key, actor=actor, at=at, internal=False, amount_minor=amount_minor,
        reason=reason.strip()[:120], code=issue.coupon.code if issue.coupon else "",
    )  # fmt: skip


@retried
def resend(*, case_id: int, message_id: int, key: str, actor: str, at: datetime) -> CaseEntry:
    """Send a service message of the case's person or order once more; once for a key."""
    case = case_rows.locked(case_id)
    if repeat := case_rows.done(key, case_rows.NO_MAIL):
        return repeat
    message = messages_of(case).filter(pk=message_id).first()
    if message is None:
        raise NotFound(_("There is no such message."))
    entry = case_rows.record(
        case, "resent", key=key, actor=actor, at=at, internal=False,
        subject=message.subject or message.template,
    )  # fmt: skip
    queue_message(
        key=f"resend:{entry.pk}", template=message.template, to=message.to,
        language=message.language, context=message.context, at=at,
        customer_id=message.customer_id, document=message.document,
    )  # fmt: skip
    return entry
