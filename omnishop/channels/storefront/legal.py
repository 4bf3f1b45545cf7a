"""Texts the law asks for."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET

from omnishop.channels.storefront.context import Request
from omnishop.channels.storefront.pages import shared
from omnishop.network.models import LegalEntity
from omnishop.privacy import rules


@dataclass(frozen=True, slots=True)
class Cookie:
    """What we leave in a browser; a test finds that there is no other (GDP-7)."""

    name: str
    what: Any
    lasts: Any


COOKIES = (
    Cookie("basket", _("your basket"), _("60 days")),
    Cookie("store", _("the store you chose"), _("1 year")),
    Cookie("checkout", _("what you typed to order, until it is ordered"), _("1 day")),
    Cookie("sessionid", _("your sign-in"), _("14 days")),
    Cookie("csrftoken", _("protects forms"), _("1 year")),
    Cookie("messages", _("one sentence from one page to the next"), _("until it is shown")),
    Cookie("theme", _("light or dark: kept by the browser, never sent"), _("until you change it")),
)


def period(days: int) -> str:
    """So many days, as people count them."""
    if days >= 730:
        years = round(days / 365.25)
        return ngettext("%(n)s year", "%(n)s years", years) % {"n": years}
    if days >= 365:
        months = round(days / 30.4)
        return ngettext("%(n)s month", "%(n)s months", months) % {"n": months}
    return ngettext("%(n)s day", "%(n)s days", days) % {"n": days}


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
    """What we keep about people, how long, and our cookies."""
    clocks = [(rule, period(days)) for rule, days in rules.table(on=timezone.localdate())]
    return render(
        request,
        "storefront/privacy.html",
        {"cacheable": True, "clocks": clocks, "cookies": COOKIES},
    )
