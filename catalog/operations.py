"""Operations are approved and stopped; their codes are drawn here."""

import secrets
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from catalog.models import Coupon, Operation, PriceChange, Promotion
from omnishop.kernel.errors import Invalid, Refusal

# Nothing that is read or heard as something else: no 0 O Q, 1 I L, 2 Z, 5 S, 8 B, U V.
ALPHABET = "34679ACDEFGHJKMNPRTWXY"
LENGTH = 8  # of the drawn part: 55 milliards
MOST_CODES = 50_000  # at once
Status = Operation.Status


@transaction.atomic
def approve(*, operation_id: int, at: datetime) -> None:
    """Let an operation run in its days. Raises Refusal for one that is over or offers nothing."""
    operation = Operation.objects.select_for_update().get(pk=operation_id)
    if operation.status == Status.APPROVED:
        return
    if operation.ends_at <= at:
        raise Invalid(_("This operation is over. Choose a later end."))
    offers = operation.promotions.filter(active=True).exists()
    if not offers and not PriceChange.objects.filter(operation=operation).exists():
        raise Refusal(_("This operation offers nothing yet. Add a promotion or a price change."))
    operation.status = Status.APPROVED
    operation.save(update_fields=["status"])


@transaction.atomic
def stop(*, operation_id: int) -> None:
    """End an operation at once, in every channel; orders placed keep what they were given."""
    operation = Operation.objects.select_for_update().get(pk=operation_id)
    if operation.status == Status.DRAFT:
        raise Refusal(_("This operation has not been approved."))
    operation.status = Status.STOPPED
    operation.save(update_fields=["status"])


@transaction.atomic
def draw_codes(
    *,
    promotion_id: int,
    count: int,
    prefix: str = "",
    uses: int | None = 1,
    uses_each: int | None = 1,
    valid_to: datetime | None = None,
) -> int:
    """Draw codes nobody can guess for a promotion that needs one; how many."""
    promotion = Promotion.objects.select_for_update().get(pk=promotion_id)
    if not promotion.by_coupon:
        raise Refusal(_("This promotion needs no code: everybody has it."))
    if not 1 <= count <= MOST_CODES:
        raise Invalid(_("Draw 1 to %(most)s codes at once.") % {"most": MOST_CODES})
    drawn: set[str] = set()
    while len(drawn) < count:
        wanted = {f"{prefix.upper()}{_draw()}" for _n in range(count - len(drawn))} - drawn
        known = set(Coupon.objects.filter(code__in=wanted).values_list("code", flat=True))
        drawn |= wanted - known
    Coupon.objects.bulk_create(
        [
            Coupon(
                promotion=promotion, code=code, uses=uses, uses_each=uses_each, valid_to=valid_to
            )
            for code in sorted(drawn)
        ],
        batch_size=2000,
    )
    return len(drawn)


def _draw() -> str:
    return "".join(secrets.choice(ALPHABET) for _n in range(LENGTH))
