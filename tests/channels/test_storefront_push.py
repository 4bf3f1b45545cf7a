"""Notifications: asked for by a press, kept per browser, ended as easily (UX G10, A5)."""

import json
from base64 import urlsafe_b64encode
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.test import Client
from django.urls import reverse

from customers.links import preferences_link
from customers.models import ConsentEvent, PushDevice
from tests.factories import NOON, CustomerFactory, UserFactory

pytestmark = pytest.mark.django_db
POINT = (
    ec.derive_private_key(7, ec.SECP256R1())
    .public_key()
    .public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
)
KEYS = {"p256dh": urlsafe_b64encode(POINT).decode(), "auth": "MDEyMzQ1Njc4OWFiY2RlZg"}
BROWSER = {"endpoint": "https://a.push.example/1", "keys": KEYS}
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture(autouse=True)
def _served(settings):
    settings.PUSH_PUBLIC_KEY = "BPublic"
    settings.PUSH_SERVICES = ["push.example"]


@pytest.fixture
def camille(client):
    user = UserFactory()
    customer = CustomerFactory(user=user)
    client.force_login(user)
    return customer


def post(client, name, body, link=""):
    url = reverse(f"storefront:push_{name}", args=[link] if link else [])
    return client.post(
        url, json.dumps(body), content_type="application/json", headers={"User-Agent": AGENT}
    )


def test_a_press_keeps_the_browser_once_and_is_the_consent(client, camille):
    assert [post(client, "subscribe", BROWSER).status_code for _turn in range(2)] == [204, 204]

    device = PushDevice.objects.get()
    assert (device.customer, device.p256dh, device.name) == (
        camille,
        KEYS["p256dh"],
        "Firefox, Linux",
    )
    (consent,) = ConsentEvent.objects.filter(channel="push")
    assert (consent.granted, consent.source, consent.purpose) == (True, "device", "marketing")
    assert "notification" in consent.text.text
    assert consent.text_version == consent.text.version
    page = client.get(reverse("storefront:profile")).content.decode()
    assert consent.text.text in page.split('id="push"')[1]
    assert f'data-known="{sha256(device.endpoint.encode()).hexdigest()}"' in page
    assert device.endpoint not in page


def test_a_mails_link_is_enough_and_is_the_persons_of_the_link(client):
    person = CustomerFactory()
    link = preferences_link(person)
    page = client.get(reverse("storefront:preferences", args=[link])).content.decode()
    assert f'data-subscribe="{reverse("storefront:push_subscribe", args=[link])}"' in page

    assert post(client, "subscribe", BROWSER, link).status_code == 204
    assert PushDevice.objects.get().customer == person
    assert post(client, "unsubscribe", {"endpoint": BROWSER["endpoint"]}, link).status_code == 204

    assert not PushDevice.objects.exists()
    assert post(client, "subscribe", BROWSER, "forged").status_code == 404


def test_nobody_is_taken_without_sign_in_or_link(client):
    assert post(client, "subscribe", BROWSER).status_code == 403
    assert post(client, "unsubscribe", BROWSER).status_code == 302
    assert not PushDevice.objects.exists()


def test_another_site_cannot_press(camille):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(camille.user)

    assert post(strict, "subscribe", BROWSER).status_code == 403
    assert not PushDevice.objects.exists()


def other(number, customer):
    return PushDevice.objects.create(
        customer=customer, endpoint=f"https://push.example/{number}", created_at=NOON
    )


def test_one_press_ends_it_and_nobody_ends_anothers(client, camille):
    post(client, "subscribe", BROWSER)
    theirs = other(2, CustomerFactory())

    for endpoint in (BROWSER["endpoint"], theirs.endpoint):
        assert post(client, "unsubscribe", {"endpoint": endpoint}).status_code == 204
    for pk in (theirs.pk, "9" * 40, "x"):
        answered = client.post(reverse("storefront:push_unsubscribe"), {"device": pk})
        assert answered.status_code == 302

    assert list(PushDevice.objects.all()) == [theirs]


def test_the_consent_ends_with_the_last_device_and_not_before(client, camille):
    post(client, "subscribe", BROWSER)
    second = other(2, camille)
    stop = reverse("storefront:push_unsubscribe")

    back = client.post(stop, {"device": second.pk})

    assert back.url == f"{reverse('storefront:profile')}#push"
    answers = ConsentEvent.objects.filter(channel="push").order_by("pk")
    assert [one.granted for one in answers] == [True]
    post(client, "unsubscribe", {"endpoint": BROWSER["endpoint"]})
    assert [one.granted for one in answers.all()] == [True, False]
    assert answers.last().source == "device"


@pytest.mark.parametrize(
    "body",
    [
        {},
        [1],
        {"endpoint": BROWSER["endpoint"]},
        BROWSER | {"keys": KEYS | {"auth": "short"}},
        BROWSER | {"keys": KEYS | {"p256dh": "QUJD"}},
        *(
            BROWSER | {"endpoint": endpoint}
            for endpoint in (
                "http://push.example/1",  # not encrypted
                "https://127.0.0.1/",  # we would post into our own house
                "https://push.example.evil.example/",
                "https://evilpush.example/",
                "https://push.example:8443/",
                "https://user@push.example/",
                "https://push.example:x/",
                f"https://push.example/{'x' * 500}",
            )
        ),
    ],
)
def test_what_is_no_subscription_is_refused(client, camille, body):
    assert post(client, "subscribe", body).status_code == 422
    assert not PushDevice.objects.exists()
    assert not ConsentEvent.objects.filter(channel="push").exists()


def test_without_a_key_nothing_is_offered(client, camille, settings):
    assert b"data-push=" in client.get(reverse("storefront:profile")).content
    settings.PUSH_PUBLIC_KEY = ""

    assert b"data-push=" not in client.get(reverse("storefront:profile")).content
    assert post(client, "subscribe", BROWSER).status_code == 404


def test_the_worker_holds_no_page_and_keeps_none(client):
    worker = client.get(reverse("storefront:push_worker"))

    assert worker["Content-Type"] == "text/javascript"
    assert worker["Service-Worker-Allowed"] == "/notifications/"
    text = worker.content.decode()
    assert "'fetch'" not in text
    assert "caches" not in text


@pytest.mark.parametrize(
    "agent, name",
    [
        ("Mozilla/5.0 (Linux; Android 14) Chrome/140.0 Mobile Safari/537.36", "Chrome, Android"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/140.0 Safari/537.36 Edg/140.0", "Edge, Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Safari/604.1", "Safari, iPhone"),
        ("curl/8", ""),
    ],
)
def test_of_the_user_agent_no_more_is_kept_than_a_person_needs(client, camille, agent, name):
    url = reverse("storefront:push_subscribe")
    client.post(
        url, json.dumps(BROWSER), content_type="application/json", headers={"User-Agent": agent}
    )

    assert PushDevice.objects.get().name == name
