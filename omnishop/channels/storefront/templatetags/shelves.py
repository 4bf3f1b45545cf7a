"""The cards of a list."""

from django import template
from django.utils.safestring import SafeString

from omnishop.channels.storefront.listing import Card
from omnishop.kernel.templatetags.omnishop import once
from omnishop.network.models import Store
from orders.services.reviews import Received

register = template.Library()


@register.filter
def of_line(received: dict[int, Received], line_id: int) -> Received | None:
    """`{{ received|of_line:line.pk }}`: what is known of the receipt of an order line."""
    return received.get(line_id)


@register.simple_tag
def card(
    card: Card, store: Store | None = None, level: int = 2, eager: bool = False, prefix: str = ""
) -> SafeString:
    """`{% card card store level=2 eager=True %}`: a product in a list."""
    return once(
        "storefront/_card.html",
        card=card,
        store_name=store.name if store else "",
        level=level,
        eager=eager,
        id_prefix=prefix,
    )
