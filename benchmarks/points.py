"""`points_spend`: spend and earn through the services, beside their own statements bare."""

import itertools
import time

from django.db import transaction
from django.utils import timezone

from benchmarks.measure import Result, result
from benchmarks.stock import _connect, _recorded
from customers.models import Customer
from loyalty.services import points
from loyalty.services.corrections import correct

MEMBERS, LINES, TURNS = 40, 5, 7
WHO = {"channel": "till", "actor": "bench"}
_documents = itertools.count()


def _members() -> list[int]:
    """Members with some lots to spend."""
    at = timezone.now()
    people = list(
        Customer.objects.filter(merged_into__isnull=True, loyalty__isnull=False)
        .order_by("pk")
        .values_list("pk", flat=True)[:MEMBERS]
    )
    if len(people) < MEMBERS:
        raise RuntimeError("Seed the benchmark database first.")
    for pk in people:
        for _lot in range(3):
            reference = f"bench-{at.timestamp()}-{next(_documents)}"
            correct(
                customer_id=pk, points=100, reason="bench", reference=reference,
                actor="bench", at=at,
            )  # fmt: skip
    return people


def _spend_and_earn(customer_id: int, document: str) -> None:
    at = timezone.now()
    with transaction.atomic():
        points.spend(customer_id=customer_id, points=150, document=document, at=at, **WHO)
        points.earn(
            [points.Earning(line, 20, "bench", amount_minor=2000) for line in range(1, LINES + 1)],
            customer_id=customer_id,
            document=document,
            at=at,
            **WHO,
        )
        transaction.set_rollback(True)


def points_spend() -> Result:
    """How many times longer than the bare statements; what is measured is rolled back."""
    people = _members()
    names = [f"bench-{n}" for n in range(len(people))]
    ratios, statements, rate = [], 0, 0.0
    for _turn in range(TURNS):
        scripts = []
        for customer_id, name in zip(people, names, strict=True):
            with _recorded() as seen:
                _spend_and_earn(customer_id, name)
            scripts.append([s for s in seen if not s[0].startswith(("SAVEPOINT", "RELEASE"))])
            statements = len(scripts[-1])
        start = time.perf_counter()
        for customer_id, name in zip(people, names, strict=True):
            _spend_and_earn(customer_id, name)
        mine = time.perf_counter() - start
        with _connect() as bare, bare.cursor() as cursor:
            start = time.perf_counter()
            for script in scripts:
                for sql, params in script:
                    cursor.execute(sql, params)
                bare.rollback()
            ratios.append(mine / (time.perf_counter() - start))
        rate = len(people) / mine
    return result(
        "points_spend",
        "S: the same SQL in a bare psycopg loop",
        ratios[1:],
        at_most=8,
        note=f"{statements} statements, {rate:.0f} spends with earnings a second",
    )
