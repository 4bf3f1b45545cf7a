"""The pick-up desk: ready, reminded, handed over against its code, kept longer, not collected.

What comes before is in `picking`; what pick-ups and parcels share is in `fulfilments`.
"""

import hmac
from datetime import datetime

from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from inventory import services as inventory
from inventory.services import transfers
from omnishop.kernel.errors import Invalid
from omnishop.kernel.transactions import retried
from omnishop.network.hours import hold_until
from orders.errors import IllegalMove, NotPaid, StillComing, WrongCode
from orders.models import Fulfilment
from orders.models.fulfilment import MAX_CODE_TRIES
from orders.services import events, returns
from orders.services.fulfilments import goods_leave, left_in, locked, move

Status = Fulfilment.Status


@retried
def ready(*, fulfilment_id: int, actor: str, at: datetime, shelf: str = "") -> Fulfilment:
    """The pick-up waits at the desk, on that shelf; the shopper is told with code and hours
    (FIELD 16).
    """
    fulfilment = locked(fulfilment_id)
    if fulfilment.status == Status.READY:
        return fulfilment
    if fulfilment.kind != Fulfilment.Kind.PICKUP:
        raise IllegalMove(fulfilment.order, fulfilment.get_kind_display())
    for item in fulfilment.lines.filter(quantity__gt=F("picked") + F("missing")):
        left = item.quantity - item.picked - item.missing
        raise Invalid(
            ngettext(
                "One unit is still to be picked or reported not found.",
                "%(count)s units are still to be picked or reported not found.",
                left,
            )
            % {"count": left}
        )
    fulfilment.shelf = shelf.strip()[:20]
    move(fulfilment, Status.READY, actor=actor, at=at)
    if fulfilment.store and fulfilment.promised_at and at > fulfilment.promised_at:
        # Late by us: the days to collect it begin now.
        fulfilment.hold_until = hold_until(fulfilment.store, at)
        fulfilment.save(update_fields=["hold_until"])
        _keep(fulfilment, at=at)
    events.tell(fulfilment.order, "order_ready", at=at, fulfilment=fulfilment)
    return fulfilment


def _keep(fulfilment: Fulfilment, *, at: datetime) -> None:
    """Hold its goods for as long as it is kept, and no others of the order."""
    inventory.extend(
        document=fulfilment.order.number,
        expires_at=fulfilment.hold_until,
        at=at,
        lines=list(fulfilment.lines.values_list("line__position", flat=True)),
    )


@retried
def remind(*, fulfilment_id: int, days: int, at: datetime) -> bool:
    """Remind the shopper that it is ready: once for each number of days (D+1, D+3). False when it
    was handed over or called off meanwhile.
    """
    fulfilment = locked(fulfilment_id)
    if fulfilment.status != Status.READY:
        return False
    events.tell(
        fulfilment.order, "pickup_reminder", at=at, fulfilment=fulfilment, occasion=f":{days}"
    )
    return True


@retried
def resend_ready(*, fulfilment_id: int, actor: str, at: datetime) -> None:
    """Tell the shopper once more that it is ready (UX K4); at the most once a minute."""
    fulfilment = locked(fulfilment_id)
    order = fulfilment.order
    if fulfilment.status != Status.READY:
        raise IllegalMove(order, fulfilment.get_status_display())
    if not order.email:
        raise Invalid(_("No e-mail address is known for this order."))
    events.tell(order, "order_ready", at=at, fulfilment=fulfilment, occasion=f":{at:%Y%m%d%H%M}")
    events.record(order, "ready_resent", actor=actor, at=at)


def check_code(*, fulfilment_id: int, code: str) -> bool:
    """Whether the six digits or the QR are this pick-up's; a wrong one counts (F-27).

    Counted in a transaction of its own, so that refusing does not forget it. Raises WrongCode.
    """
    fulfilment = Fulfilment.objects.get(pk=fulfilment_id)
    if fulfilment.code_tries >= MAX_CODE_TRIES:
        raise WrongCode(0)
    code = code.replace(" ", "").strip()
    by_qr = Fulfilment.id_from_qr(code) == fulfilment.pk
    if by_qr or hmac.compare_digest(code.encode(), fulfilment.code.encode()):
        return True
    counted = Fulfilment.objects.filter(pk=fulfilment_id, code_tries__lt=MAX_CODE_TRIES).update(
        code_tries=F("code_tries") + 1
    )
    raise WrongCode(MAX_CODE_TRIES - fulfilment.code_tries - counted)


def hand_over(
    *, fulfilment_id: int, code: str, handed_to: str, actor: str, at: datetime
) -> Fulfilment:
    """Give the goods against the code. Raises WrongCode, NotPaid, IllegalMove."""
    check_code(fulfilment_id=fulfilment_id, code=code)
    return _hand_over(fulfilment_id=fulfilment_id, handed_to=handed_to, actor=actor, at=at)


def hand_over_known(*, fulfilment_id: int, handed_to: str, actor: str, at: datetime) -> Fulfilment:
    """Give the goods to a person whose identity document was checked instead of the code."""
    if not handed_to.strip():
        raise Invalid(_("Write the name on the identity document."))
    return _hand_over(fulfilment_id=fulfilment_id, handed_to=handed_to, actor=actor, at=at)


@retried
def _hand_over(*, fulfilment_id: int, handed_to: str, actor: str, at: datetime) -> Fulfilment:
    fulfilment = locked(fulfilment_id)
    order = fulfilment.order
    if fulfilment.status == Status.HANDED_OVER:
        return fulfilment
    if order.paid_at is None:
        raise NotPaid
    awaited = transfers.awaited(document=order.number)
    for item in fulfilment.lines.select_related("line"):
        if awaited.get(item.line.position):
            raise StillComing(item.line)
    fulfilment.handed_to = (handed_to.strip() or fulfilment.collector or order.name)[:120]
    move(fulfilment, Status.HANDED_OVER, actor=actor, at=at)
    goods_leave(fulfilment, actor=actor, at=at)
    events.tell(order, "order_handed_over", at=at, fulfilment=fulfilment)
    return fulfilment


@retried
def expire(*, fulfilment_id: int, at: datetime) -> bool:
    """Nobody came in time: stock, money and points go back in one transaction (FIELD 19).

    False when it was handed over, cancelled or extended meanwhile: the row lock decides (F-16).
    """
    fulfilment = locked(fulfilment_id)
    order = fulfilment.order
    if (
        fulfilment.status not in Fulfilment.OPEN
        or fulfilment.hold_until is None
        or fulfilment.hold_until > at
    ):
        return False
    units = left_in(fulfilment)
    move(fulfilment, Status.NO_SHOW, actor="task", at=at)
    if units:
        returns.cancel(
            order_id=order.pk,
            units=units,
            reason="not collected",
            location_id=fulfilment.location_id,
            actor="task",
            at=at,
        )
    events.tell(order, "order_not_collected", at=at, fulfilment=fulfilment)
    return True


@retried
def extend(*, fulfilment_id: int, until: datetime, actor: str, at: datetime) -> Fulfilment:
    """Keep a pick-up longer (UX K4). Raises Invalid for a time that is past."""
    fulfilment = locked(fulfilment_id)
    if until <= at:
        raise Invalid(_("Choose a time to come."))
    if fulfilment.status not in Fulfilment.OPEN:
        raise IllegalMove(fulfilment.order, fulfilment.get_status_display())
    fulfilment.hold_until = until
    fulfilment.save(update_fields=["hold_until"])
    _keep(fulfilment, at=at)
    events.record(fulfilment.order, "extended", actor=actor, at=at, until=until.isoformat())
    return fulfilment
