"""Work on orders that beat starts. Every task claims rows, and may be repeated or overlap."""

import contextlib
from datetime import datetime, timedelta
from functools import partial

from celery import shared_task
from django.utils import timezone

from catalog.models import Review
from inventory.models import Reservation
from omnishop.kernel.claims import each
from omnishop.kernel.locks import Busy
from orders.models import Fulfilment, Order, Payment, Refund, SandboxCharge, Segment, Shortage
from orders.providers.sandbox import signed_notice
from orders.services import (
    aisle,
    alerts,
    attribution,
    losses,
    payments,
    pickup,
    planning,
    price_drops,
    recommendations,
    relaunch,
    reviews,
    segments,
    shortages,
    unpaid,
    values,
)


@shared_task(name="orders.expire_pickups")
def expire_pickups(limit: int = 200) -> int:
    """Pick-ups nobody came for: stock, money and points go back, order by order."""
    at = timezone.now()
    overdue = Fulfilment.objects.overdue(at).order_by("hold_until").values_list("pk", flat=True)
    return each(overdue[:limit], lambda pk: pickup.expire(fulfilment_id=pk, at=at))


@shared_task(name="orders.remind_pickups")
def remind_pickups(limit: int = 500) -> int:
    """Pick-ups that have been ready for a day, and for three: the shopper is reminded of each
    once (FIELD 19).
    """
    at = timezone.now()
    reminded = 0
    for days in (1, 3):
        since = at - timedelta(days=days)
        waiting = Fulfilment.objects.filter(
            status=Fulfilment.Status.READY,
            ready_at__lte=since,
            ready_at__gt=since - timedelta(days=1),
        ).values_list("pk", flat=True)
        reminded += each(waiting[:limit], partial(_remind, days=days, at=at))
    return reminded


def _remind(pk: int, *, days: int, at: datetime) -> bool:
    return pickup.remind(fulfilment_id=pk, days=days, at=at)


@shared_task(name="orders.expire_unpaid")
def expire_unpaid(limit: int = 200) -> int:
    """Orders whose payment time is over; the provider is asked once more before they go (F-7).

    At a till they stay, as somebody is paying, but others may have what they held.
    """
    at = timezone.now()
    late = Order.objects.filter(
        status=Order.Status.AWAITING_PAYMENT, hold_expires_at__lte=at
    ).order_by("hold_expires_at")

    def end(order: Order) -> bool:
        if order.till_id:
            return aisle.let_go(order_id=order.pk, at=at)
        for payment in order.payments.all():
            if payment.status == Payment.Status.PENDING:
                payments.ask(reference=payment.reference, at=at)
        return unpaid.abandon(order_id=order.pk, actor="task", at=at)

    return each(late.prefetch_related("payments")[:limit], end)


@shared_task(name="orders.ask_pending_payments")
def ask_pending_payments(limit: int = 200) -> int:
    """Payments whose web hook did not come: ask the provider."""
    at = timezone.now()
    pending = Payment.objects.filter(
        status=Payment.Status.PENDING,
        method=Payment.Method.CARD,
        created_at__lte=at - payments.ASK_AFTER,
    ).order_by("created_at")
    references = pending.values_list("reference", flat=True)[:limit]
    return each(references, lambda reference: payments.ask(reference=reference, at=at))


@shared_task(name="orders.send_due_refunds")
def send_due_refunds(limit: int = 200) -> int:
    """Refunds that their providers have not got yet; cash waits for its owner."""
    at = timezone.now()
    due = (
        Refund.objects.filter(status=Refund.Status.DUE)
        .exclude(payment__provider="")
        .order_by("created_at")
    )
    ids = due.values_list("pk", flat=True)[:limit]
    return each(ids, lambda pk: payments.send_refund(refund_id=pk, at=at))


@shared_task(name="orders.settle_shortages")
def settle_shortages(limit: int = 200) -> int:
    """Holds that a till's sale or an expiry took: find the goods elsewhere, or ask the shopper."""
    at = timezone.now()
    documents = (
        Reservation.objects.filter(
            status__in=[Reservation.Status.SHORT, Reservation.Status.EXPIRED],
            settled_at__isnull=True,
        )
        .order_by("document")
        .values_list("document", flat=True)
        .distinct()
    )
    return each(documents[:limit], lambda document: losses.settle(document=document, at=at))


