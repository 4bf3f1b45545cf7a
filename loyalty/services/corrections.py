"""Points that staff give or take, with a reason; above their role's limit a second one approves."""

from datetime import datetime

from dateutil.relativedelta import relativedelta
from django.db.models import Sum
from django.db.models.functions import Abs
from django.utils.translation import gettext as _

from loyalty.models import Correction, CorrectionLimit, PointsEntry, PointsLot
from loyalty.services.points import NotEnoughPoints, Person, lock
from omnishop.kernel.errors import Invalid, NotFound, Refusal
from omnishop.kernel.transactions import joined

Status = Correction.Status


class SecondPerson(Refusal):
    """Somebody decides on their own correction, or on one that was decided."""

    code = "second_person"


@joined
def correct(
    *,
    customer_id: int,
    points: int,
    reason: str,
    reference: str,
    actor: str,
    at: datetime,
    role: str = "",
) -> Correction:
    """Staff give (positive) or take (negative) points, with a reason the member reads.

    `role` is the staff member's, whose limit at once and per day is a `CorrectionLimit`; above it,
    and without a limit of one's own, the correction waits for `approve`. An empty role is the
    machine's own doing: no limit. A repeat of the reference gives the first one back. Taking more
    than there is raises NotEnoughPoints.
    """
    if not points:
        raise Invalid(_("Enter a number of points other than 0."))
    if not reason.strip():
        raise Invalid(_("Say why."))
    person = lock(customer_id, document=reference, channel="admin", actor=actor, at=at)
    if earlier := Correction.objects.filter(reference=reference).first():
        return earlier
    correction = Correction(
        account=person.receiving,
        points=points,
        reason=reason.strip()[:160],
        reference=reference,
        status=Status.DONE,
        actor=actor,
        at=at,
    )
    _taken_from(person, points, at=at)  # nobody approves what cannot be done
    if role and not _within_limit(role, points, actor=actor, at=at):
        correction.status = Status.WAITING
        correction.save()
        return correction
    correction.save()
    _apply(person, correction, at=at)
    return correction


def _within_limit(role: str, points: int, *, actor: str, at: datetime) -> bool:
    """Whether somebody may do it alone. The limit's row is locked: a day's sum is one decision."""
    limit = CorrectionLimit.objects.select_for_update().filter(role=role).first()
    if limit is None or abs(points) > limit.each:
        return False
    today = Correction.objects.filter(
        actor=actor, status=Status.DONE, decided_by="", at__gt=at - relativedelta(days=1)
    )
    done = today.aggregate(sum=Sum(Abs("points")))["sum"] or 0
    return bool(done + abs(points) <= limit.day)


def _taken_from(person: Person, points: int, *, at: datetime) -> list[PointsLot]:
    """The lots that a correction downwards takes from, spendable ones first."""
    if points > 0:
        return []
    lots = [*person.lots.spendable(at), *person.lots.pending(at)]
    available = sum(lot.remaining for lot in lots)
    if available < -points:
        raise NotEnoughPoints(available)
    return lots


def _apply(person: Person, correction: Correction, *, at: datetime) -> None:
    if correction.points < 0:
        person.take(
            _taken_from(person, correction.points, at=at),
            -correction.points,
            kind=PointsEntry.Kind.CORRECTION,
            key=f"correction:{correction.reference}",
        )
    else:
        account = person.receiving
        lot = PointsLot(
            account=account,
            document=correction.reference,
            line=0,
            origin=correction.reason,
            channel="admin",
            points=correction.points,
            remaining=correction.points,
            counts=False,
            earned_at=at,
            available_at=at,
            expires_at=at + relativedelta(months=account.programme.expiry_months),
        )
        person.credit([lot], kind=PointsEntry.Kind.CORRECTION)
    person.save()


@joined
def decide(*, correction_id: int, approved: bool, actor: str, at: datetime) -> Correction:
    """A second person approves or refuses a correction that waits. Raises SecondPerson when it is
    their own or was decided, NotEnoughPoints when it can no longer be done.
    """
    owner = Correction.objects.filter(pk=correction_id).values_list(
        "account__customer_id", flat=True
    )
    customer_id = owner.first()
    if customer_id is None:
        raise NotFound(_("There is no such correction."))
    person = lock(customer_id, document="", channel="admin", actor=actor, at=at)
    correction = Correction.objects.select_for_update().get(pk=correction_id)
    if correction.status != Status.WAITING:
        raise SecondPerson(_("This correction was decided already."))
    if correction.actor == actor:
        raise SecondPerson(_("Somebody else decides on your correction."))
    correction.status = Status.DONE if approved else Status.REFUSED
    correction.decided_by, correction.decided_at = actor, at
    correction.save(update_fields=["status", "decided_by", "decided_at"])
    if approved:
        person.facts["document"] = correction.reference
        _apply(person, correction, at=at)
    return correction
