"""What every test stands on: own database, own files, own cache; and a browser for who asks."""

import fcntl
import hashlib
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest
from django.conf import settings as django_settings
from django.core.cache import caches
from django.test import override_settings

from tools import chromium

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

BASE = Path(__file__).resolve().parent.parent
PICTURES = BASE / "var" / "test-pictures"  # what a failed browser test last saw
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE = 30_000  # milliseconds for the browser to find what a test looks for; machines are busy


# --- Settings -----------------------------------------------------------------------------------


def pytest_configure(config: pytest.Config) -> None:
    """Adapt the one settings module: quick, silent, nothing outside the test's own folders."""
    database = django_settings.DATABASES["default"]
    database["TEST"] = database.get("TEST", {}) | {"NAME": _database_name()}
    options = database.setdefault("OPTIONS", {})
    own = "-c synchronous_commit=off -c statement_timeout=90s"  # none outlives its test
    options["options"] = f"{options.get('options', '')} {own}".strip()

    # The machine's load is no finding; and what fails in CI must fail again at the desk.
    hypothesis.settings.register_profile(
        "omnishop", deadline=None, derandomize=bool(os.environ.get("CI"))
    )
    hypothesis.settings.load_profile("omnishop")

    folder = tempfile.TemporaryDirectory(prefix="omnishop-test-")
    config.add_cleanup(folder.cleanup)
    changed = override_settings(
        STATIC_ROOT=folder.name,  # empty: whitenoise has nothing to list for each test client
        STORAGES=django_settings.STORAGES
        | {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}},
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
    )
    changed.enable()
    config.add_cleanup(changed.disable)


def _database_name() -> str:
    """A test database that no other process uses: the first free one of this checkout.

    Test runs side by side and pytest-xdist's workers each hold their own by a file lock.
    """
    folder = django_settings.VAR_DIR / "test-databases"
    folder.mkdir(exist_ok=True)
    checkout = hashlib.sha256(str(BASE).encode()).hexdigest()[:8]
    for number in range(100):
        lock = os.open(folder / str(number), os.O_CREAT | os.O_WRONLY)  # as long as the process
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            continue
        return f"test_omnishop_{checkout}_{number}"
    raise RuntimeError("A hundred test runs are under way in this checkout.")


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """A house that never had an operation: nothing to read that a process does not remember.

    Nor does the database learn from rows that a test took back: statistics of a table between two
    tests say that it is empty, and a plan for empty tables may take minutes with a few rows.
    """
    from django.db import connection

    from catalog.models import BookVersion

    with django_db_blocker.unblock():
        BookVersion.objects.all().delete()
        with connection.cursor() as cursor:
            for table in connection.introspection.table_names(cursor):
                name = connection.ops.quote_name(table)
                cursor.execute(f"ALTER TABLE {name} SET (autovacuum_enabled = off)")


