"""What the link of a message opens: the basket, the article, the page it is about."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from orders.services import campaigns


@never_cache
@require_GET
def opened(request: HttpRequest, code: str) -> HttpResponse:
    """Note that the message was answered, and go where it leads."""
    target = campaigns.opened(code, at=timezone.now())
    if not target:
        raise Http404
    return redirect(target)
