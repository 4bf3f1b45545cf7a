"""Ledgers are written once: the model refuses, and the database refuses what bypasses it."""

from datetime import timedelta

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction

from catalog.models import CatalogChange, Price
from customers.models import Case, CaseEntry, ConsentEvent, ConsentText
from customers.services.consents import record_consent
from inventory.models import StockMovement
from loyalty.models import PointsEntry, TierChange
from loyalty.services.corrections import correct
from omnishop.kernel.append_only import AppendOnly
from omnishop.privacy.models import ArchiveLook
from orders.models import Approval, OrderEvent, PaymentEvent, Receipt
from orders.services import baskets
from tests.factories import (
    NOON,
    AccountFactory,
    CustomerFactory,
    StockLevelFactory,
    TillFactory,
    UserFactory,
    VariantFactory,
)
from tests.orders.flows import sold, stocked

pytestmark = pytest.mark.django_db


def movement():
    StockLevelFactory()
    return StockMovement.objects.get()


def points():
    correct(
        customer_id=AccountFactory().customer_id,
        points=5,
        reason="gift",
        reference="G-1",
        actor="user:1",
        at=NOON,
    )
    return PointsEntry.objects.get()


def consent():
    return record_consent(
        customer=CustomerFactory(), granted=True, source="account", actor="customer", at=NOON
    )


def consent_text():
    return consent().text


def receipt():
    desk = TillFactory()
    sold(desk, (stocked(desk.store), 1))
    return Receipt.objects.get()


def order_event():
    desk = TillFactory()
    sold(desk, (stocked(desk.store), 1))
    return OrderEvent.objects.first()


def payment_event():
    return PaymentEvent.objects.create(
        provider="sandbox",
        event_id="evt_1",
        kind="captured",
        reference="r",
        amount_minor=1,
        currency="EUR",
        received_at=NOON,
    )


def change():
    VariantFactory()
    return CatalogChange.objects.first()


def approval():
    desk, user = TillFactory(), UserFactory()
    return Approval.objects.create(
        till=desk,
        basket=baskets.start(at=NOON, channel="till", till=desk),
        act=Approval.Act.VOID_SALE,
        what="2 articles",
        amount_minor=1,
        reason="départ",
        asked_by=user,
        approver=user,
        answer=Approval.Answer.GRANTED,
        at=NOON,
    )


def look():
    return ArchiveLook.objects.create(document="O-1", user=UserFactory(), at=NOON)


def tier_change():
    return TierChange.objects.create(
        account=AccountFactory(), before="", after="or", counted=1, at=NOON
    )


def case_entry():
    case = Case.objects.create(
        number="K-1", subject="?", channel="form", due_at=NOON, opened_at=NOON, last_at=NOON
    )
    return CaseEntry.objects.create(case=case, side="customer", actor="customer", key="1", at=NOON)


LEDGERS = {
    CaseEntry: (case_entry, "actor"),
    ArchiveLook: (look, "document"),
    TierChange: (tier_change, "after"),
    Approval: (approval, "reason"),
    StockMovement: (movement, "actor"),
    PointsEntry: (points, "actor"),
    ConsentEvent: (consent, "source"),
    ConsentText: (consent_text, "text"),
    Receipt: (receipt, "payload"),
    OrderEvent: (order_event, "actor"),
    PaymentEvent: (payment_event, "kind"),
    CatalogChange: (change, "actor"),
}


def test_no_ledger_is_forgotten_here():
    assert set(LEDGERS) == {m for m in apps.get_models() if issubclass(m, AppendOnly)}


@pytest.mark.parametrize("model", LEDGERS, ids=lambda model: model.__name__)
def test_the_model_refuses_changes(model):
    row = LEDGERS[model][0]()

    with pytest.raises(TypeError, match="counter-entry"):
        row.save()
    with pytest.raises(TypeError, match="counter-entry"):
        row.delete()


@pytest.mark.parametrize("model", LEDGERS, ids=lambda model: model.__name__)
def test_the_database_refuses_what_bypasses_the_model(model):
    make, column = LEDGERS[model]
    row = make()
    rows = model.objects.filter(pk=row.pk)

    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        rows.update(**{column: "changed"})
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        rows._raw_delete(rows.db)
    with (
        pytest.raises(IntegrityError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(f"DELETE FROM {model._meta.db_table}")  # noqa: S608  a table of ours

    assert rows.exists()


def test_a_price_may_be_ended_and_nothing_else():
    price = VariantFactory().prices.get()
    prices = Price.objects.filter(pk=price.pk)

    for change in (
        {"amount_minor": 1},
        {"valid_from": NOON},
        {"variant": VariantFactory()},
        {"amount_minor": 1, "valid_to": NOON},
    ):
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            prices.update(**change)
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        prices._raw_delete(prices.db)

    assert prices.update(valid_to=NOON) == 1
    price.refresh_from_db()
    assert (price.amount_minor, price.valid_to) == (2000, NOON)
    assert price.valid_from < NOON - timedelta(days=1)
