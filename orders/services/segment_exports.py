"""People taken out of the house: no more columns than the purpose needs, and who asked and why."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from django.db import models, transaction
from django.db.models import OuterRef, QuerySet, Subquery
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.models import Customer, Identity
from omnishop.kernel.errors import Invalid, NotFound
from orders.models import Segment, SegmentExport, SegmentSnapshot
from orders.services import segments


class Purpose(models.TextChoices):
    """What the file is for; it holds nothing else."""

    EMAIL = "email", gettext_lazy("E-mail addresses of those who agreed to e-mails")
    SMS = "sms", gettext_lazy("Telephone numbers of those who agreed to SMS")
    NUMBERS = "numbers", gettext_lazy("Customer numbers only, of all")


@dataclass(frozen=True, slots=True)
class Taken:
    """A file's rows; reading them sends one statement."""

    day: date
    header: tuple[str, ...]
    rows: Iterator[tuple[object, ...]]


@transaction.atomic
def take(
    *,
    segment_id: int,
    purpose: str,
    reason: str,
    by: str,
    at: datetime,
    snapshot_id: int | None = None,
) -> Taken:
    """Write down the export, then give its rows. Raises Invalid without a reason, NotFound.

    E-mail addresses and numbers are given of people whose standing answer is yes alone (GDP-2), of
    a frozen segment too: the answer counts that stands today. Where the rules look at what people
    bought or did, they agreed to that as well.
    """
    if not reason.strip():
        raise Invalid(_("Say what the people are taken out for."))
    segment = Segment.objects.filter(pk=segment_id).first()
    frozen = SegmentSnapshot.objects.filter(segment=segment_id)
    snapshot = frozen.filter(pk=snapshot_id).first() if snapshot_id else None
    if segment is None or (snapshot_id and snapshot is None):
        raise NotFound(_("There is no such segment."))
    chosen = (
        segments.snapshot_people(snapshot.pk) if snapshot else segments.people(segment.rules, at=at)
    )
    rules = snapshot.rules if snapshot else segment.rules
    header, found = _columns(chosen, Purpose(purpose), at, acts=segments.profiles(rules))
    rows = list(found)
    SegmentExport.objects.create(
        segment=segment,
        snapshot=snapshot,
        name=str(snapshot or segment)[:80],
        columns=", ".join(header),
        rows=len(rows),
        reason=reason.strip()[:200],
        by=by,
        at=at,
    )
    return Taken(at.date(), header, iter(rows))


def _columns(
    chosen: QuerySet[Customer], purpose: Purpose, at: datetime, *, acts: bool
) -> tuple[tuple[str, ...], QuerySet[Customer, tuple[object, ...]]]:
    chosen = chosen.filter(merged_into=None).order_by("number")
    if purpose == Purpose.NUMBERS:
        return (_("Number"),), chosen.values_list("number")
    kind = Identity.Kind.EMAIL if purpose == Purpose.EMAIL else Identity.Kind.PHONE
    key = Identity.objects.filter(
        models.Q(customer=OuterRef("pk")) | models.Q(customer__merged_into=OuterRef("pk")),
        kind=kind,
    ).order_by(models.F("verified_at").desc(nulls_last=True), "pk")
    if purpose == Purpose.EMAIL:  # nobody writes to an address that may be somebody else's
        key = key.filter(verified_at__isnull=False)
    wanted = [{"is": "consent", "channel": purpose.value}]
    if acts:  # who was chosen by what they bought agreed to that too
        wanted.append({"is": "profiling", "op": "yes"})
    agreeing = segments.people({"all": wanted}, at=at)
    named = (
        chosen.filter(pk__in=agreeing.values("pk"))
        .annotate(key=Subquery(key.values("value")[:1]))
        .exclude(key=None)
    )
    label = _("E-mail") if purpose == Purpose.EMAIL else _("Telephone")
    return (_("Number"), _("First name"), label), named.values_list("number", "first_name", "key")
