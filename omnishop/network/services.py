"""A PIN by which a member of staff approves what happens at a till (UX T7)."""

import re
from datetime import datetime, timedelta

from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction
from django.utils.translation import gettext as _

from omnishop.kernel.errors import Invalid, Refusal
from omnishop.network.models import StaffMember

PIN_TRIES = 5
PIN_PAUSE = timedelta(minutes=15)


class WrongPin(Refusal):
    """The PIN is not this person's."""

    code = "wrong_pin"


class PinLocked(Refusal):
    """Too many wrong PINs; the right one does not help before the pause is over."""

    code = "pin_locked"


def set_pin(*, member: StaffMember, pin: str) -> None:
    """Give a member of staff a new PIN; wrong tries of the old one are forgotten."""
    if not re.fullmatch(r"[0-9]{4,8}", pin):
        raise Invalid(_("A PIN has 4 to 8 digits."))
    if len(set(pin)) == 1 or pin in "0123456789" or pin in "9876543210":
        raise Invalid(_("This PIN is too easy to guess."))
    member.pin = make_password(pin)
    member.pin_failures = 0
    member.pin_locked_until = None
    member.save(update_fields=["pin", "pin_failures", "pin_locked_until"])


def check_pin(*, member_id: int, pin: str, at: datetime) -> StaffMember:
    """The member of staff, when the PIN is theirs. Raises WrongPin or PinLocked.

    Wrong tries are counted on the row, under its lock, so call it outside a transaction that the
    refusal would roll back; the fifth in a row locks the PIN for a quarter of an hour.
    """
    with transaction.atomic():
        member = (
            StaffMember.objects.select_for_update(of=("self",))
            .select_related("user")
            .get(pk=member_id)
        )
        locked = member.pin_locked_until is not None and at < member.pin_locked_until
        right = not locked and bool(member.pin) and check_password(pin, member.pin)
        if not locked:
            member.pin_failures = 0 if right else member.pin_failures + 1
            member.pin_locked_until = None
            if member.pin_failures >= PIN_TRIES:
                member.pin_failures, member.pin_locked_until = 0, at + PIN_PAUSE
            member.save(update_fields=["pin_failures", "pin_locked_until"])
    if member.pin_locked_until:
        raise PinLocked(
            _("Too many wrong PINs. The PIN of %(name)s is locked for %(minutes)s minutes.")
            % {"name": member, "minutes": -(-(member.pin_locked_until - at).seconds // 60)}
        )
    if not right:
        raise WrongPin(_("This is not the PIN of %(name)s.") % {"name": member})
    return member
