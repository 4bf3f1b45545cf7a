"""People of another system become records; a row read again changes nothing (P-9).

New people of a batch are written together; a row that cannot be taken refuses itself only.

Keys come unverified: the file says whose they are, nobody proved it (ALG-11). A record that was
read before is filled where it is empty, never changed. Reading on after a cut is reading again
from the top: rows that are there cost no transaction.
"""

import contextlib
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from itertools import islice

from django.db import DataError, IntegrityError, connection, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from customers.imports.cells import Answer, Record, Refuse, masked, read
from customers.imports.columns import Source
from customers.models import Company, ConsentEvent, Customer, Identity, ImportedCustomer
from customers.models.consent import Purpose
from customers.selectors import resolve
from customers.services.consents import record_consent, record_first
from customers.services.identities import Newcomer, add_identity, create_customers, rule_of
from customers.services.matching import propose_together
from omnishop.kernel.csv_files import Row
from omnishop.kernel.errors import Refusal
from omnishop.kernel.locks import alone
from omnishop.kernel.transactions import retried
from omnishop.network.models import Store

BATCH = 500  # rows whose people are looked up together
LOCK = "customers.import"
CREATED, CHANGED, SAME = "created", "changed", "same"


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that was not taken; its value masked where it is personal."""

    row: int
    column: str
    value: str
    reason: str


@dataclass(slots=True)
class Result:
    """What a reading did so far."""

    rows: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    refused: int = 0
    notes: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0


# Card and points become a loyalty account: (customer, points, reference, actor, at).
Opening = Callable[[Customer, int, str, str, datetime], None]


def import_customers(
    source: Source,
    *,
    name: str,
    at: datetime,
    opening: Opening,
    dry_run: bool = False,
    refused: Callable[[Refused], None] = lambda item: None,
    progress: Callable[[Result], None] = lambda result: None,
) -> Result:
    """Read a file whole; good rows are taken, the others told one by one.

    `name` is the system that the numbers are from. Raises Busy when another import runs.
    """
    busy = _("Another import of customers is running. Wait until it is done.")
    with alone(LOCK, message=busy), _quick_commits():
        began = time.monotonic()
        reading = _Reading(name, at, opening, dry_run)
        stores = dict(Store.objects.values_list("code", "pk"))
        result = Result()
        lines = source.rows()
        while rows := list(islice(lines, BATCH)):
            for item in reading.batch(rows, stores, result):
                column = source.column(item.column)
                refused(Refused(item.row, column, item.value, item.reason))
            result.seconds = time.monotonic() - began
            progress(result)
        result.seconds = time.monotonic() - began
        return result


@contextmanager
def _quick_commits() -> Iterator[None]:
    """Do not wait for the disk row by row: what a crash loses is read again."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW synchronous_commit")
        before = cursor.fetchone()[0]
        cursor.execute("SET synchronous_commit = off")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('synchronous_commit', %s, false)", [before])


@dataclass(slots=True)
class _Known:
    """What is there of the people of some rows."""

    rows: dict[str, ImportedCustomer]  # by key
    holders: dict[tuple[str, str], Customer]  # live record of each kind and value
    kinds: dict[int, set[str]]  # of keys that a live person has
    answers: dict[tuple[int, str], ConsentEvent]  # newest of a live person and channel

    def person(self, record: Record) -> Customer | None:
        """The live record that the row became earlier. Raises Refuse once they were forgotten."""
        row = self.rows.get(record.key)
        if row is None:
            return None
        if row.customer is None:
            raise Refuse(
                "number", "", _("This person was erased here: nothing is taken over again.")
            )
        return resolve(row.customer)


