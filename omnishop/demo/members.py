"""Invented people: their keys, their answers about messages, their loyalty accounts."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from django.utils.text import slugify
from stdnum import ean

from customers.models import ConsentEvent, Customer, Identity
from loyalty.models import Account
from omnishop.demo import content, shapes, signins
from omnishop.demo.days import Days
from omnishop.demo.house import House, login
from omnishop.demo.points import Purse
from omnishop.demo.rows import keys, numbers, write

MEMBERS = 400  # at scale 1
STRANGERS = 60  # customers without a card, at scale 1


@dataclass(slots=True, eq=False)
class Person:
    """A customer as the sales see it."""

    pk: int
    first_name: str
    last_name: str
    email: str
    phone: str
    language: str
    town: shapes.Town
    street: str
    known_at: datetime
    consents: bool
    purse: Purse | None
    eagerness: float = 1.0  # how often they buy
    user: int | None = None
    number: str = field(default="")

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}"

    @property
    def address(self) -> dict[str, str]:
        return {
            "name": self.name,
            "line1": self.street,
            "line2": "",
            "postcode": self.town.postcode,
            "city": self.town.name,
        }


def fill(house: House, days: Days, *, scale: int) -> list[Person]:
    """Write the people; the first three can sign in, Camille the most faithful of them."""
    rng = Random("people")
    pool = content.people()
    count = (MEMBERS + STRANGERS) * scale
    pks = keys(Customer, count)
    codes = numbers("customers_number", count)
    people: list[Person] = []
    taken: set[str] = set()
    for position, (pk, code) in enumerate(zip(pks, codes, strict=True)):
        town = _town(pool, rng)
        first, last = rng.choice(pool.first_names), rng.choice(pool.surnames)
        person = Person(
            pk=pk,
            first_name=first,
            last_name=last,
            email=_address(first, last, rng.choice(pool.email_domains), taken),
            phone=f"{rng.choice(pool.mobile_prefixes)}{position:04d}" if position < 10_000 else "",
            language="en" if rng.random() < 0.05 else "fr",
            town=town,
            street=f"{rng.randint(1, 90)} {rng.choice(pool.streets)}",
            known_at=_known(days, rng),
            consents=rng.random() < 0.62,
            purse=None,
            eagerness=rng.paretovariate(1.6),
            number=f"C-{code:06d}",
        )
        person.eagerness = min(person.eagerness, 12.0)
        people.append(person)
    _known_people(people, days)
    strangers = STRANGERS * scale
    members = [
        person
        for position, person in enumerate(people)
        if position != 1 and position < count - strangers + 1
    ]
    accounts = keys(Account, len(members))
    for person, account in zip(members, accounts, strict=True):
        person.purse = Purse(account, person.pk, person.known_at)
    _write(house, people, members, rng)
    return people


def _town(pool: shapes.People, rng: Random) -> shapes.Town:
    weights = [{"LYO": 3, "PAR": 3, "GRE": 2, "NTE": 2}.get(t.store, 1) for t in pool.towns]
    return rng.choices(pool.towns, weights=weights)[0]


def _known(days: Days, rng: Random) -> datetime:
    """Half of them came in the last year, a few in the last weeks."""
    ago = int(rng.expovariate(1 / 400)) + 1
    return days.at(min(ago, 1400), rng.randint(10, 18), rng.randrange(60))


def _address(first: str, last: str, domain: str, taken: set[str]) -> str:
    stem = f"{slugify(first)}.{slugify(last)}"
    address, number = f"{stem}@{domain}", 1
    while address in taken:
        number += 1
        address = f"{stem}{number}@{domain}"
    taken.add(address)
    return address


def _known_people(people: list[Person], days: Days) -> None:
    """The three that the demonstration's sign-ins belong to."""
    towns = content.people().towns
    for person, (email, first, last, language, shop) in zip(
        people,
        (
            (signins.CAMILLE, "Camille", "Martin", "fr", "LYO"),
            (signins.KARIM, "Karim", "Belkacem", "fr", "NTE"),
            (signins.EMILY, "Emily", "Carter", "en", "PAR"),
        ),
        strict=False,
    ):
        person.email, person.first_name, person.last_name = email, first, last
        person.language, person.consents = language, True
        person.town = next(town for town in towns if town.store == shop)
        person.known_at = days.at(730, 15, 20)
        person.eagerness = 12.0 if email == signins.CAMILLE else 8.0
        person.user = login(email, first, last).pk


def _write(house: House, people: list[Person], members: list[Person], rng: Random) -> None:
    write(
        Customer,
        [
            {
                "id": person.pk,
                "number": person.number,
                "first_name": person.first_name,
                "last_name": person.last_name,
                "language": person.language,
                "home_store_id": house.stores[person.town.store].pk,
                "user_id": person.user,
                "created_at": person.known_at,
            }
            for person in people
        ],
    )
    identities: list[dict[str, Any]] = []
    for person in people:
        identities.append(_identity(person, "email", person.email, person.known_at))
        if person.phone:
            verified = person.known_at if rng.random() < 0.5 else None
            identities.append(_identity(person, "phone", person.phone, verified))
    for person, number in zip(members, numbers("customers_card", len(members)), strict=True):
        body = f"29{number:010d}"
        card = body + str(ean.calc_check_digit(body))
        identities.append(_identity(person, "card", card, person.known_at))
    write(Identity, identities)
    write(ConsentEvent, _consents(people, rng))


def _identity(
    person: Person, kind: str, value: str, verified_at: datetime | None
) -> dict[str, Any]:
    return {
        "customer_id": person.pk,
        "kind": kind,
        "value": value,
        "verified_at": verified_at,
    }


def _consents(people: list[Person], rng: Random) -> list[dict[str, Any]]:
    """Asked when they came; some refused, some never answered, some changed their mind."""
    events = []
    for person in people:
        source = "till" if person.purse and rng.random() < 0.6 else "account"
        changed_mind = not person.consents and rng.random() < 0.25
        if person.consents or changed_mind or rng.random() < 0.6:
            granted = person.consents or changed_mind
            events.append(_consent(person, "email", granted, source, person.known_at))
        if changed_mind:
            later = person.known_at + timedelta(hours=rng.randint(1, 20))
            events.append(_consent(person, "email", False, "account", later))
        if person.consents and person.phone and rng.random() < 0.3:
            events.append(_consent(person, "sms", True, source, person.known_at))
        if person.consents and person.pk % 3:
            agreed = _consent(person, "all", True, source, person.known_at)
            events.append(agreed | {"purpose": "profiling"})
    return events


def _consent(
    person: Person, channel: str, granted: bool, source: str, at: datetime
) -> dict[str, Any]:
    return {
        "customer_id": person.pk,
        "purpose": "marketing",
        "channel": channel,
        "granted": granted,
        "basis": "consent",
        "text_version": "2026-01",
        "source": source,
        "actor": "customer",
        "at": at,
    }
