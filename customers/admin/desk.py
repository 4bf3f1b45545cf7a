"""The service desk's data: texts to answer with, and times to answer. Cases live at the desk."""

from django.contrib import admin

from customers.models import ReplyTemplate, ServiceLevel
from omnishop.kernel.admin import StoreModelAdmin


@admin.register(ReplyTemplate)
class ReplyTemplateAdmin(StoreModelAdmin):
    """Anybody at the desk may change the texts."""

    list_display = ("name", "language", "active")
    list_filter = ("language", "active")
    search_fields = ("name", "text")
    ordering = ("name", "language")


@admin.register(ServiceLevel)
class ServiceLevelAdmin(StoreModelAdmin):
    """Minutes of open time by priority."""

    list_display = ("priority", "minutes", "opening_hours")
    ordering = ("priority",)