@shared_task(name="orders.expire_shortages")
def expire_shortages(limit: int = 200) -> int:
    """Shortages nobody answered: the money goes back."""
    at = timezone.now()
    late = Shortage.objects.open().filter(answer_by__lte=at).order_by("answer_by")
    ids = late.values_list("pk", flat=True)[:limit]
    return each(ids, lambda pk: shortages.expire(shortage_id=pk, at=at))


@shared_task(name="orders.schedule_relaunches")
def schedule_relaunches() -> int:
    """Write the reminders of baskets left behind."""
    return planning.schedule(at=timezone.now())


@shared_task(name="orders.plan_campaigns")
def plan_campaigns() -> int:
    """Write what other campaigns are about."""
    return planning.sweep(at=timezone.now())


@shared_task(name="orders.send_due_relaunches")
def send_due_relaunches(limit: int = 500) -> int:
    """Decide on due messages of campaigns, oldest first.

    Each at its own instant: who buys or withdraws while the others leave gets nothing (F-32).
    """
    due = relaunch.due(timezone.now(), limit)
    return each(due, lambda pk: relaunch.send(relaunch_id=pk, at=timezone.now()))


@shared_task(name="orders.attribute_sales")
def attribute_sales() -> int:
    """Put sales of every channel down to the messages that they followed."""
    return attribution.attribute(at=timezone.now())


@shared_task(name="orders.tell_restocked")
def tell_restocked() -> int:
    """Articles that are back where people wait for them: the next of those people are told."""
    at = timezone.now()
    return each(
        alerts.back(at=at),
        lambda place: alerts.tell(variant_id=place[0], store_id=place[1], at=at),
    )


@shared_task(name="orders.close_stock_alerts")
def close_stock_alerts() -> int:
    """Alerts that waited six months end; what was never confirmed is forgotten."""
    return alerts.close_old(at=timezone.now())


@shared_task(name="orders.find_price_drops")
def find_price_drops() -> int:
    """Plan what campaigns tell of wishes that cost less, each morning."""
    return price_drops.find(at=timezone.now())


@shared_task(name="orders.deliver_sandbox_hooks")
def deliver_sandbox_hooks(limit: int = 100) -> int:
    """The test provider sends its web hooks, each of them twice, as providers do."""
    at = timezone.now()
    due = SandboxCharge.objects.filter(notify_at__lte=at, notified__lt=2).order_by("notify_at")
    for charge in due[:limit]:
        body, headers = signed_notice(charge, at=at)
        payments.receive(provider_code="sandbox", body=body, headers=headers, at=at)
        charge.notified += 1
        charge.notify_at = at + timedelta(seconds=5)
        charge.save(update_fields=["notified", "notify_at"])
    return len(due)


@shared_task(name="orders.tell_refused_reviews")
def tell_refused_reviews(limit: int = 200) -> int:
    """Reviews that staff refused: their authors are told why."""
    at = timezone.now()
    untold = Review.objects.filter(status=Review.Status.REFUSED, told_at__isnull=True).order_by(
        "decided_at"
    )
    ids = untold.values_list("pk", flat=True)[:limit]
    return each(ids, lambda pk: reviews.tell_refused(review_id=pk, at=at))


@shared_task(name="orders.compute_recommendations")
def compute_recommendations() -> int:
    """What goes with what, anew from the sales of all channels; beat runs it every night.

    Safe to repeat; one that finds another at work leaves it to that one.
    """
    with contextlib.suppress(Busy):
        return recommendations.compute(at=timezone.now())
    return 0


@shared_task(name="orders.compute_values")
def compute_values() -> int:
    """Scores and expected next purchases of everybody, anew; beat runs it every night.

    Safe to repeat; one that finds another at work leaves it to that one.
    """
    with contextlib.suppress(Busy):
        return values.compute(at=timezone.now())
    return 0


@shared_task(name="orders.fill_groups")
def fill_groups() -> int:
    """Customer groups that segments fill, every hour. Safe to overlap: each segment is locked."""
    at = timezone.now()
    linked = Segment.objects.filter(group__isnull=False).order_by("pk")
    return each(
        linked.values_list("pk", flat=True), lambda pk: segments.fill_group(segment_id=pk, at=at)
    )