class _Reading:
    def __init__(self, name: str, at: datetime, opening: Opening, dry_run: bool) -> None:
        self.name, self.at, self.opening, self.dry = name, at, opening, dry_run
        self.actor = f"import:{name}"
        self.seen: dict[int, int] = {}  # hash of a key → the row of this file that has it

    def batch(self, rows: list[Row], stores: dict[str, int], result: Result) -> list[Refused]:
        """Take some rows; those that were refused."""
        refused: list[Refused] = []
        records: list[Record] = []
        for row in rows:
            try:
                records.append(read(row, stores=stores, at=self.at))
            except Refuse as error:
                refused.append(_told(row.number, error))
        known = self._known(records)
        fresh: list[Record] = []
        for record in records:
            try:
                outcome = self._take(record, known, fresh)
            except Refuse as error:
                refused.append(_told(record.row, error))
            else:
                result.outcomes[outcome] += 1
                result.notes.update(record.notes)
        for record, error in self._create(fresh):
            refused.append(_told(record.row, error))
            result.outcomes[CREATED] -= 1
            result.notes -= Counter(record.notes)
        result.rows += len(rows)
        result.refused += len(refused)
        return sorted(refused, key=lambda item: item.row)

    def _known(self, records: list[Record]) -> _Known:
        rows = {
            row.key: row
            for row in ImportedCustomer.objects.filter(
                source=self.name, key__in=[record.key for record in records]
            ).select_related("customer__merged_into")
        }
        values = {value for record in records for value in record.keys.values()}
        found = Identity.objects.filter(value__in=values).select_related("customer__merged_into")
        holders = {(each.kind, each.value): resolve(each.customer) for each in found}
        people = {resolve(row.customer).pk for row in rows.values() if row.customer}
        kinds: dict[int, set[str]] = {pk: set() for pk in people}
        answers: dict[tuple[int, str], ConsentEvent] = {}
        theirs = Q(customer__in=people) | Q(customer__merged_into__in=people)
        if people:
            for key in Identity.objects.filter(theirs).select_related("customer"):
                kinds[key.customer.merged_into_id or key.customer_id].add(key.kind)
        if people and any(record.answers for record in records):
            events = ConsentEvent.objects.filter(theirs, purpose=Purpose.MARKETING)
            for event in events.select_related("customer").order_by("at", "pk"):
                person = event.customer.merged_into_id or event.customer_id
                answers[person, event.channel] = event
        return _Known(rows, holders, kinds, answers)

    def _create(self, fresh: list[Record]) -> list[tuple[Record, Refuse]]:
        """Write the new people of a batch together; those that are refused after all.

        Where the database refuses one they are written one by one.
        """
        if not fresh:
            return []
        with contextlib.suppress(Refusal, IntegrityError, DataError):
            self._write_new(fresh)
            return []
        refused: list[tuple[Record, Refuse]] = []
        for record in fresh:
            alone: list[Record] = []
            try:
                self._kept(record, self._known([record]), alone)
                self._write_new(alone)
            except Refuse as error:
                refused.append((record, error))
            except (Refusal, IntegrityError, DataError) as error:
                refused.append((record, Refuse("", "", str(error).splitlines()[0][:120])))
        return refused

    @retried
    def _write_new(self, fresh: list[Record]) -> None:
        if not fresh:
            return
        sirens = {record.siren: record.company or record.siren for record in fresh if record.siren}
        Company.objects.bulk_create(
            (Company(siren=siren, name=name) for siren, name in sirens.items()),
            ignore_conflicts=True,
        )
        companies = dict(Company.objects.filter(siren__in=sirens).values_list("siren", "pk"))
        people = create_customers(
            [
                Newcomer(
                    {
                        **record.fields,
                        "language": record.language,
                        "birth_date": record.birth_date,
                        "home_store_id": record.home_store_id,
                        "company_id": companies.get(record.siren),
                    },
                    record.keys,
                )
                for record in fresh
            ]
        )
        rows = ImportedCustomer.objects.bulk_create(
            ImportedCustomer(
                source=self.name,
                key=record.key,
                customer=person,
                read_at=self.at,
                opened_at=self.at if _is_member(record) else None,
            )
            for record, person in zip(fresh, people, strict=True)
        )
        record_first(
            [
                (person, answer.channel, answer.granted, answer.source or self.actor,
                 answer.at or self.at)
                for record, person in zip(fresh, people, strict=True)
                for answer in record.answers
            ],
            actor=self.actor,
            text_version=self.actor,
        )  # fmt: skip
        for record, person, row in zip(fresh, people, rows, strict=True):
            if row.opened_at:
                self.opening(person, record.points, f"opening:{row.pk}", self.actor, self.at)
        if self.dry:
            transaction.set_rollback(True)

    def _take(self, record: Record, known: _Known, fresh: list[Record]) -> str:
        """Created, changed or the same; who is new joins `fresh`. Raises Refuse, and nothing of
        the row is kept.
        """
        marks = {_mark("row", record.key): "number"}
        marks |= {_mark(kind, value): kind for kind, value in record.keys.items()}
        for mark, column in marks.items():
            if earlier := self.seen.get(mark):
                raise Refuse(
                    column,
                    record.keys.get(column, ""),
                    _("Row %(row)d of this file has it already.") % {"row": earlier},
                )
        try:
            outcome = self._kept(record, known, fresh)
        except Refusal:  # somebody took a key since we looked
            outcome = self._kept(record, self._known([record]), fresh)
        self.seen.update(dict.fromkeys(marks, record.row))
        return outcome

    def _kept(self, record: Record, known: _Known, fresh: list[Record]) -> str:
        person = known.person(record)
        self._refuse_others(record, known, person)
        if person is None:
            fresh.append(record)
            return CREATED
        missing = [kind for kind in record.keys if kind not in known.kinds[person.pk]]
        due = [
            answer
            for answer in record.answers
            if _is_due(answer, known.answers.get((person.pk, answer.channel)))
        ]
        row = known.rows[record.key]
        opens = row.opened_at is None and _is_member(record)
        if not (missing or due or opens or _empty(person, record)):
            return SAME
        self._write(record, person, row, missing, due)
        return CHANGED

    def _refuse_others(self, record: Record, known: _Known, person: Customer | None) -> None:
        """Somebody else has a key of this row: staff decide who is who, never we (ALG-11)."""
        people = {person.pk: person} if person else {}
        taken: list[str] = []
        for kind, value in record.keys.items():
            holder = known.holders.get((kind, value))
            if holder and holder != person:
                taken.append(kind)
                people[holder.pk] = holder
        if not taken:
            return
        one, *others = people.values()
        if not self.dry:
            for other in others:
                propose_together(one, other, at=self.at)
        owner = known.holders[taken[0], record.keys[taken[0]]]
        reason = (
            _("This already belongs to %(number)s: a possible duplicate is proposed to staff.")
            if others
            else _("This already belongs to %(number)s.")
        )
        raise Refuse(taken[0], record.keys[taken[0]], reason % {"number": owner.number})

    @retried
    def _write(
        self,
        record: Record,
        person: Customer,
        row: ImportedCustomer,
        missing: list[str],
        answers: list[Answer],
    ) -> None:
        person = Customer.objects.select_for_update(of=("self",)).get(pk=person.pk)
        self._fill(person, record)
        for kind in missing:
            add_identity(customer=person, kind=kind, value=record.keys[kind])
        for answer in answers:
            record_consent(
                customer=person,
                granted=answer.granted,
                channel=answer.channel,
                source=answer.source or self.actor,
                actor=self.actor,
                text_version=self.actor,
                at=answer.at or self.at,
            )
        if row.opened_at is None and _is_member(record):
            self.opening(person, record.points, f"opening:{row.pk}", self.actor, self.at)
            row.opened_at = self.at
            row.save(update_fields=["opened_at"])
        if self.dry:
            transaction.set_rollback(True)

    def _fill(self, person: Customer, record: Record) -> None:
        """Write what the record leaves empty and the file says."""
        changes = _empty(person, record)
        if changes.pop("siren", None):
            changes["company"], _made = Company.objects.get_or_create(
                siren=record.siren, defaults={"name": record.company or record.siren}
            )
        if "home_store_id" in changes:
            changes["home_store_rule"] = rule_of(record.home_store_id)
        if changes:
            changes["matched_at"] = None
            for name, value in changes.items():
                setattr(person, name, value)
            person.save(update_fields=[name.removesuffix("_id") for name in changes])


