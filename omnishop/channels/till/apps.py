from django.apps import AppConfig


class TillConfig(AppConfig):
    name = "omnishop.channels.till"
    label = "till_channel"
