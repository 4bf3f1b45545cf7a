"""Writing to us on the site: the same answer for all, one case for two presses, links that hold."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from customers.models import Case, CaseAttachment, CaseEntry, Identity, Message, Visit
from customers.services import conversations
from orders.services.ways import Pickup
from tests.customers.test_cases import PNG, kept_in
from tests.factories import NOON, CustomerFactory, StoreFactory, UserFactory
from tests.orders.flows import paid, stocked

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def quiet(monkeypatch, tmp_path):
    kept_in(tmp_path, monkeypatch)


def text(response):
    return response.content.decode().replace("\u00a0", " ").replace("\u202f", " ")


def asked(client, key="one", **changes):
    values = {
        "name": "Camille Martin", "email": "camille@example.org", "subject": "Mon colis",
        "text": "Où est-il ?", "order_number": "", "key": key,
    }  # fmt: skip
    return client.post("/contact/", values | changes)


@pytest.fixture
def member(client):
    person = CustomerFactory(user=UserFactory(), first_name="Zoé")
    Identity.objects.create(customer=person, kind="email", value="z@example.org", verified_at=NOON)
    client.force_login(person.user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return person


def test_a_guest_gets_the_same_answer_whether_the_address_is_known_or_not(client):
    known = CustomerFactory()
    Identity.objects.create(
        customer=known, kind="email", value="camille@example.org", verified_at=NOON
    )

    first = text(asked(client))
    second = text(asked(Client(), "two", email="inconnu@example.org"))

    assert first.replace("camille@", "inconnu@") == second
    assert "/demande/" not in first  # the link goes by mail, to whoever has the address
    assert Case.objects.get(email="camille@example.org").customer == known


def test_two_presses_are_one_case(client):
    asked(client)
    asked(client)

    assert (Case.objects.count(), Message.objects.count()) == (1, 1)


def test_a_stranger_s_order_number_is_not_linked(client):
    store = StoreFactory()
    order = paid(Pickup(store_id=store.pk), (stocked(store), 1))

    asked(client, email="eve@example.net", order_number=order.number)
    asked(client, "two", order_number=order.number.lower())

    eve, camille = Case.objects.order_by("pk")
    assert (eve.document, camille.document) == ("", order.number)
    assert order.number in eve.entries.get().text


def test_somebody_signed_in_goes_on_in_the_case_at_once(client, member):
    answer = asked(client, name="", email="")

    case = Case.objects.get()
    assert answer.url == f"/demande/{case.token}/"
    assert (case.customer, case.email) == (member, "z@example.org")
    sent = {"text": "Et aussi…", "key": "c", "attachments": SimpleUploadedFile("p.png", PNG)}
    client.post(answer.url, sent)
    client.post(answer.url, {"text": "Et aussi…", "key": "c"})
    assert case.entries.count() == 2
    page = text(client.get(answer.url))
    assert page.count("Et aussi…") == 1
    link = client.get(f"/demande/{case.token}/fichier/{CaseAttachment.objects.get().pk}/").url
    file = client.get(link)
    assert b"".join(file.streaming_content) == PNG
    assert file["Content-Disposition"].startswith("attachment")
    assert file["X-Content-Type-Options"] == "nosniff"
    assert client.get(link[:-2] + "x/").status_code == 404


def test_a_case_is_opened_by_its_link_alone(client):
    asked(client)
    asked(client, "two", email="b@example.org")
    mine, other = Case.objects.order_by("pk")
    conversations.note(case_id=mine.pk, text="Entre nous", key="n", actor="user:1", at=NOON)
    conversations.answer(
        case_id=other.pk, text="Réponse", key="a", version=None, actor="user:1", at=NOON
    )

    page = text(client.get(f"/demande/{mine.token}/"))

    assert "Où est-il ?" in page
    assert "Entre nous" not in page
    assert "Réponse" not in page
    for guess in (mine.number, "x" * 22, str(mine.pk)):
        assert client.get(f"/demande/{guess}/").status_code == 404
        assert client.post(f"/demande/{guess}/", {"text": "x", "key": "k"}).status_code == 404


def test_news_are_given_when_there_are_some(client, django_assert_num_queries):
    asked(client)
    case = Case.objects.get()
    url = f"/demande/{case.token}/suite/"

    with django_assert_num_queries(1):
        assert client.get(url, {"version": case.version}).status_code == 204
    conversations.answer(
        case_id=case.pk, text="Il arrive", key="a", version=None, actor="user:1", at=NOON
    )

    news = client.get(url, {"version": case.version})
    assert "Il arrive" in text(news)
    assert news["Cache-Control"] == "no-store, private"


def test_writing_too_often_is_refused(client):
    answers = [asked(client, f"k{n}").status_code for n in range(7)]

    assert answers == [200] * 6 + [429]
    assert Case.objects.count() == 6


@pytest.mark.parametrize(
    "changes", [{"text": ""}, {"subject": ""}, {"email": "x"}, {"name": ""}, {"key": ""}]
)
def test_what_is_missing_is_said_and_nothing_is_written(client, changes):
    assert asked(client, **changes).status_code == 422
    assert not Case.objects.exists()


def test_a_file_of_another_kind_is_refused_in_words(client):
    refused = asked(client, attachments=SimpleUploadedFile("page.html", b"<script>"))

    assert refused.status_code == 422
    assert "page.html" in text(refused)
    assert "Où est-il ?" in text(refused)
    assert not Case.objects.exists()


def test_my_activity_shows_mine_alone_with_constant_statements(
    client, member, django_assert_max_num_queries
):
    asked(client, name="", email="")
    stranger = CustomerFactory()
    conversations.open_case(
        subject="Autre", text="Pas à vous", channel="form", key="s", actor="customer", at=NOON,
        sender=conversations.Sender(customer_id=stranger.pk),
    )  # fmt: skip

    with django_assert_max_num_queries(9):
        page = text(client.get("/mon-compte/activite/"))

    assert "Mon colis" in page
    assert "Pas à vous" not in page
    assert Client().get("/mon-compte/activite/").status_code == 302
    for odd in ("?after=%00", "?kind=merge", "?kind=x&channel=y", "?after=AAAA"):
        assert client.get(f"/mon-compte/activite/{odd}").status_code == 200


def test_a_visit_is_written_once_a_day(client, member):
    for _ in range(3):
        client.get("/bandeau/")

    assert Visit.objects.filter(customer=member, channel="web").count() == 1
    assert CaseEntry.objects.count() == 0
