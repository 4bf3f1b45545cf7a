"""Who enters the service desk, and with which part of it."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils.cache import add_never_cache_headers

from omnishop.network.models import StaffMember, User

# People and orders of the network, and what is given back; associates have their stores' cases.
DESK = (StaffMember.Role.SERVICE, StaffMember.Role.STORE_MANAGER, StaffMember.Role.HEAD_OFFICE)
View = Callable[..., HttpResponse]


def at_desk(user: User) -> bool:
    """Whether somebody works at the desk, or manages."""
    member = getattr(user, "staff", None)
    return bool(user.is_superuser or (member and member.role in DESK))


def _only(view: View, may: Callable[[User], bool]) -> View:
    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        user = request.user
        if not user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        if not (user.is_active and user.is_staff and may(user)):
            raise PermissionDenied
        response = view(request, *args, **kwargs)
        add_never_cache_headers(response)
        return response

    return checked


def desk_only(view: View) -> View:
    """Customer service, managers of stores, head office; others sign in or are turned away."""
    return _only(view, at_desk)


def staff_only(view: View) -> View:
    """All staff; what they see is a matter of scope."""
    return _only(view, lambda user: bool(user.is_superuser or getattr(user, "staff", None)))


def actor_of(request: HttpRequest) -> str:
    """Who acts, as histories name them."""
    return f"user:{request.user.pk}"


def staff_of(request: HttpRequest) -> User:
    """Who is in; the door saw to it that somebody is."""
    user = request.user
    assert user.is_authenticated  # noqa: S101  for the type checker
    return user
