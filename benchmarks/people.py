"""A million customers: search by the beginning of a name, telephone, e-mail or card."""

import json
import random
import statistics
import time
from collections import defaultdict
from collections.abc import Callable
from functools import partial

from benchmarks.filling import apart, filling, spread
from benchmarks.measure import Result
from benchmarks.scale import FIRST

PEOPLE = 1_000_000
FIRST_NAMES = """
    Marie Jean Camille Léa Louis Emma Gabriel Jade Raphaël Louise Arthur Alice Jules Chloé Adam
    Inès Lucas Anna Hugo Rose Noé Mila Maël Zoé Sacha Lina Tom Nour Ethan Sofia Paul Eva Nathan
    Agathe Théo Julia Yanis Manon Axel Nina Amélie François Hélène Benoît Mohamed Fatima
"""
STEMS = """
    Mart Bern Dub Thom Rob Rich Pet Dur Ler Mor Sim Laur Lefe Mich Gar Dav Bert Rou Vinc Four
    Mer Gu Fa And Mull Fran Bon Dup Lam Font Rouss Vid Ben Chev Gaut Perr Clem Hen Nic
"""
ENDS = """
    in ard ois as ert on it and oux el ent bvre cia id ran sel nier cier ier ure ré er çois net
    ont bert aine eau al ali alier ry olas
"""


def fill(people: int = PEOPLE) -> None:
    """Add that many customers, each with an e-mail, a card and a telephone; a second time nothing.

    Of 1,400 last names the first are a hundred times the others.
    """
    from django.db import connection

    from customers.models import Customer

    if Customer.objects.filter(pk__gte=FIRST).exists():
        return
    firsts = FIRST_NAMES.split()
    lasts = [stem + end for stem in STEMS.split() for end in ENDS.split()]
    random.Random(4).shuffle(lasts)  # names, not secrets
    with connection.cursor() as django_cursor:
        cursor = django_cursor.cursor
        with filling(cursor, "customers_customer", "customers_identity"):
            # How often a name is: its place to the power of -0.7.
            spread(
                cursor,
                "customers_customer",
                f"(SELECT n, (n * 7919 % 1000003) / 1000003.0 AS chance,"
                f" {_array(firsts)} AS firsts, {_array(lasts)} AS lasts"
                f" FROM generate_series(0::bigint, {people - 1}) n) s",
                {
                    "id": f"{FIRST} + n",
                    "number": "'S' || lpad(n::text, 8, '0')",
                    "first_name": f"firsts[1 + n * 104729 % 1000003 % {len(firsts)}]",
                    "last_name": f"lasts[1 + floor({len(lasts)} * power(chance, 1 / 0.3))::int]",
                    "birth_date": "make_date((1940 + n % 65)::int, (1 + n % 12)::int,"
                    " (1 + n % 28)::int)",
                    "postcode": "lpad((1000 + n % 94000)::text, 5, '0')",
                    "user_id": "NULL",
                    "household_id": "NULL",
                    "company_id": "NULL",
                    "merged_into_id": "NULL",
                    "matched_at": "'2026-01-01 00:00+00'",
                },
            )
            keys = {
                "email": "lower(c.first_name || '.' || c.last_name) || n || '@example.org'",
                "card": "'29' || lpad(n::text, 10, '0') || '7'",
                "phone": "'+336' || lpad((n * 7919 % 100000000)::text, 8, '0')",
            }
            for place, (kind, value) in enumerate(keys.items()):
                spread(
                    cursor,
                    "customers_identity",
                    f"(SELECT {value} AS made, n, c.id AS person FROM (SELECT *, id - {FIRST} AS n"
                    f" FROM customers_customer WHERE id >= {FIRST}) c) s",
                    {
                        "id": f"{FIRST + place * people} + n",
                        "customer_id": "person",
                        "kind": f"'{kind}'",
                        "value": "made",
                    },
                )


def _array(words: list[str]) -> str:
    return "ARRAY['" + "', '".join(words) + "']"


def _milliseconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1000


def measure() -> None:
    """In a process whose database is the million's: 400 searches in turn with reads by key.

    Every search is typed as staff do: the beginning of what a person of chance is known by.
    """
    import django

    django.setup()
    from customers.models import Customer, Identity
    from customers.selectors import find

    fill()
    chance = random.Random(7)  # names, not secrets
    keys = [FIRST + chance.randrange(PEOPLE) for _turn in range(400)]
    searches: list[tuple[str, str]] = []
    for turn, person in enumerate(Customer.objects.in_bulk(keys).values()):
        own = dict(Identity.objects.filter(customer=person).values_list("kind", "value"))
        searches += [
            [("name", person.last_name[: chance.randint(2, 5)])],
            [("names", f"{person.first_name} {person.last_name[:3]}")],
            [("telephone", "0" + own["phone"][3 : chance.randint(7, 12)])],
            [("e-mail", own["email"][: own["email"].index("@") + 1])],
            [("card", own["card"][: chance.randint(8, 13)])],
        ][turn % 5]
    for _kind, text in searches[:50]:
        list(find(text))  # warm
    floor, times = [], defaultdict(list)
    for key, (kind, text) in zip(keys, searches, strict=True):
        floor.append(_milliseconds(partial(Customer.objects.get, pk=key)))
        times[kind].append(_milliseconds(lambda: list(find(text))))  # noqa: B023  called at once
    every = [took for kind in times.values() for took in kind]
    read = statistics.median(floor)
    note = ", ".join(f"{kind} {_p95(took):.1f}" for kind, took in sorted(times.items()))
    print(
        json.dumps(
            {
                "ratio": round(_p95(every) / read, 2),
                "low": round(statistics.median(every) / read, 2),
                "high": round(max(every) / read, 2),
                "note": f"p95 in ms: {note}; median {statistics.median(every):.1f}, "
                f"a read by key {read:.2f}; low is the median's ratio, high the slowest's",
            }
        )
    )


def _p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]


def customer_search(url: str) -> Result:
    """The slowest twentieth of searches beside reading a customer by key, both by Django."""
    said = apart("benchmarks.people", url)
    return Result(
        "customer_search",
        "SELECT by key",
        **said | {"runs": 1, "wanted": "<= 20", "met": said["ratio"] <= 20},
    )


if __name__ == "__main__":
    measure()
