from django.apps import AppConfig


class ReportsConfig(AppConfig):
    name = "omnishop.reports"
    label = "reports"
