"""E-mail that a mail provider or a server brings, with the shared secret (CARE_MAIL_SECRET)."""

from django.conf import settings
from django.http import Http404, HttpRequest, JsonResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from customers.services import inbound


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
