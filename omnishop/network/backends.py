"""Signing in, and what a signed-in member of staff may do."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import Permission
from django.db.models import Q, QuerySet

from omnishop.network.roles import GROUPS


class StaffBackend(ModelBackend):
    """Permissions of the groups a login is in and of the group that stands for its role."""

    def _get_group_permissions(self, user_obj: Any) -> QuerySet[Permission]:
        groups = Q(group__user=user_obj)
        member = getattr(user_obj, "staff", None) if user_obj.is_staff else None
        if member:
            groups |= Q(group__name=GROUPS[member.role])
        return Permission.objects.filter(groups).distinct()
