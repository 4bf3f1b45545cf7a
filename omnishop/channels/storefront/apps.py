from django.apps import AppConfig


class StorefrontConfig(AppConfig):
    """The shopper's door."""

    name = "omnishop.channels.storefront"
    label = "storefront"

    def ready(self) -> None:
        from omnishop.channels.storefront import accounts  # noqa: F401  its receiver
