from django.apps import AppConfig


class ParityConfig(AppConfig):
    name = "omnishop.parity"
    default_auto_field = "django.db.models.BigAutoField"
