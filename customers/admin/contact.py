"""When people may be written to, and the devices that asked for notifications."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from customers.models import ContactRule, PushDevice
from customers.selectors import find
from omnishop.kernel.admin import ReadOnlyAdmin, StoreModelAdmin


@admin.register(ContactRule)
class ContactRuleAdmin(StoreModelAdmin):
    """Hours and numbers by channel; without a row the defaults hold."""

    list_display = ("channel", "opens", "closes", "rest_days", "most", "within_days")
    ordering = ("channel",)
    fields = (("channel",), ("opens", "closes", "rest_days"), ("most", "within_days"))


@admin.register(PushDevice)
class PushDeviceAdmin(ReadOnlyAdmin):
    list_display = ("customer", "name", "created_at", "last_used_at")
    list_select_related = ("customer",)
    fields = ("customer", "name", "created_at", "last_used_at")
    search_fields = ("customer__number",)

    def find(self, rows: Any, term: str) -> Any:
        return rows.filter(customer__in={person.pk for person in find(term)})

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
