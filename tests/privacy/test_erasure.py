"""Forgetting a person (GDP-6, F-33, P-11)."""

import io
import logging
from datetime import date, timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.contrib.postgres.fields import ArrayField
from django.core import mail
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import connection, models

from catalog.models import Product, Question, Review
from customers.models import (
    Case,
    CaseAttachment,
    CaseEntry,
    ConsentEvent,
    Customer,
    CustomerGroup,
    CustomerMerge,
    DuplicateCandidate,
    Household,
    Identity,
    Message,
    PushDevice,
    Visit,
)
from customers.services import messages
from customers.services.consents import record_consent
from loyalty.models import PointsLot
from loyalty.services.corrections import correct
from omnishop.network.models import User
from omnishop.privacy.lines import After
from omnishop.privacy.models import ArchivedInvoice, ExportRequest, RetentionNotice
from omnishop.privacy.person import person
from omnishop.privacy.registry import TABLES
from omnishop.privacy.services import erasing
from orders.models import BasketLine, Order, WishItem, WishList, Withdrawal
from orders.services.ways import Pickup
from tests.factories import (
    LONG_AGO,
    NOON,
    AccountFactory,
    BasketFactory,
    BasketLineFactory,
    CustomerFactory,
    StoreFactory,
    TillFactory,
    UserFactory,
    VariantFactory,
)
from tests.orders import flows

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("invariants")]
CANARY = "kanarie"
LATER = NOON + timedelta(days=40)
# By these fields rows are found: they keep what they were made with.
KEYS = {
    ("customers.Identity", "value"),
    ("network.User", "email"),
    ("catalog.Review", "customer_number"),
    ("catalog.Question", "customer_number"),
    ("axes.AccessLog", "username"),
    ("customers.CaseAttachment", "file"),
}


def canary(field: models.Field, n: int):
    """A value nobody else has, of the kind of the field."""
    word = f"{CANARY}{n}"
    if isinstance(field, models.JSONField):
        return {"name": word} if field.default is dict else [word]
    if isinstance(field, ArrayField):
        return [word]
    if isinstance(field, models.EmailField):
        return f"{word}@example.org"
    if isinstance(field, models.GenericIPAddressField):
        return f"2001:db8::c{n % 10}"
    if isinstance(field, models.CharField | models.TextField):
        return word[: field.max_length]
    return None


def one_of_each(at=NOON):
    """A person with a row in every registered table, in two records, one merged into the other."""
    store = StoreFactory()
    shop = flows.stocked(store, 20)
    user = UserFactory(email=f"{CANARY}@example.org", last_login=at)
    home = Household.objects.create(name="x")
    who = CustomerFactory(user=user, email=f"{CANARY}@example.org", phone="+33639980001",
                          household=home, birth_date=date(1990, 2, 3))  # fmt: skip
    old = CustomerFactory(merged_into=who, merged_at=LONG_AGO)
    who.groups.add(CustomerGroup.objects.create(code="club", name="Club"))
    Identity.objects.create(customer=old, kind="email", value=f"{CANARY}2@example.org")
    order = flows.collected(flows.paid(Pickup(store_id=store.pk), (shop, 1), customer=old), at)
    sold = flows.sold(TillFactory(store=store), (shop, 2), customer=who)
    AccountFactory(customer=who)
    correct(customer_id=who.pk, points=50, reason="gift", reference="G-1", actor="user:1",
            at=at)  # fmt: skip
    record_consent(customer=who, granted=True, source="account", actor="customer", at=at)
    DuplicateCandidate.objects.create(
        first=who, second=old, score_bp=9000, evidence=[], found_at=at
    )
    CustomerMerge.objects.create(source=old, target=who, reason="x", by="user:1", at=LONG_AGO)
    Message.objects.create(key="m1", customer=old, purpose="service", template="order_placed",
        to="a@b.org", language="fr", queued_at=at, due_at=at)  # fmt: skip
    Visit.objects.create(customer=old, channel="web", day=at.date(), first_at=at, last_at=at)
    product = shop.product
    Review.objects.create(product=product, variant=shop, rating=5, document=order.number, line=1,
        channel="web", received_on=at.date(), text="Bien", author="x", written_at=at,
        customer_number=old.number, status="published", decided_at=at)  # fmt: skip
    Question.objects.create(product=product, key="q1", text="Et ?", author="x", written_at=at,
        customer_number=who.number)  # fmt: skip
    Product.objects.filter(pk=product.pk).update(rating_sum=5, rating_count=1)
    open_basket = BasketFactory(customer=who)
    BasketLineFactory(basket=open_basket, variant=VariantFactory())
    Withdrawal.objects.create(reference="W-1", name="x", email="a@b.org", order_number="O",
        lines="x", order=order, received_at=at)  # fmt: skip
    case = Case.objects.create(number="K-1", subject="x", customer=old, name="x", email="a@b.org",
        channel="form", due_at=at, opened_at=at, last_at=at)  # fmt: skip
    entry = CaseEntry.objects.create(case=case, side="customer", text="x", actor="customer",
        key="k1", at=at)  # fmt: skip
    CaseAttachment.objects.create(entry=entry, name="x", kind="image/png", size=7,
        file=ContentFile(CANARY.encode(), name="x.png"))  # fmt: skip
    PushDevice.objects.create(customer=who, endpoint="x", p256dh="k", auth="a", created_at=at)
    wishes = WishList.objects.create(customer=old, name="x", created_at=at, changed_at=at)
    WishItem.objects.create(wish_list=wishes, product=product, added_at=at)
    LogEntry.objects.create(user=UserFactory(is_staff=True), object_id=str(who.pk), action_flag=2,
        content_type=ContentType.objects.get_for_model(Customer), object_repr="x")  # fmt: skip
    ExportRequest.objects.create(customer=who, source="account", actor="customer", asked_at=at,
        status="ready", expires_at=at + timedelta(days=3))  # fmt: skip
    RetentionNotice.objects.create(customer=who, last_act_at=at, told_at=at, erase_on=at.date(),
        status="back", decided_at=at)  # fmt: skip
    return who, (order, sold)


