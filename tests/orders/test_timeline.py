"""The timeline: every contact of every channel once, constant statements, each viewer theirs."""

from datetime import timedelta

import pytest
from django.urls import reverse

from catalog.models import Review
from customers.models import ConsentEvent, Customer, CustomerMerge, Message, Visit
from customers.services import conversations
from customers.services.conversations import Sender
from loyalty.services.corrections import correct
from loyalty.services.points import join
from omnishop.channels.timeline import contact
from orders.models import BasketLine, StockAlert, WishItem
from orders.timeline import Kind, after, rows
from tests.factories import (
    NOON,
    BasketFactory,
    BasketLineFactory,
    CustomerFactory,
    StaffFactory,
    StoreFactory,
    TillFactory,
    VariantFactory,
)
from tests.orders.flows import sold, stocked

pytestmark = pytest.mark.django_db


def lived(person, *, store=None, till=None, times=1):
    """A person of whom there is something of each kind, `times` times over."""
    till = till or TillFactory(store=store or StoreFactory())
    join(customer=person, at=NOON)
    for n in range(times):
        at = NOON + timedelta(hours=n)
        order = sold(till, (stocked(till.store), 1), customer=person, at=at)
        Review.objects.create(
            product=order.lines.first().variant.product, variant=order.lines.first().variant,
            rating=5, document=order.number, line=order.lines.first().position, channel="till",
            received_on=at.date(), text="Très bien", author="C.", written_at=at,
            customer_number=person.number,
        )  # fmt: skip
        Visit.objects.create(
            customer=person, channel="web", day=at.date() + timedelta(days=n), first_at=at,
            last_at=at,
        )  # fmt: skip
        wished, watched = VariantFactory(), VariantFactory()
        WishItem.objects.create(
            wish_list=person.wish_lists.get_or_create(
                name="Noël", defaults={"created_at": at, "changed_at": at}
            )[0],
            product=wished.product, variant=wished, added_at=at,
        )  # fmt: skip
        StockAlert.objects.create(
            customer=person, email="c@example.org", variant=watched, store=till.store,
            status="waiting", asked_at=at, confirmed_at=at, expires_at=at + timedelta(days=90),
        )  # fmt: skip
        basket = BasketFactory(customer=person, changed_at=at, status="later")
        BasketLineFactory(basket=basket, variant=VariantFactory(), quantity=2)
        Message.objects.create(
            key=f"m{person.pk}:{n}", customer=person, purpose="marketing", template="news",
            to="c@example.org", language="fr", queued_at=at, due_at=at, status="withheld",
            reason="no consent",
        )  # fmt: skip
        ConsentEvent.objects.create(
            customer=person, purpose="marketing", channel="email", granted=bool(n % 2),
            text_version="1", source="account", actor="customer", at=at,
        )  # fmt: skip
        correct(
            customer_id=person.pk, points=10, reason="Geste", reference=f"X-{person.pk}-{n}",
            actor="user:1", at=at,
        )  # fmt: skip
        case = conversations.open_case(
            subject="Question", text="Bonjour", channel="form",
            sender=Sender(customer_id=person.pk, email="c@example.org"), key=f"{person.pk}:{n}",
            actor="customer", at=at, store_id=till.store_id,
        )  # fmt: skip
        conversations.note(
            case_id=case.pk, text="Entre nous", key=f"n{person.pk}:{n}", actor="user:1", at=at
        )
    return person


def kinds(found):
    return {row.kind for row in found}


def test_everything_of_every_channel_is_in_one_list():
    person = lived(CustomerFactory())
    desk = StaffFactory(all_stores=True).user

    found, more = rows(person, viewer=desk)

    assert kinds(found) == set(Kind.values) - {"return", "merge"}
    assert more == ""
    assert [row.at for row in found] == sorted((row.at for row in found), reverse=True)
    assert {row.data["reason"] for row in found if row.kind == "message"} == {"no consent"}


