"""An address from which our messages came back: its owner says that it works again."""

import re

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from customers.links import customer_of_link
from customers.services import arrivals
from omnishop.channels.storefront.account import signed_in
from omnishop.channels.storefront.context import Request


@require_POST
def works_again(request: Request, link: str = "") -> HttpResponse:
    """Signed in, or by the link of a mail; what was held back in the last days leaves after all."""
    page = reverse("storefront:preferences", args=[link]) if link else reverse("storefront:profile")
    if link:
        person = customer_of_link(link)
    elif request.user.is_authenticated:
        person = signed_in(request)
    else:
        return redirect_to_login(page)
    number = request.POST.get("key", "")
    if person is None or not re.fullmatch(r"[0-9]{1,18}", number):
        raise Http404
    arrivals.works_again(customer=person, identity_id=int(number), at=timezone.now())
    return redirect(page)
