from django.apps import AppConfig


class StorefrontConfig(AppConfig):
    name = "omnishop.channels.storefront"
    label = "storefront"
