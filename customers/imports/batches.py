"""A batch of rows against what is there: who is new is written together, who changed row by row.

A row that cannot be taken refuses itself only.
"""

import contextlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b

from django.db import DataError, IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from customers.imports.cells import Answer, Record, Refuse, masked, read
from customers.models import Company, ConsentEvent, Customer, Identity, ImportedCustomer
from customers.models.consent import Purpose
from customers.selectors import resolve
from customers.services.consents import record_consent, record_first
from customers.services.identities import Newcomer, add_identity, create_customers, rule_of
from omnishop.kernel.csv_files import Row
from omnishop.kernel.errors import Refusal
from omnishop.kernel.transactions import retried

CREATED, CHANGED, SAME = "created", "changed", "same"


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that was not taken; its value masked where it is personal."""

    row: int
    column: str
    value: str
    reason: str


@dataclass(frozen=True, slots=True)
class Difference:
    """What a row writes: the record's fields by name, nothing personal."""

    row: int
    outcome: str
    fields: tuple[str, ...]


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


class Reading:
    """One reading of a file by a system's name; it remembers which row had which key."""

    def __init__(
        self,
        name: str,
        at: datetime,
        opening: Opening,
        dry_run: bool,
        differs: Callable[[Difference], None],
    ) -> None:
        self.name, self.at, self.opening, self.dry = name, at, opening, dry_run
        self.differs = differs
        self.actor = f"import:{name}"
        self.seen: dict[int, int] = {}  # hash of a key → the row of this file that has it

    def passed_over(self, row: Row, stores: dict[str, int]) -> None:
        """Know of a row that an earlier part of this reading took."""
        with contextlib.suppress(Refuse):
            record = read(row, stores=stores, at=self.at)
            self.seen.update(dict.fromkeys(_marks(record), record.row))

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
                if outcome == CREATED:
                    told = (name for name, value in record.fields.items() if value)
                    self.differs(Difference(record.row, CREATED, (*told, *record.keys)))
        for record, refusal in self._create(fresh):
            refused.append(_told(record.row, refusal))
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
        marks = _marks(record)
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
        told = (name.removesuffix("_id") for name in _empty(person, record))
        answers = (f"marketing_{answer.channel}" for answer in due)
        opened = ("points",) if opens else ()
        self.differs(Difference(record.row, CHANGED, (*told, *missing, *answers, *opened)))
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
            # Read where records meet: its library takes some MiB of every web worker's memory.
            from customers.services.matching import propose_together

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


def _marks(record: Record) -> dict[int, str]:
    """What no two rows of a file share, each with its column."""
    marks = {_mark("row", record.key): "number"}
    return marks | {_mark(kind, value): kind for kind, value in record.keys.items()}


def _mark(kind: str, value: str) -> int:
    digest = blake2b(f"{kind} {value}".encode(), digest_size=8).digest()
    return int.from_bytes(digest)


def _told(row: int, error: Refuse) -> Refused:
    return Refused(row, error.column, masked(error.column, error.value), error.reason)
