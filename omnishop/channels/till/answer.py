"""How the till's pages answer: a page, a part of it, or a refusal in it, never a dead end."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from omnishop.channels.till.access import Desk
from omnishop.kernel.errors import Invalid, Refusal


def show(
    request: HttpRequest,
    desk: Desk,
    name: str,
    context: dict[str, Any],
    *,
    section: str,
    partial: bool = False,
    refusal: Refusal | None = None,
) -> HttpResponse:
    """Render `till/name.html`, or `till/_name.html` when htmx asks for the `partial`.

    A refusal is shown in it, with the refusal's status; `X-Refusal` tells the script that this
    answer is to be shown whatever its status, and sounded.
    """
    response = render(
        request,
        f"till/_{name}.html" if partial else f"till/{name}.html",
        desk.context(section) | {"refusal": refusal, "partial": partial} | context,
        status=refusal.status if refusal else 200,
    )
    if refusal:
        response["X-Refusal"] = refusal.code
    return response


def first_error(form: Any) -> Invalid:
    """The first thing wrong with a form of one or two fields, as a refusal."""
    return Invalid(next(iter(form.errors.values()))[0])


def cleaned(form: Any) -> dict[str, Any]:
    """What a form holds, parsed. Raises Invalid with the first thing that is wrong with it."""
    if not form.is_valid():
        raise first_error(form)
    data: dict[str, Any] = form.cleaned_data
    return data


def typed(data: Any, name: str, most: int = 100) -> str:
    """What was typed or scanned into a field that no form checks."""
    return str(data.get(name, "")).replace("\x00", "").strip()[:most]
