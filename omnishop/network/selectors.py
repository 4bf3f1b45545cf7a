"""Reads about staff."""

from collections.abc import Iterable

from django.contrib.auth.models import AnonymousUser
from django.db.models import Exists, OuterRef, Q, QuerySet

from omnishop.network.models import StaffMember, Store, User

MAY_APPROVE = (StaffMember.Role.STORE_MANAGER, StaffMember.Role.HEAD_OFFICE)


def sees_all_stores(user: User | AnonymousUser) -> bool:
    """Whether a member of staff works with every store, the site included."""
    if not user.is_authenticated or not user.is_active or not user.is_staff:
        return False
    member = getattr(user, "staff", None)
    return bool(user.is_superuser or (member and member.all_stores))


def approvers(store: Store) -> QuerySet[StaffMember]:
    """Who may approve an act at a till of this store: its managers and head office, with a PIN."""
    here = StaffMember.objects.filter(pk=OuterRef("pk"), stores=store)
    return (
        StaffMember.objects.filter(
            Exists(here) | Q(all_stores=True),
            role__in=MAY_APPROVE,
            user__is_active=True,
            user__is_staff=True,
        )
        .exclude(pin="")
        .select_related("user")
        .order_by("all_stores", "user__last_name", "user__first_name", "pk")
    )


def names(actors: Iterable[str]) -> dict[str, str]:
    """Who the histories' "user:12" is, by name; others are left out. One statement."""
    ids = {one: one.removeprefix("user:") for one in actors if one.startswith("user:")}
    users = User.objects.in_bulk([int(pk) for pk in ids.values() if pk.isdigit()])
    found = {}
    for one, pk in ids.items():
        user = users.get(int(pk)) if pk.isdigit() else None
        if user:
            found[one] = user.get_full_name() or user.email
    return found
