"""Pictures of imported products brought here from where they lie (UX W2).

Whoever writes an import file chooses the addresses, so nothing but the public web is asked:
every address that a name stands for is looked at, and the one that was looked at is the one
that is connected to (SSRF). What comes is measured, and must be a picture.
"""

import http.client
import io
import ipaddress
import socket
import ssl
import warnings
from collections.abc import Callable
from datetime import datetime, timedelta
from urllib.parse import SplitResult, urljoin, urlsplit

from django.core.files.base import ContentFile
from django.db import transaction
from django.utils.translation import gettext as _
from PIL import Image, UnidentifiedImageError

from catalog.models import Picture, PictureSource
from omnishop.kernel.claims import claim

MAX_BYTES = 15_000_000
MAX_PIXELS = 50_000_000
TIMEOUT = 10  # seconds to connect, and between two pieces
REDIRECTS = 3
KINDS = {"JPEG": "jpg", "PNG": "png", "WEBP": "webp", "GIF": "gif", "AVIF": "avif"}
# From a minute to a day; after the last one it is given up.
WAITS = [timedelta(minutes=minutes) for minutes in (1, 5, 30, 180, 720, 1440)]

Opener = Callable[[str], bytes]


class NotFetched(Exception):
    """The picture was not to be had now; another try may do."""


class NeverFetched(NotFetched):
    """It will not be had by trying again."""


def due(*, at: datetime, limit: int) -> list[int]:
    """Addresses to try now."""
    return list(PictureSource.objects.due(at).values_list("pk", flat=True)[:limit])


def fetch(source_id: int, *, at: datetime, open_address: Opener | None = None) -> bool:
    """Fetch a picture and put it on its product; False when that failed or another does it.

    A failure is written down with the time of the next try. `open_address` gives the bytes at
    an address. The request runs with no row locked: the try is counted before, in its own
    transaction, so that two workers do not ask at once and one that is killed asks again.
    """
    with transaction.atomic():
        source = claim(PictureSource.objects.due(at).filter(pk=source_id)).first()
        if source is None:
            return False
        source.attempts += 1
        source.next_try_at = _next(source.attempts, at)
        source.save(update_fields=["attempts", "next_try_at"])
    try:
        content = (open_address or ask)(source.url)
        suffix = _kind(content)
    except NotFetched as error:
        source.last_error = str(error)[:200]
        if isinstance(error, NeverFetched):
            source.next_try_at = None
        source.save(update_fields=["last_error", "next_try_at"])
        return False
    with transaction.atomic():
        if not _there(source):
            Picture.objects.create(
                product_id=source.product_id,
                variant_id=source.variant_id,
                image=ContentFile(content, f"{source.product_id}-{source.pk}.{suffix}"),
                alt=source.alt,
                position=source.position,
                source_url=source.url,
            )
        source.fetched_at, source.next_try_at, source.last_error = at, None, ""
        source.save(update_fields=["fetched_at", "next_try_at", "last_error"])
    return True


def _next(attempts: int, at: datetime) -> datetime | None:
    return at + WAITS[attempts - 1] if attempts <= len(WAITS) else None


def _there(source: PictureSource) -> bool:
    pictures = Picture.objects.filter(product_id=source.product_id, source_url=source.url)
    return source.variant_id in pictures.values_list("variant_id", flat=True)


def _kind(content: bytes) -> str:
    """The ending of a picture's file, once it was found to be one."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content)) as image:
                if image.width * image.height > MAX_PIXELS:
                    raise NeverFetched(_("The picture has too many pixels."))
                kind = KINDS.get(image.format or "")
                image.verify()
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise NeverFetched(_("What lies there is not a picture.")) from error
    except Image.DecompressionBombError as error:
        raise NeverFetched(_("The picture has too many pixels.")) from error
    if kind is None:
        raise NeverFetched(_("What lies there is not a picture."))
    return kind


# --- The public web, and nothing else -----------------------------------------------------------


def ask(url: str) -> bytes:
    """The bytes at an address of the public web. Raises NotFetched."""
    for _turn in range(REDIRECTS + 1):
        parts = urlsplit(url)
        host = public_host(parts)
        try:
            answer = _get(parts, host)
        except (OSError, http.client.HTTPException) as error:
            raise NotFetched(f"{type(error).__name__}: {error}") from error
        if isinstance(answer, bytes):
            return answer
        url = urljoin(url, answer)
    raise NeverFetched(_("It is moved on again and again."))


def public_host(parts: SplitResult) -> str:
    """The numeric address to connect to. Raises NeverFetched where one of those that the name
    stands for is not of the public web.
    """
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise NeverFetched(_("Not a web address. Example: https://shop.example/1.jpg"))
    try:
        port = parts.port or (443 if parts.scheme == "https" else 80)
        found = socket.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)
    except (OSError, ValueError) as error:
        raise NotFetched(_("The name of this address is not known.")) from error
    hosts = [str(entry[4][0]) for entry in found]
    for host in hosts:
        address = ipaddress.ip_address(host.split("%")[0])
        mapped = getattr(address, "ipv4_mapped", None) or address
        if not mapped.is_global or mapped.is_multicast or mapped.is_reserved:
            raise NeverFetched(_("This address is not of the public web."))
    return hosts[0]


def _get(parts: SplitResult, host: str) -> bytes | str:
    """What lies there, or where it went; connected to the address that was looked at."""
    name = str(parts.hostname)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    stream = socket.create_connection((host, port), TIMEOUT)
    try:
        if parts.scheme == "https":
            stream = ssl.create_default_context().wrap_socket(stream, server_hostname=name)
        connection = http.client.HTTPConnection(name, port, timeout=TIMEOUT)
        connection.sock = stream
        path = parts.path or "/"
        connection.request(
            "GET", f"{path}?{parts.query}" if parts.query else path, headers={"Accept": "image/*"}
        )
        answer = connection.getresponse()
        if answer.status in {301, 302, 303, 307, 308}:
            return answer.getheader("Location") or "/"
        if answer.status in {404, 410}:
            raise NeverFetched(_("There is no picture at this address any more."))
        if answer.status != 200:
            raise NotFetched(f"HTTP {answer.status}")
        content = answer.read(MAX_BYTES + 1)
    finally:
        stream.close()
    if len(content) > MAX_BYTES:
        raise NeverFetched(
            _("The picture is larger than %(limit)d MB.") % {"limit": MAX_BYTES // 1_000_000}
        )
    return content
