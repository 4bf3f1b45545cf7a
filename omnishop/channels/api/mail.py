"""E-mail that a mail provider or a server brings, with the shared secret (CARE_MAIL_SECRET), and
what became of ours, as its provider tells (ANYMAIL_WEBHOOK_SECRET).
"""

from typing import Any

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest, JsonResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from customers.models import Message
from customers.services import arrivals, inbound

# What django-anymail calls the events of all providers; the others tell nothing of arrival.
ARRIVALS = {
    "delivered": Message.Arrival.DELIVERED,
    "bounced": Message.Arrival.BOUNCED,
    "rejected": Message.Arrival.BOUNCED,
    "failed": Message.Arrival.BOUNCED,
    "complained": Message.Arrival.COMPLAINED,
}
WRONG_ADDRESS = {"invalid", "bounced"}  # reasons for which another try is no use


@csrf_exempt
@require_POST
def receive(request: HttpRequest) -> JsonResponse:
    """Take one RFC 5322 message as the body. A repeat is answered like the first, and does nothing.

    Without the secret, or when none is set, there is no such door (404).
    """
    secret = str(settings.CARE_MAIL_SECRET)
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not secret or not constant_time_compare(given, secret):
        raise Http404
    length = int(request.headers.get("Content-Length") or 0)
    if length > inbound.LONGEST_MAIL:
        return JsonResponse({"outcome": "too_large"}, status=413)
    received = inbound.receive(request.read(), at=timezone.now())  # not `body`: files are larger
    return JsonResponse({"outcome": received.outcome})


@csrf_exempt
@require_http_methods(["POST", "HEAD"])
def events(request: HttpRequest, carrier: str) -> HttpResponse:
    """Take what a provider tells of mails that left, in its own form: `carrier` is its name in
    django-anymail ("postmark", "brevo", …), whose readers check the secret and the signature.

    Without the secret, or when none is set, and for a provider nobody knows: no such door (404).
    """
    reader = _reader(carrier) if settings.ANYMAIL.get("WEBHOOK_SECRET") else None
    if reader is None:
        raise Http404
    if request.method == "HEAD":  # some ask so whether somebody is there
        return HttpResponse()
    try:
        reader.run_validators(request)
    except SuspiciousOperation:
        raise Http404 from None
    try:
        found = reader.parse_events(request)
    except (ValueError, KeyError, TypeError, AttributeError):
        return HttpResponseBadRequest()
    for event in found:
        if what := ARRIVALS.get(event.event_type):
            arrivals.record(
                what=what,
                at=event.timestamp or timezone.now(),
                channel=Message.Channel.EMAIL,
                carrier_id=str(event.message_id or "")[:200],
                to=event.recipient or "",
                final=event.reject_reason in WRONG_ADDRESS,
                note=event.description or event.mta_response or "",
            )
    return HttpResponse()


def _reader(carrier: str) -> Any:
    """The reader of a provider's events; loaded at the first one, by no other worker."""
    from anymail import urls

    name = f"{carrier}_tracking_webhook"
    found = next((one for one in urls.urlpatterns if one.name == name), None)
    return found.callback.view_class() if found else None
