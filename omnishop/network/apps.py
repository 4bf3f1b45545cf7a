from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class NetworkConfig(AppConfig):
    name = "omnishop.network"
    label = "network"
    verbose_name = _("Stores and staff")

    def ready(self) -> None:
        from omnishop.network.roles import grant

        post_migrate.connect(grant, dispatch_uid="omnishop.network.roles.grant")
