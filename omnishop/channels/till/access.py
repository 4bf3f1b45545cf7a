"""Who works at which till: staff, at a till of a store they see (DESIGN 3.10)."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, Concatenate

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django_htmx.http import HttpResponseClientRedirect

from omnishop.network.models import Store, Till, User

SESSION_KEY = "till_id"


@dataclass(frozen=True, slots=True)
class Desk:
    """A member of staff at a till."""

    user: User
    till: Till

    @property
    def store(self) -> Store:
        return self.till.store

    @property
    def actor(self) -> str:
        """As histories name who did it."""
        return f"user:{self.user.pk}"

    def context(self, section: str) -> dict[str, Any]:
        """What every till page shows of it."""
        return {
            "section": section,
            "store": self.store,
            "till": {"pk": self.till.pk, "name": self.till.number},
            "associate": self.user.get_full_name() or self.user.email,
        }


def staff_only(
    view: Callable[Concatenate[HttpRequest, ...], HttpResponse],
) -> Callable[..., HttpResponse]:
    """Let staff in; others sign in, or are told that this is not for them."""

    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            if request.headers.get("HX-Request"):
                return HttpResponseClientRedirect(reverse("till:sale"))
            return redirect_to_login(request.get_full_path())
        if not request.user.is_staff:
            raise PermissionDenied
        response = view(request, *args, **kwargs)
        add_never_cache_headers(response)
        return response

    return checked


def at_till(
    view: Callable[Concatenate[HttpRequest, Desk, ...], HttpResponse],
) -> Callable[..., HttpResponse]:
    """Give the view the desk of the session; without one the store and till are chosen first.

    Read again at every request: staff who no longer work at the store are out at once.
    """

    @staff_only
    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        user = request.user
        assert user.is_authenticated  # noqa: S101  for the type checker: staff_only saw to it
        till = None
        if pk := request.session.get(SESSION_KEY):
            till = (
                Till.objects.select_related("store")
                .filter(pk=pk, active=True, store__in=Store.objects.visible_to(user))
                .first()
            )
        if till is None:
            if request.headers.get("HX-Request"):
                return HttpResponseClientRedirect(reverse("till:choose"))
            return redirect("till:choose")
        return view(request, Desk(user, till), *args, **kwargs)

    return checked
