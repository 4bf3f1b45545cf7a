"""Pages and journeys over HTTP, beside the floor F served in the same way."""

import itertools
import os
import re
from collections.abc import Callable
from urllib.parse import quote, urlencode

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.core.signing import get_cookie_signer
from django.db import connections
from django.utils import timezone

from benchmarks import load
from benchmarks.measure import Result, compare, result
from benchmarks.servers import served, worker_memory_mib
from catalog.models import Category, Product, Variant
from inventory.models import StockLevel, StockLocation
from omnishop.network.models import Till, User
from orders.models import Basket
from orders.services import baskets

CSRF = "x" * 32
_unique = itertools.count()


def _signed(name: str, value: str) -> str:
    """A cookie as the storefront signs it."""
    return f"{name}={get_cookie_signer(salt=name + name).sign(value)}"


def _products() -> list[str]:
    on_sale = Product.objects.on_sale().filter(variants__prices__isnull=False).distinct()
    return [f"/produit/{slug}/" for slug in on_sale.values_list("slug", flat=True)[:200]]


def _listings() -> list[str]:
    return [f"/rayon/{slug}/" for slug in Category.objects.values_list("slug", flat=True)]


def _plenty() -> list[int]:
    """Articles with more stock everywhere than a benchmark can buy."""
    ids = list(
        Variant.objects.filter(active=True, product__status="active", prices__isnull=False)
        .order_by("pk")
        .values_list("pk", flat=True)
        .distinct()[:200]
    )
    for location in StockLocation.objects.filter(active=True):
        StockLevel.objects.bulk_create(
            [StockLevel(variant_id=pk, location=location) for pk in ids], ignore_conflicts=True
        )
    StockLevel.objects.filter(variant_id__in=ids).update(on_hand=10_000_000)
    return ids


def _basket_adds(variants: list[int]) -> load.Scenario:
    at = timezone.now()
    cookies = [
        f"csrftoken={CSRF}; {_signed('basket', f'guest:{baskets.start(at=at).token}')}"
        for _ in range(400)
    ]

    def step(connection: load.Connection, n: int) -> int:
        body = urlencode({"variant": variants[n % len(variants)], "quantity": 1})
        cookie = cookies[n % len(cookies)]
        request = load.post("/panier/ajouter/", body, cookie=cookie, csrf=CSRF, good=(200,))
        status, _head = connection.send(request)
        if status != 200:
            raise RuntimeError(f"{status} for an article put into the basket")
        return 1

    return step


def _purchase(variants: list[int], store_id: int) -> load.Scenario:
    """Basket to confirmation, as a browser without scripts does it: eight requests an order."""

    def send(connection: load.Connection, jar: dict[str, str], path: str, **form: object) -> str:
        cookie = "; ".join(f"{name}={value}" for name, value in jar.items())
        if form:
            body = urlencode(form | {"csrfmiddlewaretoken": CSRF})
            lines = [
                f"POST {path} HTTP/1.1",
                "Host: localhost",
                f"Cookie: {cookie}",
                "Content-Type: application/x-www-form-urlencoded",
                f"Content-Length: {len(body)}",
            ]
            request = load.Request(("\r\n".join([*lines, "", ""]) + body).encode())
        else:
            request = load.get(path, cookie=cookie)
        status, head = connection.send(request)
        text = head.decode("latin-1")
        if status not in (200, 302, 303):
            raise RuntimeError(f"{status} for {path}")
        for name, value in re.findall(r"(?i)set-cookie: ([^=]+)=([^;]*)", text):
            jar[name] = value
        found = re.search(r"(?i)\r\nlocation: (\S+)", text)
        return found[1] if found else ""

    def step(connection: load.Connection, n: int) -> int:
        jar = {"csrftoken": CSRF}
        send(connection, jar, "/panier/ajouter/", variant=variants[n % len(variants)], quantity=1)
        send(
            connection,
            jar,
            "/commander/contact/",
            name="Camille Martin",
            email=f"b{n}@example.org",
            phone="",
        )
        send(connection, jar, "/commander/livraison/", way="pickup", store=store_id, collector="")
        page = send_page(connection, jar, "/commander/paiement/")
        total = re.search(rb'name="total" value="(\d+)"', page)
        if not total:
            raise RuntimeError("The payment page names no total.")
        bank = send(connection, jar, "/commander/paiement/", total=total[1].decode(), when="now")
        back = send(connection, jar, bank, answer="accept")
        confirmation = send(connection, jar, _path(back))
        send(connection, jar, _path(confirmation))
        return 1

    def send_page(connection: load.Connection, jar: dict[str, str], path: str) -> bytes:
        cookie = "; ".join(f"{name}={value}" for name, value in jar.items())
        return connection.page(load.Request(load.get(path, cookie=cookie).data))

    return step


