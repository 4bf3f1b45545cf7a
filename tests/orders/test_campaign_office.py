"""Campaigns in the back office: counted before they are on, each number opens its rows (R2, E3)."""

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from customers import sms
from customers.models import Message
from customers.services.messages import send
from orders.models import Attribution, Campaign, Relaunch
from orders.services import planning, relaunch
from tests.factories import (
    NOON,
    CampaignFactory,
    CustomerFactory,
    SegmentFactory,
    TillFactory,
    UserFactory,
)
from tests.orders.campaigning import HOUR, agreeing, left
from tests.orders.flows import sold, stocked

pytestmark = pytest.mark.django_db


@pytest.fixture
def office(client):
    user = UserFactory(is_staff=True, is_superuser=True, email="anne@example.org")
    client.force_login(user)
    return client


def page(name, campaign):
    return reverse(f"admin:orders_campaign_{name}", args=[campaign.pk])


def test_a_campaign_is_written_with_its_steps_and_only_known_placeholders(office):
    form = {
        "name": "Rentrée", "kind": "newsletter", "holdout_percent": 10, "attribution_days": 7,
        "horizon_days": 7, "catch_up_hours": 24, "lead_days": 0,
        "steps-TOTAL_FORMS": 1, "steps-INITIAL_FORMS": 0, "steps-MIN_NUM_FORMS": 0,
        "steps-MAX_NUM_FORMS": 9, "steps-0-number": 1, "steps-0-delay_minutes": 0,
        "steps-0-channel": "sms", "steps-0-body_fr": "Bonjour {prenom}",
    }  # fmt: skip
    url = reverse("admin:orders_campaign_add")

    assert "prenom" in office.post(url, form).content.decode()
    assert not Campaign.objects.filter(name="Rentrée").exists()
    office.post(url, form | {"steps-0-body_fr": "Bonjour {name}"})

    made = Campaign.objects.get(name="Rentrée")
    assert (made.status, made.steps.get().body_fr) == ("draft", "Bonjour {name}")


def test_it_is_switched_on_with_the_count_that_was_shown(office):
    campaign = CampaignFactory(status="draft", activated_at=None, activated_count=None)

    shown = office.get(page("switch_on", campaign))
    assert 'name="shown" value="0"' in shown.content.decode()
    assert office.post(page("switch_on", campaign), {"shown": "0"}).status_code == 302

    campaign.refresh_from_db()
    assert (campaign.status, campaign.activated_count) == ("active", 0)
    assert office.post(page("switch_on", campaign), {"shown": "0"}).status_code == 409
    assert office.post(page("pause", campaign)).status_code == 302
    assert office.post(page("finish", campaign)).status_code == 302
    campaign.refresh_from_db()
    assert campaign.status == "done"


def test_the_people_of_the_segment_are_counted_when_asked_and_not_at_each_opening(
    office, time_machine
):
    time_machine.move_to(NOON, tick=False)
    CustomerFactory(language="en")
    segment = SegmentFactory(rules={"is": "language", "in": ["en"]})
    campaign = CampaignFactory(kind="win_back", status="draft", segment=segment)

    with CaptureQueriesContext(connection) as opened:
        shown = office.get(page("change", campaign)).content.decode()
    count = page("count", campaign)
    assert f'href="{count}"' in shown
    assert not [one for one in opened if "work_mem" in one["sql"]]  # as each count sets

    (said,) = office.get(count, follow=True).context["messages"]

    words = str(said).replace("\u202f", " ").replace("\u00a0", " ")
    assert words == f"Personnes du segment « {segment} » à 12 h 00 : 1"
    assert office.post(page("change", campaign)).status_code == 200  # nothing else happened
    campaign.refresh_from_db()
    assert campaign.status == "draft"


