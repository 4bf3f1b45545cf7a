from django.apps import AppConfig


class KernelConfig(AppConfig):
    name = "omnishop.kernel"
    label = "kernel"
