"""What the pages for readers name is there: files, commands, targets, modules and settings."""

import re
from importlib import import_module
from pathlib import Path
from typing import Any

from celery import current_app
from django.apps import apps
from django.core.management import get_commands

BASE = Path(__file__).resolve().parent.parent
PAGES = [BASE / "README.md", BASE / "CONTRIBUTING.md", *sorted(BASE.glob("docs/**/*.md"))]
OURS = ("omnishop", "customers", "catalog", "inventory", "loyalty", "orders")
ROOTS = (*OURS, "benchmarks", "deploy", "docs", "locale", "static", "templates", "tests", "tools")
MADE = ("static/build", "var")  # not in the repository
FENCE = re.compile(r"^```.*?^```", re.S | re.M)
CODE = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


def places(found: re.Pattern[str]) -> list[tuple[str, str]]:
    """(page, what the pattern takes) of every page."""
    return [
        (str(page.relative_to(BASE)), match)
        for page in PAGES
        for match in found.findall(page.read_text())
    ]


def spans() -> list[tuple[str, str]]:
    """(page, code) of what stands in back quotes on a line."""
    return [
        (str(page.relative_to(BASE)), match)
        for page in PAGES
        for match in CODE.findall(FENCE.sub("", page.read_text()))
    ]


def is_there(name: str) -> bool:
    """A path of the repository, or one that a run makes; `*` and `{a,b}` stand for some."""
    if name.startswith(MADE):
        return True
    options = re.search(r"\{([^}]*)\}", name)
    if options:
        before, after = name[: options.start()], name[options.end() :]
        return all(is_there(f"{before}{one}{after}") for one in options[1].split(","))
    return any(BASE.glob(name.rstrip("/")))


def is_known(name: str) -> bool:
    """A module or something in one; `app.Model`, `app.view_model`, a task's name are as good."""
    current_app.loader.import_default_modules()
    app, _dot, rest = name.partition(".")
    models = {model.lower() for model in apps.all_models.get(app, {})}
    if name in current_app.tasks or rest.lower().removeprefix("view_") in models:
        return True
    parts = name.split(".")
    for end in range(len(parts), 0, -1):
        try:
            found: Any = import_module(".".join(parts[:end]))
        except ModuleNotFoundError:
            continue
        for part in parts[end:]:
            found = getattr(found, part, None)
        return found is not None
    return False


def test_links_lead_to_files():
    gone = [
        (page, link)
        for page, link in places(LINK)
        if "://" not in link and not ((BASE / page).parent / link).exists()
    ]

    assert gone == []


def test_paths_are_there():
    path = re.compile(rf"(?:{'|'.join(ROOTS)})/[\w./*{{}},-]*")
    gone = [(page, code) for page, code in spans() if path.fullmatch(code) and not is_there(code)]

    assert gone == []


def test_commands_and_targets_are_there():
    commands = get_commands()
    targets = set(re.findall(r"^([\w-]+):", (BASE / "Makefile").read_text(), re.M))
    asked = places(re.compile(r"manage\.py (\w+)"))
    made = places(re.compile(r"`(?:[A-Z]+=\S+ )?make (\w+)"))
    run = places(re.compile(r"python -m ([\w.]+\w)"))

    assert [one for one in asked if one[1] not in commands] == []
    assert [one for one in made if one[1] not in targets] == []
    assert [one for one in run if not is_known(one[1])] == []


def test_modules_and_what_is_in_them_are_there():
    dotted = re.compile(rf"(?:{'|'.join(OURS)})(?:\.\w+)+(?=\(|$)")
    named = [(page, found[0]) for page, code in spans() if (found := dotted.match(code))]
    files = (".py", ".po")

    assert [one for one in named if not one[1].endswith(files) and not is_known(one[1])] == []
