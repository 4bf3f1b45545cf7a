"""The moderation queue of the back office."""

import pytest
from django.urls import reverse

from catalog.models import Answer, Review
from tests.catalog.test_reviews import question, written
from tests.factories import StaffFactory, VariantFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def variant():
    return VariantFactory()


@pytest.fixture
def desk(client):
    client.force_login(
        StaffFactory(role="service", all_stores=True).user,
        backend="omnishop.network.backends.StaffBackend",
    )
    return client


def do(client, row, what, **data):
    name = row._meta.model_name
    url = reverse(f"admin:catalog_{name}_{what}", args=[row.pk])
    assert client.get(url).status_code == 200
    return client.post(url, {"key": "k"} | data)


def test_customer_service_publishes_refuses_and_answers(desk, variant):
    good, bad = written(variant, "O-1"), written(variant, "O-2", text="Vous êtes des voleurs !")
    listed = desk.get(reverse("admin:catalog_review_changelist") + "?status__exact=pending")
    assert listed.content.decode().count("O-1") >= 0
    assert do(desk, good, "publish").status_code == 302
    assert do(desk, bad, "refuse", reason="insult").status_code == 302
    assert do(desk, good, "answer_it", text="Merci à vous.").status_code == 302

    good.refresh_from_db()
    bad.refresh_from_db()
    assert (good.status, good.answer) == ("published", "Merci à vous.")
    assert good.decided_by.startswith("user:")
    assert (bad.status, bad.reason) == ("refused", "insult")


def test_refusing_asks_why(desk, variant):
    review = written(variant)

    assert do(desk, review, "refuse", reason="because").status_code == 422
    assert Review.objects.get().status == "pending"


def test_contact_details_are_not_published_from_the_list_either(desk, variant):
    fine = written(variant, "O-1")
    marked = written(variant, "O-2", text="Appelez-moi au 06 12 34 56 78.")

    desk.post(
        reverse("admin:catalog_review_changelist"),
        {"action": "publish_chosen", "_selected_action": [fine.pk, marked.pk]},
    )

    fine.refresh_from_db()
    marked.refresh_from_db()
    assert (fine.status, marked.status) == ("published", "pending")


def test_an_answer_publishes_its_question(desk, variant):
    asked = question(variant)

    assert do(desk, asked, "answer_it", text="Oui, à 30 degrés.").status_code == 302

    asked.refresh_from_db()
    assert asked.status == "published"
    assert Answer.objects.get().by_staff


def test_an_associate_reads_the_queue_and_decides_nothing(client, variant):
    client.force_login(
        StaffFactory(role="associate").user, backend="omnishop.network.backends.StaffBackend"
    )
    review = written(variant)

    assert client.get(reverse("admin:catalog_review_changelist")).status_code == 200
    url = reverse("admin:catalog_review_publish", args=[review.pk])
    assert client.post(url, {"key": "k"}).status_code == 403
    assert Review.objects.get().status == "pending"
