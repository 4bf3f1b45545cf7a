"""Two tills cannot spend the same points: the account row decides (FIELD 25, 30)."""

from threading import Barrier, Thread

import pytest
from django.db import connection

from loyalty.models import PointsEntry
from loyalty.services import points as services
from loyalty.services.corrections import correct
from loyalty.services.points import NotEnoughPoints
from tests.factories import NOON, AccountFactory

pytestmark = [
    pytest.mark.race,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("invariants"),
]


def at_once(*jobs):
    barrier, answers = Barrier(len(jobs)), []

    def run(job):
        try:
            barrier.wait()
            answers.append(job())
        except NotEnoughPoints:
            answers.append("refused")
        finally:
            connection.close()

    threads = [Thread(target=run, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def member(points, *, customer=None):
    account = AccountFactory(**({"customer": customer} if customer else {}))
    correct(
        customer_id=account.customer_id,
        points=points,
        reason="gift",
        reference=f"G{account.pk}",
        actor="u",
        at=NOON,
    )
    return account


def spend(account, points, document):
    return services.spend(
        customer_id=account.customer_id,
        points=points,
        document=document,
        channel="till",
        actor="u",
        at=NOON,
    )


def test_ten_tills_spend_the_same_points_once():
    account = member(100)

    answers = at_once(*[lambda n=n: spend(account, 60, f"O-{n}") for n in range(10)])

    assert sorted(answers, key=str) == [60] + ["refused"] * 9
    account.refresh_from_db()
    assert account.balance == 40


def test_one_document_sent_ten_times_spends_once():
    account = member(100)

    answers = at_once(*[lambda: spend(account, 10, "O-1")] * 10)

    assert answers == [10] * 10
    account.refresh_from_db()
    assert account.balance == 90
    assert PointsEntry.objects.filter(kind="spend").count() == 1
