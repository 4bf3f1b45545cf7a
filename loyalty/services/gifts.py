"""Points sent from member to member. Whether a card or an address is a member's is never told."""

from datetime import datetime, timedelta

from django.db.models import Sum
from django.utils.translation import gettext as _

from customers.models import Identity
from customers.selectors import by_identity
from loyalty import selectors
from loyalty.models import PointsEntry, PointsGift, PointsLot
from loyalty.services import points as ledger
from omnishop.kernel.errors import Invalid, NotFound, Refusal
from omnishop.kernel.transactions import joined

WAITS = timedelta(days=14)
Status = PointsGift.Status


class GiftLimit(Refusal):
    """More than one may give at once or in a month."""

    code = "gift_limit"


@joined
def send(
    *, customer_id: int, to: str, points: int, number: str, channel: str, actor: str, at: datetime
) -> PointsGift:
    """Send points to a card number or an e-mail address; they leave the sender's lots at once.

    Somebody unknown is answered like somebody who does not accept: after fourteen days, or when
    the first of the points expires, they go back to the very lots. A repeat of the number gives
    the first gift back. Raises Invalid, GiftLimit, NotEnoughPoints.
    """
    accounts = ledger.lock_accounts(customer_id)
    if not accounts:
        raise ledger.NotAMember
    if earlier := PointsGift.objects.filter(number=number).first():
        return earlier
    sender = min(accounts, key=selectors.earns_first)
    value = to.strip().lower()
    kind = Identity.Kind.EMAIL if "@" in value else Identity.Kind.CARD
    if kind == Identity.Kind.CARD:
        value = "".join(filter(str.isdigit, value))
    if not value:
        raise Invalid(_("Enter a card number or an e-mail address."))
    found = by_identity(kind, value)
    if found and found.pk in {selectors.person_of(account) for account in accounts}:
        raise Invalid(_("These are your own card and address."))
    programme = sender.programme
    if points > programme.gift_most:
        raise GiftLimit(
            _("You can give %(points)s points at once, not more.") % {"points": programme.gift_most}
        )
    lately = PointsGift.objects.filter(sender__in=accounts, at__gt=at - timedelta(days=30)).exclude(
        status=Status.RETURNED
    )
    given = lately.aggregate(sum=Sum("points"))["sum"] or 0
    if given + points > programme.gift_month_most:
        raise GiftLimit(
            _("You can give %(points)s more points this month.")
            % {"points": max(0, programme.gift_month_most - given)}
        )
    ledger.spend(
        customer_id=customer_id,
        points=points,
        document=number,
        channel=channel,
        actor=actor,
        at=at,
    )
    first = _parts(number)[0][1]
    return PointsGift.objects.create(
        number=number,
        sender=sender,
        receiver=selectors.account_of(found.pk) if found else None,
        points=points,
        at=at,
        expires_at=min(at + WAITS, first),
    )


def _parts(number: str) -> list[tuple[int, datetime]]:
    """Points of a gift by the expiry that they keep, the first to expire first."""
    rows = (
        PointsEntry.objects.filter(document=number, kind=PointsEntry.Kind.SPEND, lot__isnull=False)
        .order_by("lot__expires_at", "pk")
        .values_list("delta", "lot__expires_at")
    )
    return [(-delta, expires_at) for delta, expires_at in rows]


@joined
def accept(*, customer_id: int, gift_id: int, at: datetime) -> PointsGift:
    """The receiver takes the points, with the expiry that they had; a repeat gives the same.

    Raises NotFound for a gift to another, Refusal when it went back.
    """
    mine = selectors.accounts(customer_id).values("pk")
    if not PointsGift.objects.filter(pk=gift_id, receiver__in=mine).exists():
        raise NotFound(_("There is no such gift."))
    number = PointsGift.objects.values_list("number", flat=True).get(pk=gift_id)
    person = ledger.lock(
        customer_id, document=number, channel="web", actor=f"customer:{customer_id}", at=at
    )
    gift = PointsGift.objects.select_for_update().get(pk=gift_id)
    if gift.status == Status.ACCEPTED:
        return gift
    if gift.status == Status.RETURNED or gift.expires_at <= at:
        raise Refusal(_("These points went back to who gave them."))
    person.credit(
        [
            PointsLot(
                account=person.receiving,
                document=number,
                line=line,
                origin=_("Given by another member"),
                channel="web",
                points=points,
                remaining=points,
                counts=False,
                earned_at=at,
                available_at=at,
                expires_at=expires_at,
            )
            for line, (points, expires_at) in enumerate(_parts(number), start=1)
        ],
        kind=PointsEntry.Kind.GIFT,
    )
    person.save()
    gift.status, gift.closed_at = Status.ACCEPTED, at
    gift.save(update_fields=["status", "closed_at"])
    return gift


@joined
def give_back(*, gift_id: int, actor: str, at: datetime) -> bool:
    """Nobody accepted in time: the points go back to the lots they came from."""
    gift = PointsGift.objects.select_for_update().filter(pk=gift_id).first()
    if gift is None or gift.status != Status.WAITING or gift.expires_at > at:
        return False
    gift.status, gift.closed_at = Status.RETURNED, at
    gift.save(update_fields=["status", "closed_at"])
    ledger.restore(document=gift.number, channel="", actor=actor, at=at)
    return True
