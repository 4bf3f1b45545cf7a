"""A million customers: search by the beginning of a name, telephone, e-mail or card."""

import json
import os
import random
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.measure import Result
from benchmarks.scale import FIRST, multiply

BASE = Path(__file__).resolve().parents[1]
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
    """Add customers, each with an e-mail and a card, most with a telephone, until there are that
    many; what is there is not made twice. Of 40 names some are a hundred times others.
    """
    from django.db import connection

    from customers.models import Customer

    made = Customer.objects.filter(pk__gte=FIRST).count()
    rows = range(made, people)
    if not rows:
        return
    chance = random.Random(4)  # names, not secrets
    last = [stem + end for stem in STEMS.split() for end in ENDS.split()]
    weight = [1 / (place + 1) ** 0.7 for place in range(len(last))]
    chance.shuffle(last)
    lasts = chance.choices(last, weight, k=people)
    firsts = chance.choices(FIRST_NAMES.split(), k=people)
    with connection.cursor() as django_cursor:
        cursor = django_cursor.cursor
        cursor.execute("SET session_replication_role = replica")
        multiply(
            cursor,
            "customers_customer",
            (
                {
                    "id": FIRST + n,
                    "number": f"S{n:08d}",
                    "first_name": firsts[n],
                    "last_name": lasts[n],
                    "birth_date": f"{1940 + n % 65}-{1 + n % 12:02d}-{1 + n % 28:02d}",
                    "postcode": f"{1000 + n % 94000:05d}",
                    "user_id": None,
                    "household_id": None,
                    "company_id": None,
                    "merged_into_id": None,
                    "matched_at": datetime(2026, 1, 1, tzinfo=UTC),
                }
                for n in rows
            ),
        )
        keys = [
            ("email", lambda n: f"{firsts[n].lower()}.{lasts[n].lower()}{n}@example.org"),
            ("card", lambda n: f"29{n:010d}7"),
            ("phone", lambda n: f"+336{(n * 7919) % 100_000_000:08d}"),
        ]
        for place, (kind, value) in enumerate(keys):
            multiply(
                cursor,
                "customers_identity",
                (
                    {
                        "id": FIRST + place * people + n,
                        "customer_id": FIRST + n,
                        "kind": kind,
                        "value": value(n),
                    }
                    for n in rows
                ),
            )
        cursor.execute("SET session_replication_role = origin")
        cursor.execute("VACUUM ANALYZE customers_customer, customers_identity")


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
        floor.append(_milliseconds(lambda key=key: Customer.objects.get(pk=key)))  # type: ignore[misc]
        times[kind].append(_milliseconds(lambda text=text: list(find(text))))  # type: ignore[misc]
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
    environment = os.environ | {"DATABASE_URL": url}
    for command in (["manage.py", "migrate", "-v", "0"], ["manage.py", "seed_demo"]):
        subprocess.run([sys.executable, *command], cwd=BASE, env=environment, check=True)
    answer = subprocess.run(
        [sys.executable, "-m", "benchmarks.people"],
        cwd=BASE,
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    said = json.loads(answer.stdout.splitlines()[-1])
    return Result(
        "customer_search",
        "SELECT by key",
        **said | {"runs": 1, "wanted": "<= 20", "met": said["ratio"] <= 20},
    )


if __name__ == "__main__":
    measure()
