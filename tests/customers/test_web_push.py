"""Notifications for real: encrypted for the browser, signed by us, posted to a push service."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import StringIO
from pathlib import Path
from threading import Thread

import http_ece
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command

from customers import tasks
from customers.models import Message, PushDevice
from customers.services.marketing import address
from customers.services.messages import queue_message, send
from omnishop import env
from orders.models import Relaunch
from tests.factories import NOON, CampaignFactory, CustomerFactory, StoreFactory
from tests.orders.campaigning import HOUR, agreeing, answer, run

pytestmark = pytest.mark.django_db
AUTH = b"0123456789abcdef"


def text(raw):
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def raw(words):
    return urlsafe_b64decode(words + "=" * (-len(words) % 4))


def point(key):
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


class Service(ThreadingHTTPServer):
    """A push service: keeps what it is given, answers what the test says for a path."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.got, self.answers = [], {}

    @property
    def origin(self):
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append((self.path, dict(self.headers), body))
        self.send_response(self.server.answers.get(self.path, 201))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args):
        pass


@pytest.fixture
def service():
    server = Service()
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def keys(settings):
    key = ec.generate_private_key(ec.SECP256R1())
    settings.PUSH_GATEWAY = "customers.web_push.WebPush"
    settings.PUSH_PRIVATE_KEY = text(key.private_numbers().private_value.to_bytes(32))
    settings.PUSH_PUBLIC_KEY = text(point(key))
    settings.PUSH_CONTACT = "mailto:service@shop.example"
    return key


@pytest.fixture
def browser():
    return ec.generate_private_key(ec.SECP256R1())


def device(service, browser, customer, path="/1"):
    return PushDevice.objects.create(
        customer=customer, endpoint=f"{service.origin}{path}", p256dh=text(point(browser)),
        auth=text(AUTH), created_at=NOON,
    )  # fmt: skip


def queue(customer, **facts):
    context = {"title": "Bonjour é", "paragraphs": ["Vos points"], "link": "https://s.example/m/1/"}
    return queue_message(
        **{
            "key": "k", "template": "campaign", "channel": "push", "language": "fr", "at": NOON,
            "to": address(customer, "push"), "customer_id": customer.pk, "context": context,
        }
        | facts
    )  # fmt: skip


def only():
    return Message.objects.get()


def test_what_is_sent_is_what_the_browser_decrypts(service, keys, browser):
    customer = CustomerFactory()
    kept = device(service, browser, customer)
    queue(customer)

    assert send(message_id=only().pk, at=NOON)

    ((path, headers, body),) = service.got
    assert path == "/1"
    opened = http_ece.decrypt(body, private_key=browser, auth_secret=AUTH, version="aes128gcm")
    assert json.loads(opened) == {
        "title": "Bonjour é",
        "body": "Vos points",
        "link": "https://s.example/m/1/",
        "tag": f"message-{only().pk}",
    }
    assert b"Bonjour" not in body
    assert (headers["content-encoding"], headers["ttl"]) == ("aes128gcm", "172800")
    assert (headers["urgency"], headers["topic"]) == ("normal", f"message-{only().pk}")
    assert (only().status, only().sent_at, only().subject) == ("sent", NOON, "Bonjour é")
    kept.refresh_from_db()
    assert kept.last_used_at == NOON


def test_the_push_service_can_see_that_it_is_us(service, keys, browser):
    customer = CustomerFactory()
    device(service, browser, customer)
    queue(customer)
    before = datetime.now(UTC).timestamp()

    send(message_id=only().pk, at=NOON)

    token, key = service.got[0][1]["authorization"].removeprefix("vapid ").split(",")
    assert raw(key.removeprefix("k=")) == point(keys)
    signed, _dot, signature = token.removeprefix("t=").rpartition(".")
    pair = raw(signature)
    keys.public_key().verify(
        encode_dss_signature(int.from_bytes(pair[:32]), int.from_bytes(pair[32:])),
        signed.encode(),
        ec.ECDSA(SHA256()),
    )
    claims = json.loads(raw(signed.split(".")[1]))
    assert (claims["aud"], claims["sub"]) == (service.origin, "mailto:service@shop.example")
    assert before < claims["exp"] <= before + 24 * 3600  # RFC 8292


@pytest.mark.parametrize("answered", [404, 410])
def test_a_subscription_that_ended_is_deleted_and_the_message_says_why(
    service, keys, browser, answered
):
    customer = CustomerFactory()
    device(service, browser, customer)
    service.answers["/1"] = answered
    queue(customer)

    assert not send(message_id=only().pk, at=NOON)

    assert not PushDevice.objects.exists()
    assert (only().status, only().reason, only().sent_at) == ("withheld", "no_device", None)
    assert not send(message_id=only().pk, at=NOON + timedelta(days=1))
    assert len(service.got) == 1
    assert address(customer, "push") == ""


def test_what_fails_otherwise_is_tried_again_as_mail_is(service, keys, browser):
    customer = CustomerFactory()
    device(service, browser, customer)
    service.answers["/1"] = 503
    queue(customer)

    assert not send(message_id=only().pk, at=NOON)

    assert (only().status, only().attempts, only().reason) == ("queued", 1, "WebPushException")
    assert PushDevice.objects.exists()
    assert not send(message_id=only().pk, at=NOON + timedelta(seconds=59))
    service.answers.clear()
    assert send(message_id=only().pk, at=NOON + timedelta(minutes=1))
    assert (len(service.got), only().reason) == (2, "")


