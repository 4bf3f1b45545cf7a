"""The desk's pages: who enters, what they see, acts with their preview, the answer kept."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from catalog.models import Coupon
from customers.models import Case, CaseEntry, Identity, Message, ReplyTemplate, Visit
from customers.services import conversations
from customers.services.conversations import Sender
from inventory.models import StockLevel
from loyalty.models import Account, CorrectionLimit, PointsLot
from loyalty.selectors import membership
from loyalty.selectors import progress as member_progress
from loyalty.services.points import join
from orders.services.ways import Pickup
from tests.factories import (
    NOON,
    CustomerFactory,
    DeliveryMethodFactory,
    ProgrammeFactory,
    StaffFactory,
    StoreFactory,
    TillFactory,
)
from tests.orders.flows import collected, paid, sold, stocked

pytestmark = pytest.mark.django_db


def signed_in(settings, **staff):
    settings.STAFF_MFA_REQUIRED = False
    client = Client()
    member = StaffFactory(**staff)
    client.force_login(member.user, backend="omnishop.network.backends.StaffBackend")
    client.user = member.user
    return client


@pytest.fixture
def desk(settings):
    return signed_in(settings, role="service", all_stores=True)


def text(response):
    return response.content.decode().replace("\u00a0", " ").replace("\u202f", " ")


def opened(key="k", **changes):
    values = {
        "subject": "Colis abîmé", "text": "Le carton est ouvert.", "channel": "form",
        "sender": Sender(name="Camille", email="camille@example.org"), "key": key,
        "actor": "customer", "at": NOON,
    }  # fmt: skip
    return conversations.open_case(**values | changes)


def delivered_order(customer=None):
    DeliveryMethodFactory()
    store = StoreFactory()
    article = stocked(store)
    return paid(Pickup(store_id=store.pk), (article, 2), customer=customer)


@pytest.mark.parametrize("role", ["associate", "store_manager", "service"])
def test_another_stores_case_is_not_there_at_any_door(settings, role):
    mine, other = StoreFactory(), StoreFactory()
    client = signed_in(settings, role=role, stores=[mine])
    case = opened(store_id=other.pk)
    before = CaseEntry.objects.count()
    page = f"/care/case/{case.number}/"

    found = [client.get(page)] + [
        client.post(f"{page}{door}/", {"text": "x", "key": "k", "version": "9", "then": "waiting"})
        for door in ("answer", "note", "assign", "status", "change", "link", "join")
    ]

    assert {one.status_code for one in found} == {404}
    assert "Colis" not in text(client.get("/care/?tab=all"))
    assert "Colis" not in text(client.get("/care/find/?q=Colis"))
    assert client.get("/care/", {"q": case.number}).status_code == 200  # found nothing
    assert CaseEntry.objects.count() == before


def test_shoppers_and_associates_are_turned_away_from_people_and_acts(settings):
    shopper = Client()
    associate = signed_in(settings, role="associate", stores=[StoreFactory()])
    person = CustomerFactory()

    assert shopper.get("/care/").status_code == 302
    assert associate.get(f"/care/person/{person.number}/").status_code == 403
    assert associate.get("/care/order/O-0000001/").status_code == 403
    assert associate.get("/care/case/K-000001/points/").status_code == 403
    assert associate.get("/care/participation/").status_code == 403
    assert "/care/participation/" not in associate.get("/care/").content.decode()
    service = signed_in(settings, role="service", all_stores=True)
    assert "/care/participation/" in service.get("/care/").content.decode()
    assert str(person) not in text(associate.get("/care/", {"q": person.last_name or "x"}))


def test_one_field_finds_person_case_and_order(desk, django_assert_max_num_queries):
    person = CustomerFactory(first_name="Zoé", last_name="Zebulon", number="C-900001")
    Identity.objects.create(customer=person, kind="phone", value="+33639980001", verified_at=NOON)
    Identity.objects.create(customer=person, kind="card", value="2900010000014", verified_at=NOON)
    CustomerFactory(last_name="Zebra")
    case, order = opened(), delivered_order()

    for words in ("06 39 98 00 01", "2900010000014", person.number, "Zebulon"):
        assert desk.get("/care/", {"q": words}).url == f"/care/person/{person.number}/"
    assert desk.get("/care/", {"q": case.number.lower()}).url == f"/care/case/{case.number}/"
    assert desk.get("/care/", {"q": order.number}).url == f"/care/order/{order.number}/"
    assert "Zebra" in text(desk.get("/care/", {"q": "Zeb"}))
    with django_assert_max_num_queries(8):
        both = text(desk.get("/care/find/", {"q": "camille@example.org"}))
    assert case.number in both
    assert order.number in both


@pytest.mark.parametrize("words", ["\x00", "K-", "%", "'", "O-99999999999", "@", "é" * 200])
def test_what_is_nothing_finds_nothing(desk, words):
    assert desk.get("/care/", {"q": words}).status_code == 200


def test_an_answer_is_sent_once_and_the_customer_waits(desk):
    case = opened()
    sent = {"text": "Nous remplaçons.", "key": "one", "version": case.version, "then": "waiting"}

    for _ in range(2):
        assert desk.post(f"/care/case/{case.number}/answer/", sent).status_code == 302

    assert case.entries.filter(side="staff").count() == 1
    assert Message.objects.filter(template="case_answer").count() == 1
    assert Case.objects.get().status == "waiting"


def test_an_answer_beside_another_keeps_the_words_and_shows_what_came(desk):
    case = opened()
    seen = case.version
    conversations.answer(
        case_id=case.pk, text="De Karim", key="x", version=None, actor="user:999", at=NOON
    )

    refused = desk.post(
        f"/care/case/{case.number}/answer/",
        {"text": "De moi", "key": "one", "version": seen, "then": "waiting"},
    )

    page = text(refused)
    assert refused.status_code == 409
    assert "De Karim" in page
    assert "De moi" in page
    assert Message.objects.filter(template="case_answer").count() == 1
    key = re.search(r'name="key" value="(\w+)"', page)[1]
    version = re.search(r'name="version" value="(\d+)"', page)[1]
    desk.post(
        f"/care/case/{case.number}/answer/",
        {"text": "De moi", "key": key, "version": version, "then": "waiting"},
    )
    assert Message.objects.filter(template="case_answer").count() == 2


def test_a_text_begins_the_answer(desk):
    case = opened()
    words = ReplyTemplate.objects.create(name="Retard", language="fr", text="Bonjour {name}, …")

    page = text(desk.get(f"/care/case/{case.number}/", {"template": words.pk}))

    assert "Bonjour Camille, …" in page


def test_a_call_is_written_down_for_a_person(desk):
    person = CustomerFactory()

    desk.post(
        "/care/case/",
        {"channel": "phone", "subject": "Taille", "text": "Hésite", "customer": person.number,
         "priority": "3", "key": "one"},
    )  # fmt: skip

    case = Case.objects.get()
    assert (case.customer, case.assignee, case.channel) == (person, desk.user, "phone")
    assert not Message.objects.exists()  # they were on the telephone


def test_cancelling_shows_what_it_does_and_does_it_once(desk):
    person = CustomerFactory()
    order = delivered_order(person)
    line = order.lines.get(kind="product")
    case = opened(document=order.number)
    url = f"/care/case/{case.number}/cancel/"
    chosen = {f"line-{line.pk}": "1", "reason": "ne convient pas", "key": "one"}

    preview = text(desk.post(url, chosen | {"step": "see"}))
    assert "20,00 €" in preview
    assert "camille@example.org" in preview
    line.refresh_from_db()
    assert line.cancelled == 0

    for _ in range(2):
        assert desk.post(url, chosen | {"step": "confirm"}).status_code == 302

    line.refresh_from_db()
    assert line.cancelled == 1
    entry = CaseEntry.objects.get(what="cancelled")
    assert (entry.data["amount_minor"], entry.internal) == (2000, False)
    assert StockLevel.objects.get().reserved == 1


def test_a_refund_without_return_moves_no_stock_and_not_what_has_a_receipt(desk):
    order = collected(delivered_order())
    line = order.lines.get(kind="product")
    case = opened(document=order.number)
    on_hand = StockLevel.objects.get().on_hand

    desk.post(
        f"/care/case/{case.number}/refund/",
        {f"line-{line.pk}": "1", "reason": "cassé", "key": "one", "step": "confirm"},
    )

    line.refresh_from_db()
    assert (line.returned, line.refunded_minor) == (1, 2000)
    assert StockLevel.objects.get().on_hand == on_hand
    till = TillFactory()
    ticket = sold(till, (stocked(till.store), 1))
    at_till = opened("k2", document=ticket.number)
    page = text(desk.get(f"/care/case/{at_till.number}/refund/"))
    assert "caisse" in page


def test_more_than_a_role_may_give_is_refused_and_nothing_is_done(settings):
    store = StoreFactory()
    client = signed_in(settings, role="store_manager", stores=[store])
    order = paid(Pickup(store_id=store.pk), (stocked(store, price=15_000), 2))
    line = order.lines.get(kind="product")
    case = opened(document=order.number, store_id=store.pk)

    refused = client.post(
        f"/care/case/{case.number}/cancel/",
        {f"line-{line.pk}": "2", "reason": "x", "key": "one", "step": "confirm"},
    )

    assert refused.status_code == 409
    line.refresh_from_db()
    assert line.cancelled == 0
    assert not CaseEntry.objects.filter(what="cancelled").exists()


def test_points_are_given_once_and_within_the_limit(desk):
    CorrectionLimit.objects.update_or_create(role="service", defaults={"each": 500, "day": 2000})
    person = CustomerFactory()
    join(customer=person, at=NOON)
    case = opened(sender=Sender(customer_id=person.pk))
    url = f"/care/case/{case.number}/points/"
    given = {"points": "50", "reason": "Geste", "key": "one", "step": "confirm"}

    assert "50" in text(desk.post(url, given | {"step": "see"}))
    for _ in range(2):
        desk.post(url, given)
    too_many = desk.post(url, given | {"points": "501", "key": "two"})

    assert Account.objects.get().balance == 50
    assert too_many.status_code == 409
    assert CaseEntry.objects.filter(what="points").count() == 1


def test_a_voucher_is_given_once_and_never_to_who_did_not_join(desk):
    person = CustomerFactory()
    case = opened(sender=Sender(customer_id=person.pk))
    url = f"/care/case/{case.number}/voucher/"
    given = {"amount": "15", "reason": "Geste", "key": "one", "step": "confirm"}

    assert desk.post(url, given).status_code == 422
    assert not Account.objects.exists()
    join(customer=person, at=NOON)
    for _ in range(2):
        desk.post(url, given)
    too_much = desk.post(url, given | {"amount": "501", "key": "two"})

    assert Coupon.objects.count() == 1
    entry = CaseEntry.objects.get(what="voucher")
    assert (entry.data["amount_minor"], entry.data["code"]) == (1500, Coupon.objects.get().code)
    assert too_much.status_code == 409


def test_a_message_is_sent_again_once_and_only_of_the_case(desk):
    order = delivered_order()
    case = opened(document=order.number)
    mine = Message.objects.filter(document=order.number).first()
    other = Message.objects.create(
        key="other", purpose="service", template="refund", to="x@example.org", language="fr",
        queued_at=NOON, due_at=NOON, document="O-9999999",
    )  # fmt: skip
    before = Message.objects.count()
    url = f"/care/case/{case.number}/resend/"

    for _ in range(2):
        desk.post(url, {"message": mine.pk, "key": "one"})
    assert desk.post(url, {"message": other.pk, "key": "two"}).status_code == 404

    assert Message.objects.count() == before + 1


def test_a_person_has_everything_on_one_page_with_few_statements(
    desk, django_assert_max_num_queries
):
    person = CustomerFactory(first_name="Camille", last_name="Martin")
    Identity.objects.create(customer=person, kind="email", value="c@example.org", verified_at=NOON)
    order = delivered_order(person)
    case = opened(sender=Sender(customer_id=person.pk))
    Visit.objects.create(
        customer=person, channel="web", day=NOON.date(), first_at=NOON, last_at=NOON
    )

    with django_assert_max_num_queries(16):
        page = text(desk.get(f"/care/person/{person.number}/"))

    assert order.number in page
    assert case.number in page
    assert "prouvé" in page
    assert "Connecté" in page


def test_the_desk_reads_the_tier_and_the_way_to_the_next_as_the_member_does(
    desk, django_assert_num_queries
):
    programme = ProgrammeFactory()
    programme.tiers.create(code="silver", name="Argent", entry=100, keep=80)
    programme.tiers.create(code="gold", name="Or", entry=300, keep=200)
    person = CustomerFactory()
    account = join(customer=person, at=NOON)
    PointsLot.objects.create(
        account=account, document="O-1", line=1, points=120, remaining=120, earned_at=NOON,
        available_at=NOON, expires_at=NOON + timedelta(days=365),
    )  # fmt: skip
    with django_assert_num_queries(3):  # of which points alone are two
        balance, progress = membership(person, at=NOON)
    assert (balance.spendable, progress) == (120, member_progress(person.pk, at=NOON))

    with time_machine.travel(NOON, tick=False):
        page = text(desk.get(f"/care/person/{person.number}/"))

    assert "Palier Argent" in page
    assert "Encore 180 points pour atteindre le palier Or" in page
    assert membership(CustomerFactory(), at=NOON) is None


def test_cases_of_one_person_are_joined(desk):
    first, second = opened("k1"), opened("k2")

    desk.post(f"/care/case/{second.number}/join/", {"into": first.number})

    assert desk.get(f"/care/case/{second.number}/").url == f"/care/case/{first.number}/"


def test_a_mail_comes_in_by_the_door_with_the_secret_alone(client, settings):
    raw = b"From: c@example.org\r\nMessage-ID: <1@x>\r\nSubject: Bonjour\r\n\r\nBonjour\r\n"
    door = {"path": "/api/mail/", "data": raw, "content_type": "message/rfc822"}
    assert client.post(**door).status_code == 404  # no secret is set: no such door
    settings.CARE_MAIL_SECRET = "known to the provider"
    assert client.post(**door, headers={"Authorization": "Bearer other"}).status_code == 404

    for _ in range(2):
        done = client.post(**door, headers={"Authorization": "Bearer known to the provider"})
        assert done.status_code == 200

    assert Case.objects.count() == 1


def test_a_change_that_cannot_be_is_said_and_nothing_is_changed(desk):
    case = opened()

    page = desk.post(f"/care/case/{case.number}/change/", {"subject": "x" * 999, "priority": "9"})

    assert page.status_code == 422
    assert "Objet :" in text(page)
    assert "160" in text(page)
    before = (case.subject, case.priority)
    case.refresh_from_db()
    assert (case.subject, case.priority) == before
