"""Notifications on a device, in the browser: refused, blocked, unknown, begun and ended.

No push service is asked: what the browser would bring from one is the test's; all else is real.
"""

import json
from base64 import urlsafe_b64encode
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.utils import timezone
from playwright.sync_api import Page, expect

from customers.links import preferences_link
from customers.models import Customer, PushDevice
from customers.services.consents import may_be_sent_marketing
from tests.factories import NOON, CustomerFactory

pytestmark = pytest.mark.django_db(transaction=True)
POINT = urlsafe_b64encode(
    ec.generate_private_key(ec.SECP256R1())
    .public_key()
    .public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
).decode()
GIVEN: dict[str, Any] = {
    "endpoint": "https://push.example/1",
    "keys": {"p256dh": POINT, "auth": "MDEyMzQ1Njc4OWFiY2RlZg"},
}
# What a push service would give; the browser remembers it, as it would.
SERVICE = f"""
  const given = {json.dumps(GIVEN)}
  const made = () => sessionStorage.given && {{
    ...given, toJSON: () => given, unsubscribe: async () => sessionStorage.removeItem('given'),
  }}
  PushManager.prototype.getSubscription = async () => made() || null
  PushManager.prototype.subscribe = async (options) => {{
    sessionStorage.asked = JSON.stringify([options.userVisibleOnly,
                                           options.applicationServerKey.length])
    sessionStorage.given = '1'
    return made()
  }}
  Notification.requestPermission = async () => {{
    sessionStorage.permission = 'asked'
    return 'granted'
  }}
  Object.defineProperty(Notification, 'permission', {{ get: () => 'default' }})
"""


@pytest.fixture(autouse=True)
def _keys(settings: Any) -> None:
    settings.PUSH_PUBLIC_KEY = POINT.rstrip("=")
    settings.PUSH_SERVICES = ["push.example"]


def opened(page: Page, person: Customer, *scripts: str) -> Any:
    for script in scripts:
        page.add_init_script(script)
    page.goto(f"/preferences/{preferences_link(person)}/")
    return page.locator("#push")


def test_a_press_begins_and_a_press_ends_it(desktop_page: Page, axe: Any) -> None:
    person = CustomerFactory()
    push = opened(desktop_page, person, SERVICE)
    assert desktop_page.evaluate("sessionStorage.permission") is None  # not before the press
    axe(desktop_page)

    push.get_by_role("button", name="Me prévenir sur cet appareil").click()

    expect(push.get_by_role("status")).to_have_text("Cet appareil est prévenu.")
    assert json.loads(desktop_page.evaluate("sessionStorage.asked")) == [True, 65]
    device = PushDevice.objects.get()
    assert (device.customer_id, device.endpoint) == (person.pk, GIVEN["endpoint"])
    assert may_be_sent_marketing(person.pk, "push", at=timezone.now())
    expect(push.get_by_role("listitem")).to_have_count(1)
    scopes = "navigator.serviceWorker.getRegistrations().then(all => all.map(one => one.scope))"
    (scope,) = desktop_page.evaluate(scopes)
    assert scope.endswith("/notifications/")
    assert desktop_page.evaluate("navigator.serviceWorker.controller") is None  # holds no page
    axe(desktop_page)

    push.get_by_role("button", name="Arrêter sur cet appareil").click()

    expect(push.get_by_role("button", name="Me prévenir sur cet appareil")).to_be_visible()
    expect(push.get_by_role("listitem")).to_have_count(0)
    assert not PushDevice.objects.exists()
    assert not may_be_sent_marketing(person.pk, "push", at=timezone.now())


def test_what_the_browser_has_and_we_forgot_is_begun_anew(desktop_page: Page) -> None:
    """Our row goes when the push service says that it ended."""
    person = CustomerFactory()
    push = opened(desktop_page, person, SERVICE, "sessionStorage.given = '1'")
    expect(push.get_by_role("button", name="Arrêter sur cet appareil")).to_be_hidden()

    push.get_by_role("button", name="Me prévenir sur cet appareil").click()

    expect(push.get_by_role("status")).to_have_text("Cet appareil est prévenu.")
    assert PushDevice.objects.count() == 1


