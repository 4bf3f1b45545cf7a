"""Reminders while their person buys, beside other workers, and cut at any statement (F-1, F-31)."""

from contextlib import suppress
from datetime import timedelta

import pytest
from django.core import mail

from customers.models import Message
from customers.services import marketing
from orders.models import Basket, Order
from orders.services import (
    planning,
    relaunch,
)
from tests.factories import (
    NOON,
    CampaignFactory,
    StoreFactory,
    TillFactory,
)
from tests.inventory.test_races import at_once
from tests.orders.campaigning import HOUR, SECOND, agreeing, left, log, meanwhile, run
from tests.orders.flows import sold, stocked
from tests.orders.test_faults import Killed, killed_at

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("invariants")]


@pytest.fixture(autouse=True)
def _carried_nowhere(settings, tmp_path):
    settings.SMS_FILE_PATH, settings.PUSH_FILE_PATH = tmp_path, tmp_path


@pytest.fixture
def desk(db):
    return TillFactory()


@pytest.fixture
def article(desk):
    return stocked(desk.store)


@pytest.fixture
def camille(db):
    return agreeing(email="camille@example.org", first_name="Camille")


# --- Races ----------------------------------------------------------------------------------------


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_f31_a_purchase_that_commits_while_it_is_decided_wins(monkeypatch):
    desk = TillFactory()
    article, camille = stocked(desk.store), agreeing(email="camille@example.org")
    CampaignFactory(steps=[2 * HOUR])
    left(article, customer=camille)
    planning.schedule(at=NOON)
    (pk,) = relaunch.due(NOON)
    lock = marketing.lock

    with meanwhile(lambda: sold(desk, (article, 1), customer=camille, at=NOON - SECOND)) as buyer:

        def commits_first(customer_id):
            buyer.commit()
            buyer.join()
            return lock(customer_id)

        monkeypatch.setattr(marketing, "lock", commits_first)
        assert not relaunch.send(relaunch_id=pk, at=NOON)

    assert log() == [("withheld", "bought")]
    assert mail.outbox == []


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_f31_a_purchase_cannot_commit_between_the_decision_and_the_mark(monkeypatch):
    """Fails without the lock on the person's records."""
    desk = TillFactory()
    article, camille = stocked(desk.store), agreeing(email="camille@example.org")
    CampaignFactory(steps=[2 * HOUR])
    left(article, customer=camille)
    planning.schedule(at=NOON)
    (pk,) = relaunch.due(NOON)
    wish_of, waited = relaunch.wish_of, []

    with meanwhile(lambda: sold(desk, (article, 1), customer=camille, at=NOON + SECOND)) as buyer:

        def tries_to_commit(*args, **facts):
            wish = wish_of(*args, **facts)
            buyer.commit()
            buyer.join(1)
            waited.append(buyer.is_alive())
            return wish

        monkeypatch.setattr(relaunch, "wish_of", tries_to_commit)
        assert relaunch.send(relaunch_id=pk, at=NOON)

    assert waited == [True]
    assert Order.objects.filter(status="fulfilled").count() == 1


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_a_basket_in_somebodys_hands_is_looked_at_again_later():
    article = stocked(StoreFactory())
    CampaignFactory(steps=[2 * HOUR])
    basket = left(article, customer=agreeing(email="camille@example.org"))
    planning.schedule(at=NOON)
    (pk,) = relaunch.due(NOON)

    with meanwhile(lambda: Basket.objects.filter(pk=basket.pk).update(status="ordered")):
        assert not relaunch.send(relaunch_id=pk, at=NOON)
        assert log() == [("scheduled", "")]

    assert not relaunch.send(relaunch_id=pk, at=NOON + timedelta(minutes=1))
    assert log() == [("withheld", "bought")]


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_six_workers_send_one_message():
    article = stocked(StoreFactory())
    CampaignFactory(steps=[2 * HOUR])
    left(article, customer=agreeing(email="camille@example.org"))
    planning.schedule(at=NOON)
    (pk,) = relaunch.due(NOON)

    sent = at_once([lambda: relaunch.send(relaunch_id=pk, at=NOON)] * 6)

    assert sorted(map(bool, sent)) == [False] * 5 + [True]
    assert len(mail.outbox) == 1


# --- Killed workers -------------------------------------------------------------------------------


def test_f1_a_worker_killed_at_any_statement_never_sends_twice(camille, article):
    """Planned, decided and delivered once, wherever it was cut; at worst the one mail is lost."""
    CampaignFactory(steps=[2 * HOUR])
    left(article, customer=camille)
    planning.schedule(at=NOON)
    (pk,) = relaunch.due(NOON)
    cut = 0
    while log() == [("scheduled", "")]:
        assert (mail.outbox, Message.objects.count()) == ([], 0), cut
        with killed_at(cut), suppress(Killed):
            relaunch.send(relaunch_id=pk, at=NOON)
        cut += 1
    assert cut > 15  # each statement of the decision was the last one once
    run()
    run()

    assert log() == [("sent", "")]
    assert Message.objects.count() == 1
    assert len(mail.outbox) <= 1  # cut after the mark: lost, not repeated
