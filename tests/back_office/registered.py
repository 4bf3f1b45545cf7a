"""The models that have pages in the back office, and their addresses."""

from django.contrib import admin
from django.urls import reverse

from omnishop.kernel.admin import ReadOnlyAdmin
from omnishop.privacy.models import ErasureRequest, ExportRequest

OURS = {
    *("network", "customers", "catalog", "inventory", "loyalty", "orders", "privacy"),
    "django_celery_beat",
}
REGISTERED = sorted(
    (model for model in admin.site._registry if model._meta.app_label in OURS),
    key=lambda model: model._meta.label,
)
ASKED = {ErasureRequest, ExportRequest}  # written by a service, from a page that asks
LEDGERS = [
    model
    for model in REGISTERED
    if isinstance(admin.site._registry[model], ReadOnlyAdmin) and model not in ASKED
]


def url(model, page="changelist", *args):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)
