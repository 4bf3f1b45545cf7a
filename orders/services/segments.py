"""Sets of people told by rules: kept, counted, frozen, handed to groups; every read is one
statement over live people (`orders.segments.compiling`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL
from django.utils.text import slugify
from django.utils.translation import gettext as _

from customers.models import Customer, CustomerGroup
from customers.services.consents import may_be_profiled
from omnishop.kernel.errors import Invalid, NotFound, Refusal
from orders.models import Relaunch, Segment, SegmentSnapshot, SnapshotMember
from orders.segments import compiling
from orders.segments.conditions import KINDS
from orders.segments.rules import All, AnyOf, Condition, Not, Rule, read, write
from orders.segments.statement import Part

SAMPLE = 10  # people shown beside a count
# A set of a million people is hashed, not sorted on disk; and once: of parallel workers each would
# sum up all sales for itself.
MEMORY = "SET LOCAL work_mem = '128MB'; SET LOCAL max_parallel_workers_per_gather = 0"
LONGEST_NAME = 80
AGREED = Condition("profiling", {"op": "yes"})


@dataclass(frozen=True, slots=True)
class Count:
    """How many people, and how many of them agreed to offers in each channel."""

    people: int
    reachable: dict[str, int]
    profiled: int | None = None  # of rules over what people do: who agreed to that


class NameTaken(Refusal):
    """Another segment has this name."""

    code = "name_taken"


def count(rules: Mapping[str, Any], *, at: datetime) -> Count:
    """How many people meet rules now. Raises Invalid for rules that cannot be read."""
    rule = read(rules)
    acts = _looks_at_acts(rule)
    found = compiling.counts(rule, at=at, profiled=acts)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(MEMORY)
        cursor.execute(found.sql, found.parameters)
        people, *reached = cursor.fetchone()
    profiled = reached.pop() if acts else None
    return Count(people, dict(zip(compiling.COUNTED, reached, strict=True)), profiled)


def people(rules: Mapping[str, Any], *, at: datetime) -> QuerySet[Customer]:
    """The live people who meet rules now. Raises Invalid for rules that cannot be read."""
    found = compiling.members(read(rules), at=at)
    chosen = RawSQL(found.sql, found.parameters)  # noqa: S611  our own text
    return Customer.objects.filter(pk__in=chosen)


def sample(rules: Mapping[str, Any], *, at: datetime) -> list[Customer]:
    """Some of them, those who came last first."""
    chosen = people(rules, at=at).select_related("home_store").order_by("-pk")
    return list(chosen[:SAMPLE])


def members(segment_id: int, at: datetime) -> QuerySet[Customer, int]:
    """Keys of the live people who are in a segment at that moment, for whoever writes to them.

    Raises NotFound for a segment that is gone.
    """
    return people(_segment(segment_id).rules, at=at).values_list("pk", flat=True)


def profiles(rules: Mapping[str, Any]) -> bool:
    """Whether rules look at what people bought or did, and not only at what they told us."""
    return _looks_at_acts(read(rules))


def chosen(segment: Segment, *, at: datetime) -> Part:
    """`SELECT p.id` of the people whom a segment gives to what is offered or sent to it.

    The only way from a segment to promotions and campaigns: what somebody bought or did chooses
    offers only for who agreed to just that (`Purpose.PROFILING`); silence is a no.
    """
    rule = read(segment.rules)
    return compiling.members(All((rule, AGREED)) if _looks_at_acts(rule) else rule, at=at)


def agreed(*, at: datetime) -> Part:
    """`SELECT p.id` of the people who agreed to be chosen by what they bought or did."""
    return compiling.members(AGREED, at=at)


def size(segment: Segment, *, at: datetime) -> int:
    """How many people what is offered or sent to a segment is for, now."""
    found = chosen(segment, at=at)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(MEMORY)
        cursor.execute(f"SELECT count(*) FROM ({found.sql}) s", found.parameters)  # noqa: S608  our text
        return int(cursor.fetchone()[0])


def why_not(segment: Segment, customer_id: int, *, at: datetime) -> str:
    """Why a live person is not among them at that moment (`Relaunch.Reason`); empty: they are.

    Two statements at the most, which read the rows of that person alone.
    """
    rule = read(segment.rules)
    if _looks_at_acts(rule) and not may_be_profiled(customer_id, at=at):
        return Relaunch.Reason.NOT_PROFILED
    found = compiling.members(rule, at=at)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT EXISTS (SELECT FROM ({found.sql}) s WHERE s.id = %s)",  # noqa: S608  a compiled rule, its values bound
            (*found.parameters, customer_id),
        )
        return "" if cursor.fetchone()[0] else Relaunch.Reason.LEFT


def snapshot_people(snapshot_id: int) -> QuerySet[Customer]:
    """The people of a frozen segment: who was merged since is found under the live record, once."""
    live = RawSQL(
        "SELECT coalesce(r.merged_into_id, r.id) FROM orders_snapshotmember m"
        " JOIN customers_customer r ON r.id = m.customer_id WHERE m.snapshot_id = %s",
        [snapshot_id],
    )
    return Customer.objects.filter(pk__in=live)


@transaction.atomic
def save(
    *,
    segment_id: int | None,
    name: str,
    description: str,
    rules: Mapping[str, Any],
    by: str,
    at: datetime,
) -> Segment:
    """Keep a segment, new or changed. Raises WrongRule, Invalid, NameTaken, NotFound."""
    name = " ".join(name.split())[:LONGEST_NAME]
    if not name:
        raise Invalid(_("Give the segment a name."))
    rule = read(rules)
    segment = _segment(segment_id, lock=True) if segment_id else Segment(created_at=at)
    if Segment.objects.exclude(pk=segment.pk).filter(name=name).exists():
        raise NameTaken(_("Another segment has this name. Choose another one."))
    if segment.group and segment.group.code in _groups(rule):
        raise Invalid(_("A segment cannot ask for the group that it fills."))
    segment.name, segment.description, segment.rules = name, description.strip()[:240], write(rule)
    segment.changed_at, segment.changed_by = at, by
    segment.save()
    return segment


@transaction.atomic
def duplicate(*, segment_id: int, by: str, at: datetime) -> Segment:
    """The same rules under another name; it fills no group."""
    source = _segment(segment_id)
    number, name = 2, ""
    while not name or Segment.objects.filter(name=name).exists():
        name = f"{source.name[: LONGEST_NAME - 5]} ({number})"
        number += 1
    return save(
        segment_id=None,
        name=name,
        description=source.description,
        rules=source.rules,
        by=by,
        at=at,
    )


@transaction.atomic
def remove(*, segment_id: int) -> None:
    """A segment goes, with what was frozen of it; its group stays, empty, for promotions' sake.

    Raises Refusal while a campaign is for its people: theirs would be everybody's.
    """
    segment = _segment(segment_id, lock=True)
    if campaign := segment.campaigns.first():
        raise Refusal(_("The campaign “%(name)s” writes to it.") % {"name": campaign})
    if segment.group:
        segment.group.customers.clear()
    segment.delete()


@transaction.atomic
def freeze(*, segment_id: int, by: str, at: datetime) -> SegmentSnapshot:
    """The people of this moment, kept as they are."""
    segment = _segment(segment_id)
    found = compiling.members(read(segment.rules), at=at)
    snapshot = SegmentSnapshot.objects.create(
        segment=segment, name=segment.name, rules=segment.rules, size=0, taken_at=at, taken_by=by
    )
    with connection.cursor() as cursor:
        cursor.execute(MEMORY)
        cursor.execute(
            f"INSERT INTO {SnapshotMember._meta.db_table} (snapshot_id, customer_id)"  # noqa: S608  as above
            f" SELECT %s, chosen.id FROM ({found.sql}) chosen",
            (snapshot.pk, *found.parameters),
        )
        snapshot.size = cursor.rowcount
    snapshot.save(update_fields=["size"])
    return snapshot


@dataclass(frozen=True, slots=True)
class Filled:
    """What filling a group changed."""

    joined: int
    left: int


@transaction.atomic
def link_group(*, segment_id: int, at: datetime) -> CustomerGroup:
    """From now on a group of its own is kept equal to the segment; filled at once. A repeat
    changes nothing.
    """
    segment = _segment(segment_id, lock=True)
    if segment.group is None:
        # Its own number in it: no group that staff keep by hand is ever taken over.
        code = f"{slugify(segment.name)[:26].strip('-') or 'segment'}-s{segment.pk}"
        segment.group = CustomerGroup.objects.create(code=code, name=segment.name)
        segment.save(update_fields=["group"])
    fill_group(segment_id=segment.pk, at=at)
    return segment.group


# The group's people become those of the segment; who came and who went is written down. All
# parts of the statement see the rows as they were before it.
_FILL = """
    WITH chosen AS MATERIALIZED ({members}),
    gone AS (
      DELETE FROM customers_customer_groups m
       WHERE m.customergroup_id = %s AND NOT EXISTS (SELECT FROM chosen WHERE id = m.customer_id)
      RETURNING m.customer_id),
    come AS (
      INSERT INTO customers_customer_groups (customer_id, customergroup_id)
      SELECT id, %s FROM chosen
      ON CONFLICT DO NOTHING RETURNING customer_id),
    noted AS (
      INSERT INTO orders_groupchange (segment_id, customer_id, joined, at)
      SELECT %s, customer_id, true, %s::timestamptz FROM come
      UNION ALL
      SELECT %s, customer_id, false, %s FROM gone)
    SELECT (SELECT count(*) FROM come), (SELECT count(*) FROM gone)"""


@transaction.atomic
def fill_group(*, segment_id: int, at: datetime) -> Filled:
    """Keep the segment's group equal to it; each change of a person is dated. One statement.

    A repeat changes nothing. The segment is locked: of two at once the second finds nothing to do.
    """
    segment = _segment(segment_id, lock=True)
    if segment.group_id is None:
        return Filled(0, 0)
    found = chosen(segment, at=at)
    group, own = segment.group_id, segment.pk
    with connection.cursor() as cursor:
        cursor.execute(MEMORY)
        cursor.execute(
            _FILL.format(members=found.sql),
            (*found.parameters, group, group, own, at, own, at),
        )
        joined, left = cursor.fetchone()
    Segment.objects.filter(pk=segment.pk).update(filled_at=at)
    return Filled(joined, left)


def reached(rule: Mapping[str, Any], channel: str) -> dict[str, Any]:
    """The rules, and agreeing to offers in a channel besides."""
    return {"all": [rule, {"is": "consent", "channel": channel}]}


def _segment(pk: int, *, lock: bool = False) -> Segment:
    rows = Segment.objects.select_related("group")
    found = (rows.select_for_update(of=("self",)) if lock else rows).filter(pk=pk).first()
    if found is None:
        raise NotFound(_("There is no such segment."))
    return found


def _looks_at_acts(rule: Rule) -> bool:
    match rule:
        case All(rules) | AnyOf(rules):
            return any(map(_looks_at_acts, rules))
        case Not(inner):
            return _looks_at_acts(inner)
        case Condition(kind):
            return KINDS[kind].family != "person"


def _groups(rule: Rule) -> set[str]:
    match rule:
        case Condition("group", values):
            return set(values["in"])
        case All(rules) | AnyOf(rules):
            return {code for one in rules for code in _groups(one)}
        case Not(inner):
            return _groups(inner)
    return set()