def plant(who):
    """Put a canary into every registered field that erasure does something with; how many."""
    planted = 0
    people = person(who.pk)
    for entry in TABLES:
        manager = entry.cls._default_manager
        rows = list(manager.filter(pk__in=manager.filter(entry.of(people)).values("pk")))
        for row in rows:
            values = {}
            for line in entry.lines:
                field = row._meta.get_field(line.field)
                if line.after == After.KEEP or field.is_relation:
                    continue
                if entry.model == "customers.Identity" and row.kind == "phone":
                    continue
                if (entry.model, line.field) in KEYS:
                    planted += 1  # a canary, or a number, since it was made
                    continue
                value = canary(field, planted)
                if value is not None:
                    values[line.field] = value
                    planted += 1
            if entry.model == "privacy.ExportRequest":
                for name in ("json", "pdf"):
                    words = ContentFile(CANARY.encode())
                    values[name] = storages["private"].save(f"exports/{CANARY}.{name}", words)
            if values:
                manager.filter(pk=row.pk).update(**values)
    return planted


def dump() -> dict[str, str]:
    """Every table of the database as text."""
    found = {}
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        for (table,) in cursor.fetchall():
            out = io.StringIO()
            cursor.execute(f'SELECT t::text FROM "{table}" t')  # noqa: S608  ours
            for (row,) in cursor.fetchall():
                out.write(f"{row}\n")
            found[table] = out.getvalue()
    return found


def where(text=CANARY):
    return {table for table, rows in dump().items() if text in rows}


def files(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


def asked(who, at=LATER):
    return erasing.ask(customer=who, source="account", actor="customer", at=at)


def finished(request, at=LATER):
    """The last message leaves, and the task does its work."""
    for pk in Message.objects.due(at).values_list("pk", flat=True):
        messages.send(message_id=pk, at=at)
    erasing.go_on(request_id=request.pk, at=at)
    request.refresh_from_db()
    return request


def test_after_erasure_a_canary_is_in_the_restricted_archive_alone(
    settings, tmp_path, caplog, client
):
    settings.STORAGES = settings.STORAGES | {
        "private": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": tmp_path / "private"},
        }
    }
    who, orders = one_of_each()
    client.force_login(who.user)
    assert plant(who) > 40
    before = where()
    assert [path for path in files(tmp_path) if CANARY in path.name]
    assert {"customers_customer", "orders_order", "catalog_review", "orders_basket"} <= before
    with caplog.at_level(logging.DEBUG):
        request = asked(who)
        mail.outbox.clear()
        finished(request)

    assert request.status == "done"
    assert where() == {"privacy_archivedinvoice"}
    assert set(ArchivedInvoice.objects.values_list("document", flat=True)) == {
        *(order.number for order in orders), "W-1",
    }  # fmt: skip
    assert not [path for path in files(tmp_path) if CANARY in path.name]
    assert not [path for path in files(tmp_path) if CANARY.encode() in path.read_bytes()]
    assert CANARY not in caplog.text
    # The one mail is the person's own, to the address that went with it.
    assert [CANARY in str(one.message()) for one in mail.outbox] == [True] * len(mail.outbox)
    assert all(one.to[0].startswith(CANARY) for one in mail.outbox)


def test_what_the_law_keeps_is_kept_and_the_rest_is_gone(client):
    who, (order, sold) = one_of_each()
    client.force_login(who.user)
    receipt = sold.receipts.get()
    payload, digest = receipt.payload, receipt.hash

    finished(asked(who))

    order.refresh_from_db()
    receipt.refresh_from_db()
    assert (order.name, order.email, order.phone) == ("", "", "")
    assert (order.total_minor, order.customer_id) == (2000, order.customer_id)
    assert (receipt.payload, receipt.hash) == (payload, digest)
    archived = ArchivedInvoice.objects.get(document=order.number)
    assert archived.data["name"] == "Camille Martin"
    assert archived.keep_until > date(2036, 11, 1)
    assert not Identity.objects.filter(customer=who).exists()
    assert not User.objects.filter(email__startswith=CANARY).exists()
    assert client.get("/mon-compte/").status_code == 302  # signed out
    assert ConsentEvent.objects.filter(customer=who).exists()  # the proof
    review = Review.objects.get()
    assert (review.author, review.text, review.customer_number) == ("Anonyme", "Bien", "")
    assert who.loyalty.lots.filter(remaining__gt=0).count() == 0
    assert not BasketLine.objects.filter(basket__orders__isnull=True).exists()
    assert not Household.objects.exists()
    assert PointsLot.objects.get().points == 50