@pytest.fixture(autouse=True)
def _own_files(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture(autouse=True)
def _empty_caches() -> Iterator[None]:
    yield
    for cache in caches.all(initialized_only=True):
        cache.clear()
    from catalog import book

    book._remembered = book._Offers(None, (), ())  # of operations that are rolled back


@pytest.fixture
def invariants() -> Iterator[None]:
    """What must always be true holds after the test too, at the tests' noon (INVARIANTS §2)."""
    yield
    from orders.invariants import violations
    from tests.factories import NOON

    assert violations(at=NOON) == []


# --- Browser ------------------------------------------------------------------------------------


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files first: of two workers, the one that begins such a file last keeps both waiting."""
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker("browser")
    items.sort(key=lambda item: item.path.parent.name not in {"browser", "demo"})


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    """Let fixtures know whether their test failed."""
    report = yield
    if report.when == "call":
        item.stash[_failed] = report.failed
    return report


_failed = pytest.StashKey[bool]()


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    """The machine's Chromium.

    Playwright keeps an event loop running in this thread, which Django takes for async code: its
    guard is off while the browser lives, and that is no longer than one file of tests.
    """
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=PATIENCE)

    executable = chromium.find()
    if not executable:
        pytest.fail("There is no Chromium here. Run `make dev`.")
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        started = playwright.chromium.launch(
            executable_path=executable, args=CHROMIUM_ARGUMENTS, headless=True
        )
        yield started
        started.close()


@pytest.fixture
def open_page(
    browser: "Browser", live_server: Any, request: pytest.FixtureRequest
) -> Iterator[Callable[..., "Page"]]:
    """Open pages of new visitors; `open_page(width=390, height=844, phone=True)`.

    A test that uses them fails on an uncaught script error, on what the content security policy
    stopped and on a request to another server. A failed test leaves a picture in var/.
    """
    pages: list[Page] = []
    faults: list[str] = []

    def open_one(*, width: int, height: int, phone: bool = False, **options: Any) -> "Page":
        context = browser.new_context(
            base_url=live_server.url,
            viewport={"width": width, "height": height},
            has_touch=phone,
            is_mobile=phone,
            locale=options.pop("locale", "fr-FR"),
            timezone_id="Europe/Paris",
            reduced_motion="reduce",
            **options,
        )
        context.set_default_timeout(PATIENCE)

        def refuse(route: Any) -> None:
            faults.append(f"request to another server: {route.request.url}")
            route.abort()

        context.route(
            lambda url: url.startswith("http") and not url.startswith(live_server.url), refuse
        )
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(f"script error: {error}"))
        page.on(
            "console",
            lambda message: (
                faults.append(f"stopped by the policy: {message.text}")
                if "Content Security Policy" in message.text
                else None
            ),
        )
        pages.append(page)
        return page

    yield open_one
    if request.node.stash.get(_failed, False):
        PICTURES.mkdir(parents=True, exist_ok=True)
        for number, page in enumerate(pages):
            page.screenshot(path=PICTURES / f"{request.node.name}-{number}.png", full_page=True)
    for page in pages:
        page.context.close()
    assert not faults, "\n".join(faults)


@pytest.fixture
def phone_page(open_page: Callable[..., "Page"]) -> "Page":
    """A visitor's telephone, 390 × 844."""
    return open_page(width=390, height=844, phone=True)


@pytest.fixture
def desktop_page(open_page: Callable[..., "Page"]) -> "Page":
    """A visitor's desk, 1440 × 900."""
    return open_page(width=1440, height=900)


@pytest.fixture(scope="session")
def axe() -> Callable[["Page"], None]:
    """`axe(page)` asserts that axe finds nothing, and shows what it found."""
    from axe_playwright_python.sync_playwright import Axe

    checker = Axe()

    def check(page: "Page") -> None:
        # Under load the page may not be there yet.
        page.locator("main, [role=main], #main").first.wait_for(state="attached")
        found = checker.run(page).response["violations"]
        lines = [
            f"{rule['impact']} {rule['id']}: {rule['help']}\n    {node['target']}\n"
            f"    {node['html'][:200]}\n    {node['failureSummary']}"
            for rule in found
            for node in rule["nodes"][:5]
        ]
        assert not found, f"axe on {page.url}:\n" + "\n".join(lines)

    return check


@pytest.fixture(scope="session")
def no_sideways_scroll() -> Callable[["Page"], None]:
    """`no_sideways_scroll(page)` asserts that nothing is wider than the screen."""

    def check(page: "Page") -> None:
        size = page.viewport_size
        assert size
        width = page.evaluate("document.scrollingElement.scrollWidth")
        wider = page.evaluate(
            """(width) => [...document.body.querySelectorAll("*")]
                .filter((it) => it.getBoundingClientRect().right > width + 1)
                .slice(-5).map((it) => it.outerHTML.slice(0, 150))""",
            size["width"],
        )
        assert width <= size["width"], f"{page.url} is {width} wide:\n" + "\n".join(wider)

    return check
