"""Pictures of imported products: fetched later, tried again, never from inside (SSRF)."""

import io
import socket
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from PIL import Image

from catalog import picture_fetching
from catalog.models import Picture, PictureSource
from catalog.picture_fetching import NeverFetched, NotFetched, due, fetch
from tests.factories import NOON, VariantFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("importing")]


def picture(kind="PNG"):
    content = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(content, kind)
    return content.getvalue()


@pytest.fixture
def source():
    article = VariantFactory()
    return PictureSource.objects.create(
        product=article.product, url="https://x.example/1.jpg", alt="Une lampe", position=3,
        next_try_at=NOON,
    )  # fmt: skip


def raising(error):
    def answer(_url):
        raise error

    return answer


def test_a_picture_is_put_on_its_product_once(source):
    assert due(at=NOON, limit=9) == [source.pk]

    assert fetch(source.pk, at=NOON, open_address=lambda url: picture())
    assert not fetch(source.pk, at=NOON, open_address=lambda url: picture())

    found = Picture.objects.get()
    assert (found.product_id, found.alt, found.position) == (source.product_id, "Une lampe", 3)
    assert (found.width, found.height, found.source_url) == (40, 30, source.url)
    assert due(at=NOON + timedelta(days=9), limit=9) == []


def test_a_failure_is_tried_again_later_and_later_then_given_up(source):
    at, waits = NOON, []
    for _turn in range(7):
        assert not fetch(source.pk, at=at, open_address=raising(NotFetched("HTTP 503")))
        source.refresh_from_db()
        if source.next_try_at is None:
            break
        assert due(at=source.next_try_at - timedelta(seconds=1), limit=9) == []
        waits.append((source.next_try_at - at) // timedelta(minutes=1))
        at = source.next_try_at

    assert waits == [1, 5, 30, 180, 720, 1440]
    assert (source.attempts, source.last_error) == (7, "HTTP 503")
    assert due(at=at + timedelta(days=99), limit=9) == []
    assert not Picture.objects.exists()


@pytest.mark.parametrize(
    "content, said",
    [
        (b"<html>", "not a picture"),
        (b"", "not a picture"),
        (b"\x89PNG\r\n\x1a\nbroken", "not a picture"),
        (picture("BMP"), "not a picture"),
    ],
)
def test_what_is_no_picture_is_never_tried_again(source, content, said):
    assert not fetch(source.pk, at=NOON, open_address=lambda url: content)

    source.refresh_from_db()
    assert source.next_try_at is None
    assert said in source.last_error
    assert not Picture.objects.exists()


def test_too_many_pixels_are_refused(source, monkeypatch):
    monkeypatch.setattr(picture_fetching, "MAX_PIXELS", 1000)
    assert not fetch(source.pk, at=NOON, open_address=lambda url: picture())
    source.refresh_from_db()
    assert source.last_error == "The picture has too many pixels."


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "10.0.0.1", "172.16.9.9", "192.168.1.1", "169.254.169.254"),
        *("100.64.0.1", "::1", "fe80::1", "fc00::1", "::ffff:127.0.0.1", "224.0.0.1"),
    ],
)
def test_addresses_inside_are_refused_whatever_name_they_have(monkeypatch, host):
    def resolve(name, port, **_options):
        public = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.216.34", port))
        return [public, (socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, port))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with pytest.raises(NeverFetched, match="not of the public web"):
        picture_fetching.public_host(urlsplit("https://innocent.example/1.jpg"))


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://x.example/1", "https:///x", "//x"])
def test_only_the_web_is_asked(url):
    with pytest.raises(NeverFetched):
        picture_fetching.ask(url)


def test_a_redirect_is_looked_at_like_any_address(monkeypatch):
    asked = []

    def get(parts, host):
        asked.append((parts.hostname, host))
        return "http://metadata.internal/latest"

    def resolve(name, port, **_options):
        host = "169.254.169.254" if name == "metadata.internal" else "93.184.216.34"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, port))]

    monkeypatch.setattr(picture_fetching, "_get", get)
    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with pytest.raises(NeverFetched, match="not of the public web"):
        picture_fetching.ask("https://x.example/1.jpg")
    assert asked == [("x.example", "93.184.216.34")]  # connected to what was looked at