def test_the_key_of_an_erased_person_is_free_for_somebody_new():
    who, _orders = one_of_each()
    finished(asked(who))

    again = CustomerFactory(email=f"{CANARY}@example.org")

    assert not Order.objects.filter(customer=again).exists()


def test_the_last_address_is_told_before_it_goes():
    who, _orders = one_of_each()
    request = asked(who)

    assert not erasing.go_on(request_id=request.pk, at=LATER)  # its message is still to leave
    assert Identity.objects.filter(customer=who).exists()
    mail.outbox.clear()
    finished(request, at=LATER + timedelta(minutes=2))

    told = [one for one in mail.outbox if "effaçons" in one.subject]
    assert [one.to for one in told] == [[f"{CANARY}@example.org"]]
    assert "dix ans" in told[0].body
    assert "50 points" in told[0].body


def test_a_message_that_cannot_leave_does_not_stop_an_erasure_for_ever():
    who, _orders = one_of_each()
    request = asked(who)

    assert erasing.go_on(request_id=request.pk, at=LATER + timedelta(days=1, minutes=1))
    assert not Identity.objects.filter(customer=who).exists()
    assert not Message.objects.due(LATER + timedelta(days=2)).exists()  # none goes to nobody


def test_an_open_order_keeps_what_it_needs_and_the_rest_goes_at_once():
    store = StoreFactory()
    shop = flows.stocked(store, 20)
    who = CustomerFactory(email=f"{CANARY}@example.org", last_name=CANARY)
    order = flows.paid(Pickup(store_id=store.pk), (shop, 1), customer=who)
    closed = flows.sold(TillFactory(store=store), (shop, 1), customer=who)
    Order.objects.filter(pk=closed.pk).update(name=CANARY)

    request = finished(asked(who, at=NOON), at=NOON)

    assert request.status == "waiting"
    assert request.waiting == [{"kind": "open_order", "document": order.number}]
    assert not Identity.objects.filter(customer=who).exists()
    who.refresh_from_db()
    assert who.last_name == ""
    order.refresh_from_db()
    assert order.name == "Camille Martin"  # whoever hands it over must know
    closed.refresh_from_db()
    assert closed.name == ""
    # Nothing happens while it is open; its own messages still leave.
    later = NOON + timedelta(hours=2)
    assert not erasing.go_on(request_id=request.pk, at=later)
    flows.collected(order, at=later)

    assert erasing.go_on(request_id=request.pk, at=later + timedelta(hours=2))

    request.refresh_from_db()
    order.refresh_from_db()
    assert (request.status, request.waiting) == ("done", [])
    assert order.name == ""
    assert order.fulfilments.get().handed_to == ""
    assert "Camille" not in "".join(
        rows for table, rows in dump().items() if table != "privacy_archivedinvoice"
    )


def test_a_guest_s_open_order_under_the_same_address_is_finished_too():
    store = StoreFactory()
    shop = flows.stocked(store, 20)
    who = CustomerFactory(email="camille@example.org")
    order = flows.paid(Pickup(store_id=store.pk), (shop, 1))
    Order.objects.filter(pk=order.pk).update(customer=None)

    request = finished(asked(who, at=NOON), at=NOON)
    assert request.waiting == [{"kind": "open_order", "document": order.number}]
    flows.collected(order)
    erasing.go_on(request_id=request.pk, at=NOON + timedelta(hours=2))

    order.refresh_from_db()
    assert (order.name, order.email) == ("", "")


def test_asking_twice_is_one_request():
    who, _orders = one_of_each()

    assert asked(who) == asked(who)
    assert asked(Customer.objects.get(merged_into=who)).customer == who
    assert Message.objects.filter(template="erasure_asked").count() == 1


def test_a_stranger_keeps_everything():
    who, _orders = one_of_each()
    other = CustomerFactory(email="other@example.org", last_name="Autre")
    basket = BasketFactory(customer=other, email="other@example.org")
    store = StoreFactory()
    theirs = flows.sold(TillFactory(store=store), (flows.stocked(store), 1), customer=other)
    Order.objects.filter(pk=theirs.pk).update(name="Autre", email="other@example.org")

    finished(asked(who))

    other.refresh_from_db()
    basket.refresh_from_db()
    theirs.refresh_from_db()
    assert (other.last_name, basket.email, theirs.name) == ("Autre", "other@example.org", "Autre")
    assert other.identities.get().value == "other@example.org"


def test_a_login_of_staff_stays_the_employer_s():
    user = UserFactory(is_staff=True, email="staff@example.org")
    who = CustomerFactory(user=user, email="staff@example.org")

    finished(asked(who))

    who.refresh_from_db()
    assert who.user is None
    assert User.objects.filter(pk=user.pk).exists()
