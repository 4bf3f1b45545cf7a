"""Orders whose payment did not come: everything they hold goes back (UX C7, C9)."""

from datetime import datetime

from catalog import coupons
from inventory import services as inventory
from loyalty.services import points as loyalty
from omnishop.kernel.transactions import retried
from orders.models import Fulfilment, Order, Payment, Refund
from orders.services import events


@retried
def abandon(*, order_id: int, actor: str, at: datetime) -> bool:
    """Cancel an order that awaits its payment: stock, points and money go back in one go.

    A card payment that arrives all the same is refunded by `payments`. Returns False when the
    order was paid or cancelled meanwhile. The basket stays open.
    """
    order = Order.objects.locked().get(pk=order_id)
    if order.status != Order.Status.AWAITING_PAYMENT:
        return False
    inventory.release(document=order.number, at=at)
    inventory.settle(document=order.number, at=at)
    give_back_tenders(order, actor=actor, at=at)
    for line in order.lines.all():
        line.cancelled = line.quantity
        line.refunded_minor = line.total_minor
        line.save(update_fields=["cancelled", "refunded_minor"])
    order.fulfilments.update(status=Fulfilment.Status.CANCELLED, closed_at=at)
    order.status = Order.Status.CANCELLED
    order.save(update_fields=["status"])
    coupons.release(document=order.number, at=at)
    events.record(order, "abandoned", actor=actor, at=at)
    return True


def give_back_tenders(order: Order, *, actor: str, at: datetime) -> None:
    """Void what is pending and give back what was taken for a sale that does not happen."""
    for payment in order.payments.select_for_update().order_by("pk"):
        if payment.status == Payment.Status.PENDING:
            payment.status = Payment.Status.VOIDED
            payment.save(update_fields=["status"])
            continue
        back = payment.captured_minor - payment.refunded_minor
        if back:
            refund(
                payment,
                back,
                reason="abandoned",
                reference=f"abandoned:{payment.reference}",
                actor=actor,
                at=at,
            )


def refund(
    payment: Payment,
    amount_minor: int,
    *,
    reason: str,
    reference: str,
    actor: str,
    at: datetime,
    at_till: bool = True,
) -> None:
    """Give money of a locked payment back: points at once, cards by the refund task, cash from
    the drawer; when nobody stands `at_till`, cash is due until its owner comes for it.
    """
    settled = payment.provider == "" and (at_till or payment.method != Payment.Method.CASH)
    payment.refunded_minor += amount_minor
    payment.save(update_fields=["refunded_minor"])
    Refund.objects.create(
        payment=payment,
        amount_minor=amount_minor,
        reason=reason,
        reference=reference,
        status=Refund.Status.SETTLED if settled else Refund.Status.DUE,
        created_at=at,
        settled_at=at if settled else None,
    )
    if payment.method == Payment.Method.POINTS:
        value = payment.amount_minor // payment.points
        loyalty.restore(
            document=payment.order.number,
            points=-(-amount_minor // value),  # never less than what was paid
            channel=payment.order.channel,
            actor=actor,
            at=at,
        )
