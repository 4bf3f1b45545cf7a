"""Notifications on a device: asked for by a press, never before (UX G10)."""

import json
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from customers.services import devices
from omnishop.channels.storefront.account import signed_in
from omnishop.channels.storefront.context import Request
from omnishop.kernel.errors import Invalid


@require_GET
def worker(request: HttpRequest) -> HttpResponse:
    """The service worker that shows notifications; at the root, for the whole site."""
    response = render(request, "storefront/push_worker.js", content_type="text/javascript")
    response["Cache-Control"] = "no-cache"
    response["Service-Worker-Allowed"] = "/"  # English pages have it under /en/
    return response


def _asked(request: HttpRequest) -> dict[str, Any]:
    if not settings.PUSH_PUBLIC_KEY:
        raise Http404
    try:
        asked = json.loads(request.body[:4000])
    except ValueError as error:
        raise Invalid("JSON") from error
    return asked if isinstance(asked, dict) else {}


@login_required
@require_POST
def subscribe(request: Request) -> HttpResponse:
    """Keep the subscription that the browser just made."""
    try:
        asked = _asked(request)
        keys = asked.get("keys")
        keys = keys if isinstance(keys, dict) else {}
        devices.subscribe(
            customer=signed_in(request),
            endpoint=str(asked.get("endpoint", "")),
            p256dh=str(keys.get("p256dh", "")),
            auth=str(keys.get("auth", "")),
            name=str(asked.get("name", "")),
            at=timezone.now(),
        )
    except Invalid as refusal:
        return JsonResponse({"message": str(refusal)}, status=refusal.status)
    return HttpResponse(status=204)


@login_required
@require_POST
def unsubscribe(request: Request) -> HttpResponse:
    """End the subscription of this browser."""
    try:
        endpoint = str(_asked(request).get("endpoint", ""))
    except Invalid as refusal:
        return JsonResponse({"message": str(refusal)}, status=refusal.status)
    devices.unsubscribe(customer=signed_in(request), endpoint=endpoint, at=timezone.now())
    return HttpResponse(status=204)
