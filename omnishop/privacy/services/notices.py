"""A notice given at a sale becomes an answer once the sale is real (GDP-2)."""

from datetime import datetime, timedelta

from django.db import transaction

from customers.models import SaleNotice
from customers.selectors import by_identity, resolve
from customers.services.consents import take_notice
from omnishop.kernel.claims import claim
from omnishop.network.models import LegalEntity
from orders.models import Order

PATIENCE = timedelta(days=30)  # a notice whose sale never became real is let go


def due(at: datetime, limit: int = 500) -> list[int]:
    """Notices to look at, oldest first."""
    return list(
        SaleNotice.objects.filter(settled_at=None)
        .order_by("at", "pk")
        .values_list("pk", flat=True)[:limit]
    )


@transaction.atomic
def settle(notice_id: int, *, at: datetime) -> bool:
    """Make one notice its buyer's answer; True when it did.

    The sale must be paid for, and by the company that writes. Silence counts for the person of the
    order alone, a refusal for whoever has the address, proved or not: the stricter.
    """
    notice = claim(SaleNotice.objects.filter(pk=notice_id, settled_at=None)).first()
    if notice is None:
        return False
    order = (
        Order.objects.select_related("customer__merged_into").filter(number=notice.document).first()
    )
    sold = (Order.Status.PLACED, Order.Status.FULFILLED)
    real = order is not None and order.status in sold and order.paid_at is not None
    over = order is None or order.status == Order.Status.CANCELLED or at > notice.at + PATIENCE
    if not real and not over:
        return False
    written = False
    if order is not None and (real or notice.refused):
        buyer = resolve(order.customer) if order.customer else None
        if buyer is None and notice.refused and order.email:
            buyer = by_identity("email", order.email.lower())
        ours = notice.refused or order.entity_id == _writer()
        if buyer and ours:
            written = take_notice(notice=notice, customer=buyer, at=at) is not None
    notice.settled_at = at
    notice.save(update_fields=["settled_at"])
    return written


def _writer() -> int | None:
    """The company that sends the site's messages: the one that sells on the site (ENT-1)."""
    return LegalEntity.objects.order_by("pk").values_list("pk", flat=True).first()
