"""What a person agreed to, in which channel, on which text (GDP-2, GDP-3)."""

from datetime import datetime

from django.db.models import Q

from customers.models import ConsentEvent, Customer


def record_consent(
    *,
    customer: Customer,
    granted: bool,
    source: str,
    actor: str,
    at: datetime,
    channel: str = ConsentEvent.Channel.EMAIL,
    purpose: str = ConsentEvent.Purpose.MARKETING,
    text_version: str = "2026-11",
    basis: str = "consent",
) -> ConsentEvent | None:
    """Write an answer to a consent question; the same answer again writes nothing."""
    standing = (
        ConsentEvent.objects.filter(customer=customer, purpose=purpose, channel=channel)
        .order_by("-at", "-pk")
        .first()
    )
    if standing and standing.granted == granted:
        return None
    return ConsentEvent.objects.create(
        customer=customer,
        purpose=purpose,
        channel=channel,
        granted=granted,
        basis=basis,
        text_version=text_version,
        source=source,
        actor=actor,
        at=at,
    )


def may_be_sent_marketing(customer_id: int | None, *, at: datetime) -> bool:
    """Whether the person's standing answer allows marketing by e-mail (GDP-2); none means no.

    Of merged records the strictest standing answer counts (ALG-11).
    """
    if customer_id is None:
        return False
    answers = (
        ConsentEvent.objects.filter(
            Q(customer=customer_id) | Q(customer__merged_into=customer_id),
            purpose=ConsentEvent.Purpose.MARKETING,
            channel=ConsentEvent.Channel.EMAIL,
            at__lte=at,
        )
        .order_by("customer_id", "-at", "-pk")
        .distinct("customer_id")
        .values_list("granted", flat=True)
    )
    standing = list(answers)
    return bool(standing) and all(standing)