def _empty(person: Customer, record: Record) -> dict[str, object]:
    """What the file says and the record does not."""
    changes: dict[str, object] = {
        name: value for name, value in record.fields.items() if value and not getattr(person, name)
    }
    if record.birth_date and person.birth_date is None:
        changes["birth_date"] = record.birth_date
    if record.home_store_id and person.home_store_id is None:
        changes["home_store_id"] = record.home_store_id
    if record.siren and person.company_id is None:
        changes["siren"] = record.siren
    return changes


def _is_member(record: Record) -> bool:
    """Whoever has a card or points elsewhere is a member; it ticks no consent (GDP-8)."""
    return bool(record.points or Identity.Kind.CARD in record.keys)


def _is_due(answer: Answer, newest: ConsentEvent | None) -> bool:
    """Whether the file knows better than we do: its answer is another one, and later.

    A no without date counts against what was brought by an import alone, never against what the
    person told us themselves.
    """
    if newest is None:
        return True
    if newest.granted == answer.granted:
        return False
    if answer.at is None:
        return newest.actor.startswith("import:")
    return answer.at > newest.at


def _mark(kind: str, value: str) -> int:
    digest = blake2b(f"{kind} {value}".encode(), digest_size=8).digest()
    return int.from_bytes(digest)


def _told(row: int, error: Refuse) -> Refused:
    return Refused(row, error.column, masked(error.column, error.value), error.reason)