def test_the_person_reads_no_notes_and_no_mail_that_did_not_leave():
    person = lived(CustomerFactory())

    found, _more = rows(person, viewer=None)

    assert "message" not in kinds(found)
    assert [row.data["text"] for row in found if row.kind == "case"] == ["Bonjour"]


def test_a_merged_record_is_read_with_the_live_one_and_separately_afterwards():
    kept, source = lived(CustomerFactory()), lived(CustomerFactory())
    before = len(rows(kept, viewer=None)[0])
    CustomerMerge.objects.create(source=source, target=kept, reason="x", by="user:1", at=NOON)
    Customer.objects.filter(pk=source.pk).update(merged_into=kept)
    desk = StaffFactory(all_stores=True).user

    assert len(rows(kept, viewer=None)[0]) == 2 * before
    assert "merge" in kinds(rows(kept, viewer=desk)[0])
    Customer.objects.filter(pk=source.pk).update(merged_into=None)
    assert len(rows(kept, viewer=None)[0]) == before


def test_wishes_and_alerts_are_read_by_the_person_and_by_staff_of_the_store():
    person, store = CustomerFactory(), StoreFactory(name="Lyon")
    lived(person, store=store)
    elsewhere = StaffFactory(stores=[StoreFactory()], role="store_manager").user

    def seen(viewer):
        found, _more = rows(person, viewer=viewer, kinds=["wish"])
        return {contact(row, staff=viewer is not None).title.split(" ")[0] for row in found}

    found, _more = rows(person, viewer=None, kinds=["wish"])
    alert, wish = sorted(found, key=lambda row: row.id)
    assert (alert.store, alert.data["status"], alert.data["reason"]) == ("Lyon", "waiting", "")
    assert (wish.data["list"], wish.data["removed"]) == ("Noël", False)
    shown = contact(wish, staff=False)
    assert shown.title == f"Sur la liste «\u202fNoël\u202f»\u202f: {wish.data['product']}"
    assert shown.href == reverse("storefront:product", args=[wish.data["slug"]])
    assert seen(None) == seen(StaffFactory(all_stores=True).user) == {"Sur", "À"}
    assert seen(elsewhere) == {"Sur"}


def test_pages_go_on_without_gap_or_repeat():
    person = lived(CustomerFactory(), times=3)
    whole, _more = rows(person, viewer=None, size=200)

    seen, cursor = [], ""
    while True:
        found, cursor = rows(person, viewer=None, size=4, cursor=cursor)
        seen += found
        if not cursor:
            break

    assert seen == whole
    assert len({(row.kind, row.id) for row in seen}) == len(seen)


def test_filters_by_kind_and_channel():
    person = lived(CustomerFactory())

    assert kinds(rows(person, viewer=None, kinds=["order", "receipt"])[0]) == {"order", "receipt"}
    assert {row.channel for row in rows(person, viewer=None, channels=["till"])[0]} == {"till"}
    assert kinds(rows(person, viewer=None, kinds=["nonsense"])[0]) != set()


def test_staff_of_a_store_see_nothing_of_another_s_orders_and_cases():
    person = lived(CustomerFactory())
    elsewhere = StaffFactory(stores=[StoreFactory()], role="store_manager").user

    found, _more = rows(person, viewer=elsewhere)

    assert not kinds(found) & {"order", "receipt", "case"}
    assert "consent" in kinds(found)


def test_statements_do_not_grow_with_the_list(django_assert_num_queries):
    short, long = lived(CustomerFactory()), lived(CustomerFactory(), times=4)
    assert BasketLine.objects.count() > 0
    desk = StaffFactory(all_stores=True).user
    desk.staff  # noqa: B018  read with the session

    with django_assert_num_queries(2):
        rows(short, viewer=desk, size=200)
    with django_assert_num_queries(2):
        rows(long, viewer=desk, size=200)


@pytest.mark.parametrize("cursor", ["", "x", "AAAA", "🙂", "MjAyNi0xMS0xN3xvcmRlcnwx", "%00"])
def test_a_cursor_that_is_none_begins_at_the_newest(cursor):
    assert after(cursor) is None
