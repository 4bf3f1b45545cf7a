"""The cards of a list."""

from collections.abc import Sequence
from typing import Any

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from pictures.utils import sizes as picture_sizes

from omnishop.channels.storefront.cards import Card
from omnishop.kernel.templatetags.omnishop import once
from omnishop.network.models import Store
from orders.services.reviews import Received

register = template.Library()
TILE = {"xs": 6, "s": 4, "m": 3}  # columns of twelve, by width of the screen
EAGER = 4  # pictures of a list that are seen without scrolling


@register.filter
def of_line(received: dict[int, Received], line_id: int) -> Received | None:
    """`{{ received|of_line:line.pk }}`: what is known of the receipt of an order line."""
    return received.get(line_id)


@register.simple_tag
def tile_picture(photo: Any, eager: bool = False) -> SafeString:
    """`{% tile_picture photo eager %}`: what the library's `picture` gives for a card, without a
    template: a list has 24 of them.
    """
    sizes = picture_sizes(field=photo.field, container_width=photo.field.container_width, **TILE)
    sources = format_html_join(
        "",
        '\n  <source type="image/{}"\n          srcset="{}"\n          sizes="{}">',
        (
            (kind.lower(), ", ".join(f"{one.url} {width}w" for width, one in files.items()), sizes)
            for kind, files in photo.aspect_ratios["1/1"].items()
        ),
    )
    return format_html(
        '<picture>{}\n  <img src="{}" alt="" width="{}" height="{}" {}>\n</picture>\n',
        sources,
        photo.url,
        photo.width,
        photo.height,
        mark_safe('fetchpriority="high"' if eager else 'loading="lazy"'),  # noqa: S308  ours
    )


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