def _path(url: str) -> str:
    return re.sub(r"^https?://[^/]+", "", url)


def _till_scans(variants: list[int]) -> load.Scenario:
    """An associate signed in at each till, scanning into sales of ten lines."""
    user = User.objects.filter(is_superuser=True).order_by("pk").first()
    if user is None:
        raise RuntimeError("Seed the benchmark database first.")
    codes = list(Variant.objects.filter(pk__in=variants).values_list("sku", flat=True))[:10]
    cookies = []
    tills = list(Till.objects.filter(active=True).order_by("pk")[: load.CONNECTIONS])
    for till in tills:
        session = SessionStore()
        session[SESSION_KEY] = str(user.pk)
        session[BACKEND_SESSION_KEY] = "omnishop.network.backends.StaffBackend"
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        session["till_id"] = till.pk
        session.create()
        cookies.append(f"csrftoken={CSRF}; sessionid={session.session_key}")
        Basket.objects.open().filter(till=till).update(status=Basket.Status.MERGED)
        baskets.start(at=timezone.now(), channel="till", till=till)

    def step(connection: load.Connection, n: int) -> int:
        request = load.post(
            "/till/scan/",
            f"code={quote(codes[n % len(codes)])}",
            cookie=cookies[n % len(cookies)],
            csrf=CSRF,
            good=(200,),
        )
        data = request.data.replace(b"HX-Request: true", b"HX-Request: true\r\nHX-Target: sale")
        status, _head = connection.send(load.Request(data))
        if status != 200:
            raise RuntimeError(f"{status} for a scan")
        return 1

    return step


def run(names: list[str], *, seconds: float, note: Callable[[Result], None]) -> None:
    """The entries that need the two servers, each noted as soon as it is measured."""
    variants = _plenty()
    store_id = Till.objects.order_by("pk").values_list("store_id", flat=True)[0]
    entries: dict[str, tuple[Callable[[], load.Scenario], float]] = {
        "listing_cached": (lambda: load.repeat([load.get(p) for p in _listings()[:8]]), 0.6),
        "product_cached": (lambda: load.repeat([load.get(p) for p in _products()[:8]]), 0.6),
        "listing": (lambda: load.fresh(_listings()), 0.25),
        "product": (lambda: load.fresh(_products()), 0.25),
        "basket_add": (lambda: _basket_adds(variants), 0.25),
        "purchase": (lambda: _purchase(variants, store_id), 0.04),
        "till_scan": (lambda: _till_scans(variants), 0.3),
    }
    environment = {
        "DATABASE_URL": os.environ["DATABASE_URL"],
        "DATABASE_MAX_AGE": "60",
        "ALLOWED_HOSTS": "localhost,127.0.0.1",
        "STAFF_MFA_REQUIRED": "0",
    }
    connections.close_all()
    with (
        served("benchmarks.floor.wsgi:application", **environment) as (floor_port, _floor),
        served("omnishop.wsgi:application", **environment) as (port, master),
    ):
        bare = load.repeat([load.get("/")])

        def floor() -> float:
            return load.rate(floor_port, bare, seconds)

        def entry(name: str) -> Result:
            prepare, wanted = entries[name]
            scenario = prepare()
            connections.close_all()
            return compare(
                name,
                floor=load.FLOOR,
                at_least=wanted,
                measure_floor=floor,
                measure=lambda: load.rate(port, scenario, seconds),
            )

        for name in names:
            if name in entries:
                note(entry(name))
        if "memory_mib" in names:
            load.rate(port, load.fresh(_listings() + _products()), seconds)
            size = worker_memory_mib(master)
            note(result("memory_mib", "MiB, resident, one web worker", [size], at_most=150))