def test_one_device_that_took_it_is_enough_and_gets_it_once(service, keys, browser):
    customer = CustomerFactory()
    for path in ("/1", "/2", "/3"):
        device(service, browser, customer, path)
    service.answers |= {"/1": 410, "/2": 503}
    queue(customer)

    assert [tasks.send_due_messages() for _ in range(3)] == [1, 0, 0]

    assert sorted(path for path, _headers, _body in service.got) == ["/1", "/2", "/3"]
    left = PushDevice.objects.order_by("pk").values_list("endpoint", flat=True)
    assert [one[-1] for one in left] == ["2", "3"]
    assert only().status == "sent"


def campaign():
    return CampaignFactory(
        kind="newsletter", starts_at=NOON - HOUR, activated_at=NOON - HOUR,
        steps=[{"channel": "push"}],
    )  # fmt: skip


def test_an_offer_passes_the_one_guard_and_is_posted_once_however_often_it_is_delivered(
    service, keys, browser
):
    """Its link is the signed one; at night it is no longer kept for a device that was off."""
    person = agreeing("push", home_store=StoreFactory(timezone="Indian/Reunion"))
    refused, never = agreeing("push"), CustomerFactory()
    answer(refused, False, at=NOON - HOUR, channel="push")
    for number, one in enumerate((person, refused, never), 1):
        device(service, browser, one, f"/{number}")
    campaign()

    run()
    run()

    ((path, headers, body),) = service.got
    opened = json.loads(
        http_ece.decrypt(body, private_key=browser, auth_secret=AUTH, version="aes128gcm")
    )
    sent = Relaunch.objects.get(status="sent")
    assert (path, opened["link"]) == ("/1", only().context["link"])
    assert f"/m/{sent.code}/" in opened["link"]
    local = NOON.astimezone(person.home_store.zone)
    assert headers["ttl"] == str((21 - local.hour) * 3600)
    assert headers["urgency"] == "low"
    reasons = set(Relaunch.objects.exclude(pk=sent.pk).values_list("customer", "reason"))
    assert reasons == {(refused.pk, "no_consent")}


def test_an_offer_whose_last_device_went_is_not_sent_and_the_board_says_why(service, keys, browser):
    device(service, browser, agreeing("push"))
    service.answers["/1"] = 410
    campaign()

    run()

    assert (only().status, only().reason) == ("withheld", "no_device")
    row = Relaunch.objects.get()
    assert (row.status, row.reason) == ("withheld", "no_address")


def test_an_offer_that_fails_is_unsure_and_never_posted_again(service, keys, browser):
    device(service, browser, agreeing("push"))
    service.answers["/1"] = 500
    campaign()

    run()
    run(NOON + HOUR)

    assert len(service.got) == 1
    assert (only().status, only().reason) == ("sent", "unsure: WebPushException")


def test_without_keys_notifications_are_files_as_before(settings, tmp_path, browser):
    settings.PUSH_FILE_PATH = tmp_path
    customer = CustomerFactory()
    PushDevice.objects.create(customer=customer, endpoint="https://x.example/", created_at=NOON)
    queue(customer)

    assert send(message_id=only().pk, at=NOON)

    (file,) = Path(tmp_path).iterdir()
    assert "TTL: 172800\nUrgency: normal\n" in file.read_text()


def printed():
    out = StringIO()
    call_command("make_push_keys", stdout=out)
    return dict(line.split("=", 1) for line in out.getvalue().splitlines())


def test_the_command_prints_a_pair_that_the_settings_take(monkeypatch):
    pair = printed()
    assert set(pair) == {"PUSH_PRIVATE_KEY", "PUSH_PUBLIC_KEY"}
    assert pair != printed()
    names = ("PUSH_PRIVATE_KEY", "PUSH_PUBLIC_KEY")
    for name in names:
        monkeypatch.delenv(name, raising=False)
    assert env.push_keys(*names) == ("", "")

    monkeypatch.setenv("PUSH_PRIVATE_KEY", pair["PUSH_PRIVATE_KEY"])

    assert env.push_keys(*names) == tuple(pair[name] for name in names)
    monkeypatch.setenv("PUSH_PUBLIC_KEY", printed()["PUSH_PUBLIC_KEY"])
    with pytest.raises(ImproperlyConfigured, match="does not belong"):
        env.push_keys(*names)


@pytest.mark.parametrize("wrong", ["secret", "", "AAAA", "x" * 44])
def test_what_is_no_key_stops_the_start(monkeypatch, wrong):
    monkeypatch.delenv("PUSH_PUBLIC_KEY", raising=False)
    monkeypatch.setenv("PUSH_PRIVATE_KEY", wrong)
    if not wrong:
        assert env.push_keys("PUSH_PRIVATE_KEY", "PUSH_PUBLIC_KEY") == ("", "")
        return
    with pytest.raises(ImproperlyConfigured, match="make_push_keys"):
        env.push_keys("PUSH_PRIVATE_KEY", "PUSH_PUBLIC_KEY")
