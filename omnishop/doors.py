"""What is asked of everyone who comes in by the doors for staff."""

import logging
from typing import Any

from allauth.account.authentication import get_authentication_records
from allauth.mfa.utils import is_mfa_enabled
from csp.constants import SELF, UNSAFE_EVAL, UNSAFE_INLINE
from django.conf import settings
from django.contrib import messages
from django.db import DataError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.deprecation import MiddlewareMixin
from django.utils.translation import gettext as _
from django.views.defaults import page_not_found, permission_denied

from catalog.acting import acting

logger = logging.getLogger(__name__)

STAFF_DOORS = {"admin", "till", "reports", "care"}
# The back office's own scripts (Alpine) need these; no page of the shop gets them.
BACK_OFFICE_POLICY = {
    "script-src": [SELF, UNSAFE_EVAL],
    "style-src": [SELF, UNSAFE_INLINE],
    "frame-src": [SELF],
}


def _door(request: HttpRequest) -> str:
    match = request.resolver_match
    return match.namespaces[0] if match and match.namespaces else ""


def _template(request: HttpRequest, name: str) -> str:
    """The till shows in its own frame, with a way back to the sale, what it has no page for."""
    at_till = request.path.startswith(reverse("till:sale"))
    return f"till/{name}" if at_till else name


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404, in the frame of the door it happened at."""
    return page_not_found(request, exception, _template(request, "404.html"))


def denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403, in the frame of the door it happened at."""
    return permission_denied(request, exception, _template(request, "403.html"))


class Overtaken(MiddlewareMixin):
    """Says that it was not done and to try again, when the database ended a request: its locks
    crossed others three times, or the connection broke (INVARIANTS F-5, F-6).
    """

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, OperationalError):
            return None
        logger.error("The database ended a request.", exc_info=exception)
        words = _("The service is busy: this was not done. Try again in a moment.")
        answer = _ended(request, 503, "server_error", "busy", words)
        answer["Retry-After"] = "2"
        return answer


class Unreadable(MiddlewareMixin):
    """Says that it was not done, when the database cannot hold what was sent: the sign NUL, a
    number or a date beyond its reach.
    """

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, DataError):
            return None
        logger.warning("The database cannot hold what was sent.", exc_info=exception)
        words = _("A value holds signs or a size that cannot be kept: nothing was changed.")
        return _ended(request, 400, "client_error", "unreadable", words)


class Pressed(MiddlewareMixin):
    """Gives the empty answer "this address takes no reading" a page: a reload, or the way back
    from signing in, may lead to the address of a button.
    """

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        if response.status_code != 405 or response.streaming or response.content:
            return response
        allowed = {"Allow": response.headers.get("Allow", "")}
        page = render_to_string("405.html")
        return HttpResponse(page, status=405, headers=allowed)


def _ended(request: HttpRequest, status: int, kind: str, code: str, words: str) -> HttpResponse:
    """The page of a status, or what the API says instead."""
    if request.path.startswith("/api/"):
        body = {"type": kind, "errors": [{"code": code, "detail": words, "attr": None}]}
        return JsonResponse(body, status=status)
    page = render_to_string(f"{status}.html")  # no context: it may read the database
    return HttpResponse(page, status=status)


class Named(MiddlewareMixin):
    """Tells the history of the catalogue which member of staff changes it. Stands below
    AuthenticationMiddleware; costs nothing at other doors.
    """

    def __call__(self, request: HttpRequest) -> HttpResponse:
        doors = request.path.split("/", 3)[1:3]  # "admin", or "en" and "admin"
        reads = request.method in {"GET", "HEAD", "OPTIONS"}
        if reads or not STAFF_DOORS & set(doors) or not request.user.is_authenticated:
            return self.get_response(request)  # type: ignore[return-value]  # nothing here is async
        with acting(f"user:{request.user.pk}"):
            return self.get_response(request)  # type: ignore[return-value]  # nothing here is async


class BackOfficePolicy(MiddlewareMixin):
    """Relaxes the content security policy for /admin/ alone. Stands below CSPMiddleware."""

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        if _door(request) == "admin" and not hasattr(response, "_csp_config"):
            response._csp_replace = BACK_OFFICE_POLICY  # type: ignore[attr-defined]  # for django-csp
        return response


class StaffSecondFactor(MiddlewareMixin):
    """Sends staff without a second factor to set one up before anything else (DESIGN 4)."""

    def process_view(self, request: HttpRequest, *_args: Any) -> HttpResponse | None:
        if not settings.STAFF_MFA_REQUIRED or _door(request) not in STAFF_DOORS:
            return None
        if not request.user.is_authenticated or not request.user.is_staff:
            return None  # the door itself turns them away
        if any(
            used.get("method") == "mfa"
            for used in get_authentication_records(request, request.user)
        ):
            return None  # passed when signing in: nothing to ask the database for
        if is_mfa_enabled(request.user):
            return None
        messages.info(request, _("Set up a second factor to work here."))
        return HttpResponseRedirect(reverse("mfa_activate_totp"))