@pytest.mark.parametrize(
    "script, words",
    [
        ("Notification.requestPermission = async () => 'denied'", "pas donné son autorisation"),
        ("PushManager.prototype.subscribe = async () => { throw new Error() }", "pas abouti"),
    ],
    ids=["refused", "no push service"],
)
def test_without_permission_nothing_is_kept_and_it_is_said(
    desktop_page: Page, script: str, words: str
) -> None:
    push = opened(desktop_page, CustomerFactory(), SERVICE, script)

    push.get_by_role("button", name="Me prévenir sur cet appareil").click()

    expect(push.get_by_role("status")).to_contain_text(words)
    assert not PushDevice.objects.exists()


@pytest.mark.parametrize(
    "script, words",
    [
        (
            "Object.defineProperty(Notification, 'permission', { get: () => 'denied' })",
            "bloque les notifications",
        ),
        ("delete window.PushManager", "ne sait pas afficher"),
    ],
    ids=["blocked", "unknown"],
)
def test_where_it_cannot_be_there_is_no_button_and_it_says_why(
    desktop_page: Page, script: str, words: str
) -> None:
    push = opened(desktop_page, CustomerFactory(), script)

    expect(push.get_by_role("status")).to_contain_text(words)
    expect(push.get_by_role("button")).to_have_count(0)


def test_devices_are_ended_without_javascript_at_320_pixels(
    open_page: Any, axe: Any, no_sideways_scroll: Any
) -> None:
    person = CustomerFactory()
    for number, name in enumerate(("Firefox, Linux", "Samsung Internet, Android", "")):
        PushDevice.objects.create(
            customer=person, endpoint=f"https://push.example/{number}", name=name, created_at=NOON,
            last_used_at=NOON if number else None,
        )  # fmt: skip
    page = open_page(width=320, height=700, phone=True)
    opened(page, person)
    axe(page)
    no_sideways_scroll(page)
    page = open_page(width=320, height=700, phone=True, java_script_enabled=False)
    push = opened(page, person)

    push.get_by_role("listitem").filter(has_text="Samsung").get_by_role("button").click()

    expect(push.get_by_role("listitem")).to_have_count(2)
    assert not PushDevice.objects.filter(name__startswith="Samsung").exists()


def test_the_worker_shows_what_comes_and_remembers_its_link(desktop_page: Page) -> None:
    """What a push service would hand to the browser, handed over by its inspector."""
    page = desktop_page
    page.context.grant_permissions(["notifications"])
    inspector = page.context.new_cdp_session(page)
    registrations: list[dict[str, Any]] = []
    inspector.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda event: registrations.extend(event["registrations"]),
    )
    inspector.send("ServiceWorker.enable")
    opened(page, CustomerFactory())
    page.evaluate(
        """async () => {
          await navigator.serviceWorker.register('/notifications.js', {scope: '/notifications/'})
          const found = await navigator.serviceWorker.getRegistration('/notifications/')
          const worker = found.active ?? found.waiting ?? found.installing
          if (worker.state !== 'activated') await new Promise((done) => worker.addEventListener(
            'statechange', () => worker.state === 'activated' && done()))
        }"""
    )
    inspector.send(
        "ServiceWorker.deliverPushMessage",
        {
            "origin": page.url.split("/preferences")[0],
            "registrationId": registrations[0]["registrationId"],
            "data": json.dumps(
                {"title": "Bonjour", "body": "Vos points", "link": "/m/1/", "tag": "message-1"}
            ),
        },
    )
    shown = page.evaluate(
        """async () => {
          const found = await navigator.serviceWorker.getRegistration('/notifications/')
          for (let turn = 0; turn < 100; turn++) {
            const all = await found.getNotifications()
            if (all.length) return all.map((one) => [one.title, one.body, one.data, one.tag])
            await new Promise((done) => setTimeout(done, 50))
          }
        }"""
    )

    assert shown == [["Bonjour", "Vos points", "/m/1/", "message-1"]]
