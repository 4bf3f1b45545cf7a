"""A month of a member's points. It is computed from the ledger, so that it adds up to it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta
from django.conf import settings
from django.db.models import Q, QuerySet, Sum
from django.utils.translation import gettext as _

from loyalty import selectors
from loyalty.models import PointsEntry

Kind = PointsEntry.Kind
MOST = 36  # months one can look back
COLUMNS: dict[str, tuple[str, ...]] = {
    "earned": (Kind.EARN,),
    "received": (Kind.GIFT, Kind.CORRECTION),
    "spent": (Kind.SPEND, Kind.RESTORE),
    "taken_back": (Kind.REVERSE,),
    "repaid": (Kind.REPAY,),
    "expired": (Kind.EXPIRE,),
}


@dataclass(frozen=True, slots=True)
class Statement:
    """Opening + earned + received + spent + taken back + repaid + expired = closing; signed.

    Pending points are in it: they are the member's, they cannot be spent yet.
    """

    month: date
    opening: int
    earned: int
    received: int  # from members and from staff
    spent: int  # less what was given back
    taken_back: int  # after returns
    repaid: int  # what was owed
    expired: int
    closing: int
    debt: int  # at the end
    entries: Sequence[PointsEntry]


def bounds(month: date) -> tuple[datetime, datetime]:
    """The first instant of a month, and of the next, in the shops' time."""
    first = datetime(month.year, month.month, 1, tzinfo=ZoneInfo(settings.TIME_ZONE))
    return first, first + relativedelta(months=1)


def _entries(customer_id: int) -> QuerySet[PointsEntry]:
    return PointsEntry.objects.filter(account__in=selectors.accounts(customer_id).values("pk"))


def statement(customer_id: int, month: date) -> Statement:
    """The month of a person over all their records. Two statements."""
    start, end = bounds(month)
    rows, lots = _entries(customer_id).filter(at__lt=end), Q(lot__isnull=False)
    within = lots & Q(at__gte=start)
    sums = rows.aggregate(
        opening=Sum("delta", filter=lots & Q(at__lt=start), default=0),
        closing=Sum("delta", filter=lots, default=0),
        owed=Sum("delta", filter=Q(lot__isnull=True), default=0),
        **{
            name: Sum("delta", filter=within & Q(kind__in=kinds), default=0)
            for name, kinds in COLUMNS.items()
        },
    )
    return Statement(
        month=start.date(),
        debt=-sums.pop("owed"),
        entries=list(rows.filter(within).select_related("lot").order_by("at", "pk")),
        **sums,
    )


def sums(found: Statement) -> Sequence[tuple[str, int]]:
    """The lines of a statement, as page and paper show them; those of zero are left out."""
    moved = [
        (_("Earned"), found.earned),
        (_("Received"), found.received),
        (_("Spent"), found.spent),
        (_("Taken back after a return"), found.taken_back),
        (_("Used for points owed"), found.repaid),
        (_("Expired"), found.expired),
    ]
    return [
        (_("Balance at the beginning"), found.opening),
        *((words, points) for words, points in moved if points),
        (_("Balance at the end"), found.closing),
    ]


def months(customer_id: int, at: datetime) -> list[date]:
    """The months that have a statement, the newest first."""
    first = _entries(customer_id).order_by("at").values_list("at", flat=True).first()
    if first is None:
        return []
    zone = ZoneInfo(settings.TIME_ZONE)
    month, last = first.astimezone(zone).date().replace(day=1), at.astimezone(zone).date()
    found = []
    while month <= last:
        found.append(month)
        month += relativedelta(months=1)
    return found[::-1][:MOST]
