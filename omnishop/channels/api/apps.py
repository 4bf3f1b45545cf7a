from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "omnishop.channels.api"
    label = "api"
