"""Two records of one person become one; only pointers move, so it can be undone (DESIGN 3.5)."""

from datetime import datetime

from django.db import transaction
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from customers.models import Customer, CustomerMerge, DuplicateCandidate
from omnishop.kernel.errors import NotFound, Refusal


class CannotMerge(Refusal):
    """These two records cannot become one now, or no longer be two; nothing changed."""

    code = "cannot_merge"


@transaction.atomic
def merge(*, source_id: int, target_id: int, reason: str, by: str, at: datetime) -> CustomerMerge:
    """The source becomes part of the target; orders, points, cards, consents stay where they are.

    Every read finds them under the target from now on (CUS-1). Both records are locked in key
    order, so that of two merges of the same record the second is refused. Raises NotFound,
    CannotMerge.
    """
    source, target = _both(source_id, target_id)
    if source == target:
        raise CannotMerge(_("This is one record already."))
    for record in (source, target):
        if record.merged_into_id:
            raise CannotMerge(
                _("%(number)s was merged into another record meanwhile. Open that one.")
                % {"number": record.number}
            )
    records = [source, *Customer.objects.filter(merged_into=source).order_by("pk")]
    done = CustomerMerge.objects.create(
        source=source,
        target=target,
        moved=[
            {
                "record": record.pk,
                "into": record.merged_into_id,
                "at": record.merged_at.isoformat() if record.merged_at else None,
            }
            for record in records
        ],
        reason=reason[:200],
        by=by,
        at=at,
    )
    # One statement: those merged into the source earlier point straight to the target (CUS-1).
    Customer.objects.filter(pk__in=[record.pk for record in records]).update(
        merged_into=target, merged_at=at
    )
    DuplicateCandidate.objects.filter(
        first=min(source.pk, target.pk), second=max(source.pk, target.pk)
    ).update(status=DuplicateCandidate.Status.MERGED, decided_at=at, decided_by=by)
    return done


@transaction.atomic
def unmerge(*, merge_id: int, by: str, at: datetime) -> CustomerMerge:
    """Two people again, each with what was written for their record (P-10).

    What was written since the merge belongs to the target and stays with it. A repeat changes
    nothing. Raises CannotMerge when the target was merged on: that one is undone first.
    """
    done = (
        CustomerMerge.objects.select_for_update(of=("self",))
        .select_related("source", "target")
        .filter(pk=merge_id)
        .first()
    )
    if done is None:
        raise NotFound(_("There is no such merge."))
    if done.undone_at:
        return done
    _source, target = _both(done.source_id, done.target_id)
    if target.merged_into_id:
        raise CannotMerge(
            _("%(number)s was merged into another record since. Undo that merge first.")
            % {"number": target.number}
        )
    before = {entry["record"]: entry for entry in done.moved}
    records = Customer.objects.in_bulk(before)
    for pk, record in records.items():
        record.merged_into_id = before[pk]["into"]
        record.merged_at = parse_datetime(before[pk]["at"]) if before[pk]["at"] else None
    Customer.objects.bulk_update(records.values(), ["merged_into", "merged_at"])
    done.undone_at, done.undone_by = at, by
    done.save(update_fields=["undone_at", "undone_by"])
    DuplicateCandidate.objects.filter(
        first=min(done.source_id, done.target_id), second=max(done.source_id, done.target_id)
    ).update(status=DuplicateCandidate.Status.DIFFERENT, decided_at=at, decided_by=by)
    return done


@transaction.atomic
def keep_apart(*, candidate_id: int, by: str, at: datetime) -> None:
    """Staff say that these are two people; they are not asked again. A repeat changes nothing."""
    DuplicateCandidate.objects.filter(
        pk=candidate_id, status=DuplicateCandidate.Status.OPEN
    ).update(status=DuplicateCandidate.Status.DIFFERENT, decided_at=at, decided_by=by)


def _both(source_id: int, target_id: int) -> tuple[Customer, Customer]:
    locked = {
        record.pk: record
        for record in Customer.objects.select_for_update(of=("self",), no_key=True)
        .filter(pk__in=[source_id, target_id])
        .order_by("pk")
    }
    if source_id not in locked or target_id not in locked:
        raise NotFound(_("There is no such customer."))
    return locked[source_id], locked[target_id]
