from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class NetworkConfig(AppConfig):
    name = "omnishop.network"
    label = "network"
    verbose_name = _("Stores and staff")
