from django.apps import AppConfig


class DemoConfig(AppConfig):
    name = "omnishop.demo"
    label = "demo"
