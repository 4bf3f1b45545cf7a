"""A member brings a friend: who is named at joining, and what both get once the friend bought."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _

from customers.models import Customer, Identity
from customers.selectors import by_identity
from loyalty import selectors
from loyalty.models import Account, EarnRule
from loyalty.services.points import join
from omnishop.kernel.errors import Invalid

PARAMETER = "parrain"  # of a link to share
_CODE = re.compile(r"(\d{1,18})-([0-9A-F]{8})", re.ASCII)


class UnknownSponsor(Invalid):
    """No member has this card or code, or it is one's own."""

    code = "unknown_sponsor"


@dataclass(frozen=True, slots=True)
class Offer:
    """What bringing a friend gives; the code stands in the link to share."""

    code: str
    sponsor: int  # points for who brings
    friend: int  # points for who comes


def enrol(*, customer: Customer, sponsor: str, at: datetime) -> Account:
    """The person's account and card, brought by whom they name (empty: by nobody).

    The first joining counts: a repeat, or a name given later, changes nothing. Raises
    UnknownSponsor, and then nobody has joined.
    """
    return join(customer=customer, at=at, referred_by=named(sponsor, friend=customer))


def named(text: str, *, friend: Customer) -> Account | None:
    """The account of the member whose card number, code or link this is; empty text: nobody's.

    Raises UnknownSponsor when there is none, or when it is a record of the friend.
    """
    text = "".join(text.split()).rpartition(f"{PARAMETER}=")[2]
    if not text:
        return None
    found = _by_code(text) or _by_card(text)
    if found is None:
        raise UnknownSponsor(_("No member has this card number or code."))
    if selectors.person_of(found) == (friend.merged_into_id or friend.pk):
        raise UnknownSponsor(_("Nobody is their own sponsor: give another member's card or code."))
    return found


def offer(account: Account, *, at: datetime) -> Offer | None:
    """What a member may promise to friends; None while no rule rewards it. One statement."""
    events = (EarnRule.Event.REFERRAL, EarnRule.Event.REFERRED)
    rules = list(
        EarnRule.objects.running(at)
        .filter(programme=account.programme_id, event__in=events)
        .values_list("event", "points")
    )
    sponsor, friend = (sum(points or 0 for kind, points in rules if kind == one) for one in events)
    return Offer(code_of(account), sponsor, friend) if sponsor or friend else None


def code_of(account: Account) -> str:
    """What a member gives to friends: tells nothing, and none can be made up."""
    return f"{account.pk}-{_seal(account.pk, settings.SECRET_KEY)}"


def _seal(pk: int, secret: str | bytes) -> str:
    return salted_hmac("loyalty.referral", str(pk), secret=secret).hexdigest()[:8].upper()


def _by_code(text: str) -> Account | None:
    match = _CODE.fullmatch(text.upper())
    if match is None or int(match[1]) >= 2**63:
        return None
    secrets: Iterable[str | bytes] = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    if not any(constant_time_compare(match[2], _seal(int(match[1]), one)) for one in secrets):
        return None
    return Account.objects.select_related("customer").filter(pk=int(match[1])).first()


def _by_card(text: str) -> Account | None:
    person = by_identity(Identity.Kind.CARD, text) if text.isdecimal() and text.isascii() else None
    return selectors.account_of(person.pk) if person else None
