"""The clocks (GDP-1): the last real act through all records, told before, then erased."""

from datetime import date, timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from customers.models import Customer, Identity, Message, Visit
from customers.services.visits import record_visit
from omnishop.privacy import rules
from omnishop.privacy.models import (
    ArchivedInvoice,
    ErasureRequest,
    RetentionNotice,
    RetentionPeriod,
)
from omnishop.privacy.services import clocks, erasing, retaining
from orders.models import Basket, Order
from tests.factories import BasketFactory, CustomerFactory, StoreFactory, TillFactory, UserFactory
from tests.orders import flows

pytestmark = pytest.mark.django_db
NOW = timezone.make_aware(timezone.datetime(2026, 11, 17, 12, 0))
DAY = timedelta(days=1)
KEPT = timedelta(days=1095)


def known_since(days, **more):
    """A person known for so many days who never did anything."""
    person = CustomerFactory(**more)
    Customer.objects.filter(pk=person.pk).update(created_at=NOW - days * DAY)
    return person


def told():
    return {one.customer_id for one in retaining.to_tell(at=NOW)}


def test_who_did_nothing_for_three_years_less_a_month_is_told():
    late = known_since(1095 - 30 + 1)
    known_since(1095 - 30 - 1)

    assert told() == {late.pk}


def seen(person, at):
    record_visit(customer_id=person.pk, channel="web", day=timezone.localdate(at), at=at)


@pytest.mark.parametrize("of", ["order", "visit", "basket", "sign-in", "merged"])
def test_each_real_act_starts_the_clock_again(of):
    person = known_since(2000, email="camille@example.org")
    assert told() == {person.pk}
    lately = NOW - DAY
    if of == "order":
        store = StoreFactory()
        flows.sold(TillFactory(store=store), (flows.stocked(store), 1), customer=person, at=lately)
    elif of == "visit":
        seen(person, lately)
        seen(person, lately + timedelta(hours=1))
        assert Visit.objects.get().last_at == lately + timedelta(hours=1)
    elif of == "basket":
        BasketFactory(customer=person, changed_at=lately)
    elif of == "sign-in":
        Customer.objects.filter(pk=person.pk).update(user=UserFactory(last_login=lately))
    else:
        old = known_since(2500)
        Customer.objects.filter(pk=old.pk).update(merged_into=person)
        seen(old, lately)

    assert told() == set()


def test_receiving_a_mail_is_no_act_and_a_card_keeps_nobody_longer():
    person = known_since(2000)
    Identity.objects.create(customer=person, kind="card", value="2900010000018")
    Message.objects.create(
        key="x", customer=person, purpose="marketing", template="t", to="a@b.org", language="fr",
        status="sent", sent_at=NOW - DAY, queued_at=NOW - DAY, due_at=NOW - DAY,
    )  # fmt: skip

    assert told() == {person.pk}


def test_told_once_then_erased_on_the_day():
    person = known_since(2000, email="camille@example.org", last_name="Durand")

    retaining.run(at=NOW)
    retaining.run(at=NOW + DAY)

    notice = RetentionNotice.objects.get()
    assert notice.erase_on == date(2026, 12, 17)
    mail = Message.objects.get()
    assert (mail.template, mail.to) == ("retention_warning", "camille@example.org")
    assert mail.context["erase_on"] == "17\u00a0déc. 2026"
    assert not ErasureRequest.objects.exists()

    retaining.run(at=NOW + 30 * DAY)
    request = ErasureRequest.objects.get()
    assert erasing.go_on(request_id=request.pk, at=NOW + 30 * DAY)

    person.refresh_from_db()
    assert (person.last_name, Identity.objects.count()) == ("", 0)
    notice.refresh_from_db()
    assert notice.status == "erased"
    assert retaining.run(at=NOW + 31 * DAY) == 0  # nobody is told twice, nor erased twice


def test_who_comes_back_in_time_stays():
    person = known_since(2000, email="camille@example.org", last_name="Durand")
    retaining.run(at=NOW)
    seen(person, NOW + 3 * DAY)

    retaining.run(at=NOW + 30 * DAY)

    assert RetentionNotice.objects.get().status == "back"
    assert not ErasureRequest.objects.exists()


def test_periods_are_dated_data():
    RetentionPeriod.objects.create(rule="inactive", days=730, valid_from=date(2027, 1, 1))
    known_since(800)

    assert rules.days("inactive", on=date(2026, 12, 31)) == 1095
    assert rules.days("inactive", on=date(2027, 1, 1)) == 730
    assert told() == set()
    assert len(retaining.to_tell(at=NOW + 60 * DAY)) == 1


def test_the_dry_run_says_who_why_and_when_and_writes_nothing():
    person = known_since(2000)
    out = StringIO()

    call_command("retain", "--dry-run", stdout=out)

    assert person.number in out.getvalue()
    assert "last act" in out.getvalue()
    assert not RetentionNotice.objects.exists()


def test_whom_to_tell_is_one_statement_for_however_many(django_assert_num_queries):
    for _person in range(5):
        known_since(2000)

    with django_assert_num_queries(2):  # and the period
        assert len(retaining.to_tell(at=NOW)) == 5


def test_the_address_of_a_guest_s_basket_goes_after_ninety_days():
    old = BasketFactory(email="a@b.org", changed_at=NOW - 91 * DAY)
    new = BasketFactory(email="a@b.org", changed_at=NOW - 89 * DAY)
    assert clocks.due(at=NOW)["baskets"] == 1

    assert clocks.run(at=NOW, limit=10)["baskets"] == 1

    assert dict(Basket.objects.values_list("pk", "email")) == {old.pk: "", new.pk: "a@b.org"}
    assert clocks.run(at=NOW, limit=10)["baskets"] == 0


def test_the_words_of_messages_go_and_what_waits_stays():
    for status, days in (("sent", 400), ("sent", 10), ("queued", 400)):
        at = NOW - days * DAY
        Message.objects.create(
            key=f"{status}{days}", purpose="service", template="t", to="a@b.org", language="fr",
            context={"name": "Camille"}, status=status, sent_at=at, queued_at=at, due_at=at,
        )  # fmt: skip

    clocks.run(at=NOW, limit=10)

    assert set(Message.objects.filter(context={}).values_list("key", "to")) == {("sent400", "")}


def test_a_guest_s_old_order_goes_to_the_archive_and_ten_years_later_from_it():
    store = StoreFactory()
    shop = flows.stocked(store)
    long_ago = NOW - 1100 * DAY
    order = flows.sold(TillFactory(store=store), (shop, 1), at=NOW)
    Order.objects.filter(pk=order.pk).update(
        name="Camille Martin", email="a@b.org", placed_at=long_ago, sold_on=long_ago.date()
    )

    assert clocks.run(at=NOW, limit=10)["guest_orders"] == 1

    order.refresh_from_db()
    assert (order.name, order.email) == ("", "")
    archived = ArchivedInvoice.objects.get()
    assert archived.data["name"] == "Camille Martin"
    clocks.run(at=NOW + 2500 * DAY, limit=10)
    assert ArchivedInvoice.objects.exists()
    clocks.run(at=NOW + 2600 * DAY, limit=10)
    assert not ArchivedInvoice.objects.exists()
