"""Notifications: asked for by a press, kept per browser, ended as easily (UX G10, A5)."""

import json

import pytest
from django.urls import reverse

from customers.models import ConsentEvent, PushDevice
from tests.factories import CustomerFactory, UserFactory

pytestmark = pytest.mark.django_db
BROWSER = {"endpoint": "https://push.example/1", "keys": {"p256dh": "BK", "auth": "a"}}


@pytest.fixture
def camille(client, settings):
    settings.PUSH_PUBLIC_KEY = "BPublic"
    user = UserFactory()
    customer = CustomerFactory(user=user)
    client.force_login(user)
    return customer


def post(client, name, body):
    url = reverse(f"storefront:push_{name}")
    return client.post(url, json.dumps(body), content_type="application/json")


def test_a_press_keeps_the_browser_once_and_is_the_consent(client, camille):
    assert [post(client, "subscribe", BROWSER).status_code for _turn in range(2)] == [204, 204]

    device = PushDevice.objects.get()
    assert (device.customer, device.p256dh, device.gone_at) == (camille, "BK", None)
    (consent,) = ConsentEvent.objects.filter(channel="push")
    assert (consent.granted, consent.source) == (True, "device")


def test_one_press_ends_it_and_nobody_ends_anothers(client, camille):
    post(client, "subscribe", BROWSER)
    PushDevice.objects.create(
        customer=CustomerFactory(), endpoint="https://push.example/2",
        created_at=PushDevice.objects.get().created_at,
    )  # fmt: skip

    for number in (1, 2):
        endpoint = f"https://push.example/{number}"
        assert post(client, "unsubscribe", {"endpoint": endpoint}).status_code == 204

    gone = dict(PushDevice.objects.values_list("endpoint", "gone_at"))
    assert gone["https://push.example/1"] is not None
    assert gone["https://push.example/2"] is None


@pytest.mark.parametrize(
    "body", [{}, {"endpoint": "http://x.example/"}, {"endpoint": "https://x.example/"}, [1]]
)
def test_what_is_no_subscription_is_refused(client, camille, body):
    assert post(client, "subscribe", body).status_code == 422
    assert not PushDevice.objects.exists()


def test_without_a_key_nothing_is_offered(client, camille, settings):
    assert b"data-push=" in client.get(reverse("storefront:profile")).content
    settings.PUSH_PUBLIC_KEY = ""

    assert b"data-push=" not in client.get(reverse("storefront:profile")).content
    assert post(client, "subscribe", BROWSER).status_code == 404
    worker = client.get(reverse("storefront:push_worker"))
    assert worker["Content-Type"] == "text/javascript"
    assert worker["Service-Worker-Allowed"] == "/"
