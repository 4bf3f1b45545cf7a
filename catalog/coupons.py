"""Uses of coupons. The statement that counts a use is the one that refuses it (FIELD 30)."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import F
from django.utils.translation import gettext as _

from catalog.models import Coupon, CouponUse
from omnishop.kernel.errors import Refusal
from omnishop.kernel.transactions import joined


class CouponUsedUp(Refusal):
    """Somebody else, or the same person elsewhere, was quicker."""

    code = "coupon_used_up"


@joined
def redeem(*, coupon_ids: Collection[int], document: str, person: str, at: datetime) -> None:
    """Count a use of each coupon for a document; a repeat counts nothing.

    `person` is a customer's number, else an e-mail address in lower case. Raises CouponUsedUp,
    counting nothing, when the uses in all or of the person are spent.
    """
    for coupon_id in sorted(coupon_ids):
        if CouponUse.objects.filter(
            coupon=coupon_id, document=document, released_at__isnull=True
        ).exists():
            continue
        if not _count(coupon_id, document=document, person=person, at=at):
            coupon = Coupon.objects.get(pk=coupon_id)
            raise CouponUsedUp(
                _("The code %(code)s was used up meanwhile.") % {"code": coupon.code},
                code=coupon.code,
            )


def _count(coupon_id: int, *, document: str, person: str, at: datetime) -> bool:
    """Two walls: the counter of all uses, under its row's lock, and the unique number of the
    person's use. Who meets another on the same number waits for it and takes the next.
    """
    values: dict[str, Any] = {"coupon": coupon_id, "document": document, "person": person, "at": at}
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE catalog_coupon SET used = used + 1
             WHERE id = %(coupon)s AND uses IS NOT NULL AND used < uses
            RETURNING id
            """,
            values,
        )
        if cursor.fetchone() is None and _is_limited(coupon_id):
            return False
        while True:
            cursor.execute(_USE, values)
            free, written = cursor.fetchone()
            if written or not free:
                return bool(written)


def _is_limited(coupon_id: int) -> bool:
    return Coupon.objects.filter(pk=coupon_id, uses__isnull=False).exists()


# Writes the person's next use; tells whether there was one to have, and whether it was written.
_USE = """
    WITH next AS (
      SELECT k.id, k.uses_each,
             (SELECT min(n) FROM generate_series(1, k.uses_each) n
               WHERE NOT EXISTS (SELECT FROM catalog_couponuse u
                                  WHERE u.coupon_id = k.id AND u.person = %(person)s
                                    AND u.nth = n AND u.released_at IS NULL)) AS nth
        FROM catalog_coupon k WHERE k.id = %(coupon)s),
    written AS (
      INSERT INTO catalog_couponuse (coupon_id, document, person, nth, at)
      SELECT id, %(document)s, %(person)s, nth, %(at)s FROM next
       WHERE uses_each IS NULL OR nth IS NOT NULL
      ON CONFLICT DO NOTHING
      RETURNING id)
    SELECT (SELECT uses_each IS NULL OR nth IS NOT NULL FROM next),
           EXISTS (SELECT FROM written)
"""


@joined
def release(*, document: str, at: datetime) -> None:
    """The document is called off: its uses may be had again. A repeat gives nothing more back."""
    given_back = CouponUse.objects.filter(document=document, released_at__isnull=True)
    for use in given_back.select_for_update().order_by("coupon_id"):
        use.released_at = at
        use.save(update_fields=["released_at"])
        Coupon.objects.filter(pk=use.coupon_id, uses__isnull=False).update(used=F("used") - 1)
