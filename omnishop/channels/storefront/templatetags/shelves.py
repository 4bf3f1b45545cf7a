"""The cards of a list."""

from collections.abc import Sequence

from django import template
from django.utils.safestring import SafeString, mark_safe

from omnishop.channels.storefront.listing import Card
from omnishop.kernel.templatetags.omnishop import once
from omnishop.network.models import Store
from orders.services.reviews import Received

register = template.Library()
EAGER = 4  # pictures of a list that are seen without scrolling


@register.filter
def of_line(received: dict[int, Received], line_id: int) -> Received | None:
    """`{{ received|of_line:line.pk }}`: what is known of the receipt of an order line."""
    return received.get(line_id)


@register.simple_tag
def cards(found: Sequence[Card], store: Store | None = None) -> SafeString:
    """`{% cards listing.cards store %}`: the cards of a list; the first row is loaded at once."""
    parts = (card(one, store, eager=n < EAGER) for n, one in enumerate(found))
    return mark_safe("".join(parts))  # noqa: S308  rendered by templates


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
