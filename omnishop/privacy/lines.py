"""What a line of the registry says, and by what the rows of a person are found."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from omnishop.privacy.person import Person


class Basis(models.TextChoices):
    """Why the law lets us hold it (GDPR article 6)."""

    CONTRACT = "contract", _("contract")
    CONSENT = "consent", _("consent")
    LAW = "law", _("legal obligation")
    INTEREST = "interest", _("legitimate interest")


class After(models.TextChoices):
    """What erasure does with a field."""

    ROW = "row", _("deleted with its row")
    ERASE = "erase", _("emptied")
    PSEUDONYM = "pseudonym", _("replaced by a pseudonym")
    ARCHIVE = "archive", _("moved to the restricted archive")
    KEEP = "keep", _("kept")


@dataclass(frozen=True, slots=True)
class Line:
    """One field of a person."""

    field: str
    basis: Basis
    period: str  # code of a rule, see rules.py
    after: After = After.ROW
    why: Any = ""  # it is kept


@dataclass(frozen=True, slots=True)
class Table:
    """A model that holds rows of people."""

    model: str
    of: Callable[[Person], Q]
    lines: tuple[Line, ...]
    rest: str = ""
    foreign: bool = False  # of a package: its other fields are its own affair

    @property
    def cls(self) -> type[models.Model]:
        return apps.get_model(self.model)

    @property
    def deletes(self) -> bool:
        """Whether erasure deletes the rows."""
        return any(line.after == After.ROW for line in self.lines)

    @property
    def exported(self) -> list[str]:
        """The fields that a person's copy shows."""
        hidden = {name[1:] for name in self.rest.split() if name.startswith("-")}
        known = [line.field for line in self.lines]
        known += [name for name in self.rest.split() if not name.startswith("-")]
        order = [f.name for f in self.cls._meta.get_fields() if f.concrete]
        if not self.foreign:  # numbers, sums, yes and no tell of the person too
            known += [
                f.name
                for f in self.cls._meta.concrete_fields
                if not f.primary_key and not f.is_relation and f.name not in hidden
            ]
        return sorted(set(known), key=order.index)


def of_records(way: str = "customer") -> Callable[[Person], Q]:
    return lambda p: Q(**{f"{way}__in": p.records})


def of_orders(way: str = "order") -> Callable[[Person], Q]:
    return lambda p: Q(**{f"{way}__in": p.orders})


def of_users(way: str = "user") -> Callable[[Person], Q]:
    return lambda p: Q(**{f"{way}__in": p.users})


def of_messages(p: Person) -> Q:
    """Messages to the person or their addresses, but those about orders that are left out."""
    theirs = Q(customer__in=p.records) | Q(to__in=p.emails) | Q(document__in=p.documents)
    for number in p.held:
        theirs &= ~Q(document__startswith=number)
    return theirs


def of_attempts(p: Person) -> Q:
    """Sign-ins under the person's addresses, however they were typed."""
    found = Q(pk__in=[])
    for email in p.emails:
        found |= Q(username__iexact=email)
    return found


def of_words(p: Person) -> Q:
    """Words signed by the person, or about what they bought."""
    return Q(customer_number__in=p.numbers) | Q(document__in=p.documents)


def of_signed(p: Person) -> Q:
    return Q(customer_number__in=p.numbers)


def of_cases(way: str) -> Callable[[Person], Q]:
    """Cases of the person, and those under their addresses that nobody was found for."""
    return lambda p: (
        Q(**{f"{way}customer__in": p.records})
        | Q(**{f"{way}customer__isnull": True, f"{way}email__in": p.emails})
    )


C, A, L, LI = Basis.CONTRACT, Basis.CONSENT, Basis.LAW, Basis.INTEREST
OPINION = _("an opinion, read by staff, without a name")
LEDGER = _("a ledger, without a name")
PSEUDONYM = _("a key without a name: figures, guarantees and ledgers hang on it")
