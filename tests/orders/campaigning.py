"""Baskets left behind, consents and turns of the tasks, for the tests of campaigns."""

from contextlib import contextmanager
from datetime import timedelta
from threading import Event, Thread

import time_machine
from django.db import connection, transaction

from customers.services.consents import record_consent
from orders import tasks
from orders.models import Relaunch
from tests.factories import (
    LONG_AGO,
    NOON,
    BasketFactory,
    BasketLineFactory,
    CustomerFactory,
)

HOUR, DAY, SECOND = timedelta(hours=1), timedelta(days=1), timedelta(seconds=1)
LEFT = NOON - 3 * HOUR


def agreeing(*channels, **facts):
    customer = CustomerFactory(**facts)
    for channel in channels or ("email",):
        answer(customer, True, at=LONG_AGO, channel=channel)
    return customer


def answer(customer, granted, at=NOON, channel="email"):
    record_consent(
        customer=customer, granted=granted, source="account", actor="customer", at=at,
        channel=channel,
    )  # fmt: skip


def profile(customer, granted, at=NOON):
    """The answer to being chosen by what one buys."""
    record_consent(
        customer=customer, granted=granted, source="account", actor="customer", at=at,
        purpose="profiling", channel="all",
    )  # fmt: skip


def left(*variants, customer, at=LEFT, **facts):
    basket = BasketFactory(customer=customer, created_at=at, changed_at=at, **facts)
    for variant in variants:
        BasketLineFactory(basket=basket, variant=variant)
    return basket


def run(at=NOON, *, tick=False):
    """What the real tasks do at that instant, each of them three times (FIELD §4.3)."""
    with time_machine.travel(at, tick=tick):
        for task in (tasks.schedule_relaunches, tasks.plan_campaigns, tasks.send_due_relaunches):
            for _turn in range(3):
                task()


def log():
    return [(row.status, row.reason) for row in Relaunch.objects.order_by("pk")]


@contextmanager
def meanwhile(work):
    """A transaction of another connection, held open until it is told to commit."""
    written, go_on = Event(), Event()

    def act():
        try:
            with transaction.atomic():
                work()
                written.set()
                assert go_on.wait(20)
        finally:
            connection.close()

    thread = Thread(target=act)
    thread.start()
    assert written.wait(20)
    thread.commit = go_on.set
    try:
        yield thread
    finally:
        go_on.set()
        thread.join()
