"""Parts of a list, each made once: their HTML depends on nothing but the values they show."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeVar

from django import template
from django.conf import settings
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from omnishop.channels.storefront.context import language
from omnishop.channels.storefront.listing import Card, Facet
from omnishop.network.models import Store

register = template.Library()
Render = TypeVar("Render", bound=Callable[..., SafeString])
KEPT = 1024  # parts of 1 to 3 KB in each process


def made_once(render: Render) -> Render:
    """Keep what was rendered for the same values; not while templates are being edited."""
    return render if settings.DEBUG else lru_cache(maxsize=KEPT)(render)  # type: ignore[return-value]


@register.simple_tag
def card(
    card: Card, store: Store | None = None, level: int = 2, eager: bool = False, prefix: str = ""
) -> SafeString:
    """`{% card card store level=2 eager=True %}`: a product in a list."""
    return _card(card, store.name if store else "", level, eager, prefix, language())


@made_once
def _card(card: Card, store: str, level: int, eager: bool, prefix: str, _lang: str) -> SafeString:
    values: dict[str, Any] = {"card": card, "store_name": store, "level": level, "eager": eager}
    return render_to_string("storefront/_card.html", values | {"id_prefix": prefix})


@register.simple_tag
def facet(facet: Facet) -> SafeString:
    """`{% facet facet %}`: a group of values to narrow a list by."""
    return _facet(facet, language())


@made_once
def _facet(facet: Facet, _language: str) -> SafeString:
    return render_to_string("storefront/_facet.html", {"facet": facet})
