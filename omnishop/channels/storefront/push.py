"""Notifications on a device: asked for by a press, never before (UX G10).

On the account's page, and on the page of a mail's signed link, without sign-in.
"""

import json
import re
from typing import Any

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from customers.links import customer_of_link
from customers.models import Customer
from customers.models.consent import Channel, Purpose
from customers.services import consents, devices
from omnishop.channels.storefront.account import signed_in
from omnishop.channels.storefront.context import Request
from omnishop.channels.storefront.limits import limit
from omnishop.kernel.errors import Invalid, Refusal
from omnishop.kernel.language import site_language

# The first that is found names a browser and its system: others claim to be Chrome or Safari too.
BROWSERS = {
    "Edg": "Edge", "OPR": "Opera", "SamsungBrowser": "Samsung Internet", "Firefox": "Firefox",
    "Chrome": "Chrome", "Safari": "Safari",
}  # fmt: skip
SYSTEMS = {
    "Android": "Android", "iPhone": "iPhone", "iPad": "iPad", "Windows": "Windows",
    "Mac OS": "macOS", "Linux": "Linux",
}  # fmt: skip


@require_GET
def worker(request: HttpRequest) -> HttpResponse:
    """The service worker that shows notifications. Its scope holds no page: none is its affair."""
    response = render(request, "storefront/push_worker.js", content_type="text/javascript")
    response["Cache-Control"] = "no-cache"
    response["Service-Worker-Allowed"] = "/notifications/"  # English pages have it under /en/
    return response


@require_POST
def subscribe(request: Request, link: str = "") -> HttpResponse:
    """Keep the subscription that the browser just made."""
    person, at = _person(request, link), timezone.now()
    if person is None:
        return HttpResponse(status=403)
    try:
        limit(request, "push", most=30, seconds=3600)
        asked = _asked(request)
        keys = asked.get("keys")
        keys = keys if isinstance(keys, dict) else {}
        devices.subscribe(
            customer=person,
            endpoint=str(asked.get("endpoint", "")),
            p256dh=str(keys.get("p256dh", "")),
            auth=str(keys.get("auth", "")),
            name=browser_of(request),
            text=consents.text_shown(
                purpose=Purpose.MARKETING, channel=Channel.PUSH, language=site_language(), at=at
            ),
            at=at,
        )
    except Refusal as refusal:
        return JsonResponse({"message": str(refusal)}, status=refusal.status)
    return HttpResponse(status=204)


@require_POST
def unsubscribe(request: Request, link: str = "") -> HttpResponse:
    """End the subscription of this browser, or of a device of the list (a form, no script)."""
    person = _person(request, link)
    if person is None:
        return redirect_to_login(reverse("storefront:profile"))
    if number := request.POST.get("device", ""):
        pk = int(number) if re.fullmatch(r"\d{1,18}", number) else 0
        devices.unsubscribe(customer=person, pk=pk, at=timezone.now())
        return redirect(_page(link))
    try:
        endpoint = str(_asked(request).get("endpoint", ""))
    except Invalid as refusal:
        return JsonResponse({"message": str(refusal)}, status=refusal.status)
    devices.unsubscribe(customer=person, endpoint=endpoint, at=timezone.now())
    return HttpResponse(status=204)


def _person(request: Request, link: str) -> Customer | None:
    if not settings.PUSH_PUBLIC_KEY:
        raise Http404
    if link:
        found = customer_of_link(link)
        if found is None:
            raise Http404
        return found
    return signed_in(request) if request.user.is_authenticated else None


def _page(link: str) -> str:
    page = reverse("storefront:preferences", args=[link]) if link else reverse("storefront:profile")
    return f"{page}#push"


def _asked(request: HttpRequest) -> dict[str, Any]:
    try:
        asked = json.loads(request.body[:4000])
    except ValueError as error:
        raise Invalid("JSON") from error
    return asked if isinstance(asked, dict) else {}


def browser_of(request: HttpRequest) -> str:
    """What a person knows their device by, no more of the user agent: "Firefox, Linux"."""
    agent = request.headers.get("User-Agent", "")
    found = (
        next((name for mark, name in names.items() if mark in agent), "")
        for names in (BROWSERS, SYSTEMS)
    )
    return ", ".join(filter(None, found))
