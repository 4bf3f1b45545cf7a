from django.apps import AppConfig


class CareConfig(AppConfig):
    name = "omnishop.channels.care"
    label = "care"
