"""`relaunch_sweep`: a million baskets left behind: planned by one statement, decided one by one.

Floors of the same run: the bare INSERT of as many rows, and the decisions' own SQL in a bare loop.
"""

import json
import time
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from psycopg import ClientCursor

from benchmarks.filling import apart, filling
from benchmarks.measure import Result, result

BASKETS = 1_000_000
PEOPLE = 200_000
FILLED = (
    "customers_customer",
    "customers_identity",
    "customers_consentevent",
    "orders_basket",
    "orders_basketline",
)
DECIDED = 100  # a turn
TURNS = 5


def relaunch_sweep(url: str) -> Result:
    """In a database of its own, by a process of its own; filled once."""
    return Result(**apart("benchmarks.relaunching", url))


def _fill(cursor: Any) -> None:
    """People of whom half agreed to mails, baskets of the last week, each with two articles."""
    cursor.execute("SELECT count(*) FROM orders_basket")
    if cursor.fetchone()[0] >= BASKETS:
        return
    raw = cursor.cursor
    with filling(raw, *FILLED):
        _people_and_baskets(raw)


def _people_and_baskets(cursor: Any) -> None:
    cursor.execute(
        """
        INSERT INTO customers_customer (id, number, first_name, last_name, language, created_at)
        SELECT 10000000 + n, 'B-' || n, 'Camille', 'Martin', 'fr', now()
          FROM generate_series(1, %(people)s) n;
        INSERT INTO customers_identity (customer_id, kind, value)
        SELECT 10000000 + n, 'email', 'b' || n || '@example.org'
          FROM generate_series(1, %(people)s) n;
        INSERT INTO customers_consentevent
          (customer_id, purpose, channel, granted, basis, text_version, source, document, actor, at)
        SELECT 10000000 + n, 'marketing', 'email', n %% 2 = 0, 'consent', 'x', 'x', '', 'x',
               now() - interval '1 year'
          FROM generate_series(1, %(people)s) n;
        INSERT INTO orders_basket
          (id, token, customer_id, channel, status, email, language, coupons, held_label,
           created_at, changed_at)
        SELECT 10000000 + n, gen_random_uuid(), 10000000 + 1 + n %% %(people)s, 'web', 'open', '',
               'fr', '{}', '', now() - interval '8 days',
               now() - interval '3 hours' - interval '6 days' * n / %(baskets)s
          FROM generate_series(1, %(baskets)s) n;
        INSERT INTO orders_basketline
          (basket_id, variant_id, quantity, seen_unit_minor, discount_minor, discount_reason,
           added_at)
        SELECT 10000000 + n, (v.ids)[1 + (n + k * 7) %% array_length(v.ids, 1)], 1, 1000, 0, '',
               now()
          FROM generate_series(1, %(baskets)s) n, generate_series(0, 1) k,
               (SELECT array_agg(id) AS ids FROM catalog_variant WHERE active) v
        """,
        {"people": PEOPLE, "baskets": BASKETS},
    )


def _timed(job: Any) -> float:
    start = time.perf_counter()
    job()
    return time.perf_counter() - start


def main() -> None:
    """Measure in this process; the last line is the result."""
    import django

    django.setup()
    from django.conf import settings
    from django.db import connection, transaction
    from django.utils import timezone

    from benchmarks.stock import _connect, _recorded
    from orders.models import Campaign, Relaunch
    from orders.services import planning, relaunch

    settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
    at = timezone.now()
    campaign = Campaign.objects.get(kind="basket")
    Campaign.objects.filter(pk=campaign.pk).update(
        status="active", activated_at=at, activated_count=0, catch_up_hours=24 * 30,
        horizon_days=365, holdout_percent=10,
    )  # fmt: skip
    with connection.cursor() as cursor:
        _fill(cursor)
        cursor.execute("TRUNCATE orders_relaunch, orders_attribution")
        campaign.steps.filter(number=2).delete()
        campaign.steps.update(planned_until=None)
        cursor.execute("CREATE TEMP TABLE bare (LIKE orders_relaunch INCLUDING ALL)")
        bare_insert = _timed(
            lambda: cursor.execute(
                """INSERT INTO bare (campaign_step_id, step, basket_id, customer_id, document,
                          facts, status, reason, since, due_at, dropped)
                   SELECT %s, 1, id, customer_id, 'basket:' || id, '{}', 'scheduled', '',
                          changed_at, changed_at, '[]' FROM orders_basket WHERE status = 'open'""",
                [campaign.steps.get().pk],
            )
        )
    made: list[int] = []
    first = _timed(lambda: made.append(planning.schedule(at=at)))
    again = _timed(lambda: planning.schedule(at=at + timedelta(minutes=1)))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE orders_relaunch")
    # In office hours, whatever the time of the run.
    at = at.replace(hour=12, minute=0) + timedelta(days=1)
    ids = list(Relaunch.objects.due(at).values_list("pk", flat=True)[: DECIDED * TURNS])
    ratios, rate, statements = [], 0.0, 0.0
    for turn in range(TURNS):
        part = ids[turn * DECIDED : (turn + 1) * DECIDED]
        with transaction.atomic(), _recorded() as seen:
            for pk in part:
                relaunch.send(relaunch_id=pk, at=at)
            transaction.set_rollback(True)
        script = [one for one in seen if not one[0].startswith(("SAVEPOINT", "RELEASE"))]
        statements = len(script) / DECIDED
        with _connect() as bare, ClientCursor(bare) as raw:  # binds as Django does
            floor = _timed(lambda: [raw.execute(sql, params) for sql, params in script])  # noqa: B023  called at once
            bare.rollback()
        mine = _timed(lambda: [relaunch.send(relaunch_id=pk, at=at) for pk in part])  # noqa: B023  too
        rate = DECIDED / mine
        ratios.append(mine / floor)
    decided = Relaunch.objects.filter(pk__in=ids)
    sent = decided.filter(status="sent").count()
    line = result(
        "relaunch_sweep",
        "S: the decisions' SQL in a bare psycopg loop",
        ratios,
        at_most=8,
        note=(
            f"{made[0]:,} baskets planned in {first:.1f} s ({first / bare_insert:.2f} × a bare "
            f"INSERT), the next sweep {1000 * again:.0f} ms; {rate:.0f} decisions/s, "
            f"{statements:.1f} statements each, {sent / len(ids):.0%} sent"
        ),
    )
    print(json.dumps(asdict(line)))


if __name__ == "__main__":
    main()