@pytest.fixture
def told(db):
    """One person told who bought at the till, one held out who did not, one without consent."""
    desk = TillFactory()
    article = stocked(desk.store, price=2500)
    campaign = CampaignFactory(name="=Panier", steps=[2 * HOUR])
    told, out = agreeing(email="a@example.org"), agreeing(email="b@example.org")
    refusing = agreeing("sms", email="c@example.org")
    for person in (told, out, refusing):
        left(article, customer=person)
    planning.schedule(at=NOON)
    for pk in relaunch.due(NOON):
        Campaign.objects.update(
            holdout_percent=50 if Relaunch.objects.get(pk=pk).customer == out else 0
        )
        relaunch.send(relaunch_id=pk, at=NOON)
    Relaunch.objects.filter(customer=out).update(
        status="held_out", message=None, code=None, decided_at=NOON
    )
    sale = sold(desk, (article, 1), customer=told, at=NOON + HOUR)
    Attribution.objects.create(
        order=sale, relaunch=Relaunch.objects.get(customer=told), touch="click",
        touched_at=NOON, found_at=NOON + HOUR,
    )  # fmt: skip
    return campaign


def test_the_board_says_what_was_sent_or_why_not_and_what_it_brought_in(office, told):
    html = office.get(page("board", told)).content.decode()

    text = " ".join(html.split()).replace("\u202f", " ").replace("\xa0", " ")
    assert "25,00 €" in text
    assert "100 %" in text
    assert "reason__exact=no_consent" in html
    assert "status__exact=held_out" in html
    for link in ("status__exact=sent", "status__exact=withheld"):
        found = office.get(
            f"{reverse('admin:orders_relaunch_changelist')}"
            f"?campaign_step__campaign__exact={told.pk}&step__exact=1&{link}"
        )
        assert len(found.context["cl"].result_list) == 1


def test_the_table_is_safe_in_a_spreadsheet(office, told):
    rows = office.get(page("board", told) + "?format=csv").getvalue().decode().splitlines()

    assert rows[1].startswith("'=Panier;1;")


def test_the_board_takes_a_constant_number_of_statements(
    office, told, django_assert_max_num_queries
):
    with django_assert_max_num_queries(22):
        office.get(page("board", told))


def test_each_step_is_tried_out_in_both_languages_and_sent_to_oneself(office):
    campaign = CampaignFactory(
        kind="newsletter",
        steps=[
            {"subject_fr": "Soldes de {shop}", "body_fr": "Dès demain, {name}."},
            {"channel": "sms", "body_fr": "Dès demain."},
        ],
    )
    html = office.get(page("try_out", campaign)).content.decode()
    assert "Soldes de Grand Air" in html
    assert "STOP" in html

    office.post(page("try_out", campaign), {"which": "1-fr", "to": "anne@example.org"})
    message = Message.objects.get()
    assert send(message_id=message.pk, at=message.due_at)
    assert mail.outbox[0].subject == "Soldes de Grand Air"
    office.post(page("try_out", campaign), {"which": "2-fr", "to": "rue"})
    assert Message.objects.count() == 1


@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_template_can_be_looked_at_and_tried(office, language):
    url = reverse("admin:customers_message_templates")
    names = office.get(url).context["names"]
    assert len(names) > 18

    for name in names:
        found = office.get(url, {"name": name, "language": language})
        assert all(letter for _message, letter in found.context["shown"]), name

    office.post(f"{url}?name=order_ready&language={language}", {"channel": "email", "to": "a@b.fr"})
    assert Message.objects.get().document == "test"


@pytest.mark.parametrize(
    "text, encoding, parts",
    [
        ("a" * 160, "GSM-7", 1),
        ("a" * 161, "GSM-7", 2),
        ("é" * 160, "GSM-7", 1),
        ("€" * 80, "GSM-7", 1),
        ("€" * 81, "GSM-7", 2),
        ("ê" * 70, "UCS-2", 1),
        ("ê" * 71, "UCS-2", 2),
        ("😀" * 35, "UCS-2", 1),
        ("😀" * 36, "UCS-2", 2),
    ],
)
def test_the_parts_of_an_sms_are_counted_as_operators_do(text, encoding, parts):
    size = sms.size(text)
    assert (size.encoding, size.parts) == (encoding, parts)


def test_typography_does_not_double_the_price_of_an_sms():
    assert sms.plain("L’été : « prêt »…") == 'L\'été : "prêt"...'
    assert sms.size(sms.plain("L’été arrive à 9\u202f€…")).encoding == "GSM-7"
