"""Reads about staff."""

from django.contrib.auth.models import AnonymousUser

from omnishop.network.models import User


def sees_all_stores(user: User | AnonymousUser) -> bool:
    """Whether a member of staff works with every store, the site included."""
    if not user.is_authenticated or not user.is_active or not user.is_staff:
        return False
    member = getattr(user, "staff", None)
    return bool(user.is_superuser or (member and member.all_stores))
