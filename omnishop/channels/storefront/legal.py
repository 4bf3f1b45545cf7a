"""Texts the law asks for."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from omnishop.channels.storefront.context import Request
from omnishop.channels.storefront.pages import shared
from omnishop.network.models import LegalEntity


@require_GET
@shared
def legal(request: Request) -> HttpResponse:
    """Who sells here."""
    entities = LegalEntity.objects.order_by("pk")
    return render(request, "storefront/legal.html", {"cacheable": True, "entities": entities})


@require_GET
@shared
def terms(request: Request) -> HttpResponse:
    """Terms of sale."""
    return render(request, "storefront/terms.html", {"cacheable": True})


@require_GET
@shared
def privacy(request: Request) -> HttpResponse:
    """What we keep about people, and our cookies."""
    return render(request, "storefront/privacy.html", {"cacheable": True})
