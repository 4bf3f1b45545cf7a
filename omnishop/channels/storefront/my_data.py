"""What we hold about somebody: a copy of it, and forgetting them (GDP-6, F-33)."""

from allauth.account.decorators import reauthentication_required
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from omnishop.channels.storefront.account import signed_in
from omnishop.channels.storefront.context import Request
from omnishop.channels.storefront.pages import private
from omnishop.privacy.person import person
from omnishop.privacy.selectors import erasure_of, exports_of, stays
from omnishop.privacy.services import erasing, exporting

KINDS = {"json": "application/json", "pdf": "application/pdf"}


@login_required
@require_GET
def my_data(request: Request) -> HttpResponse:
    """Ask for a copy, or to be forgotten."""
    who = signed_in(request)
    return private(
        render(
            request,
            "storefront/my_data.html",
            {
                "customer": who,
                "exports": exports_of(who),
                "erasure": erasure_of(who),
                "tab": "profile",
            },
        )
    )


@login_required
@reauthentication_required
@require_http_methods(["GET", "POST"])
def ask_export(request: Request) -> HttpResponse:
    """A copy of everything; made in the background and told by mail. Signing in comes first."""
    if request.method == "GET":  # back from signing in once more
        return private(render(request, "storefront/my_data_ask.html", {"tab": "profile"}))
    exporting.ask(
        customer=signed_in(request), source="account", actor="customer", at=timezone.now()
    )
    return redirect("storefront:my_data")


@login_required
@reauthentication_required
@require_http_methods(["GET", "POST"])
def erase(request: Request) -> HttpResponse:
    """First what goes, what stays, until when and why; then one press (F-33)."""
    who, at = signed_in(request), timezone.now()
    if request.method == "POST":
        erasing.ask(customer=who, source="account", actor="customer", at=at)
        logout(request)
        return redirect("storefront:erased")
    found = stays(person(who.pk), at=at)
    return private(
        render(
            request,
            "storefront/erase.html",
            {
                "customer": who,
                "waits": [stay for stay in found if stay.waits],
                "stays": [stay for stay in found if not stay.waits],
                "tab": "profile",
            },
        )
    )


@require_GET
def erased(request: Request) -> HttpResponse:
    """It is being done."""
    return private(render(request, "storefront/erased.html"))


@require_GET
def export(request: Request, link: str) -> HttpResponse:
    """Where a copy lies; the link opens for three days."""
    copy = exporting.of_link(link, at=timezone.now())
    return private(
        render(
            request,
            "storefront/export.html",
            {"copy": copy, "link": link},
            status=200 if copy else 404,
        )
    )


@require_POST
def export_file(request: Request, link: str, kind: str) -> HttpResponse | FileResponse:
    """The file itself; each time is noted. A press, so that nothing that follows links takes it."""
    at = timezone.now()
    copy = exporting.of_link(link, at=at)
    if copy is None or kind not in KINDS:
        raise Http404
    answer = FileResponse(
        exporting.fetch(request=copy, kind=kind, at=at),
        as_attachment=True,
        filename=f"mes-donnees.{kind}",
        content_type=KINDS[kind],
    )
    answer["Cache-Control"] = "no-store, private"
    return answer
