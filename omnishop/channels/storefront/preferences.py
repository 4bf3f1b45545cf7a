"""What we may write about: asked and answered without sign-in, by the link of every mail (A5)."""

from datetime import datetime
from hashlib import sha256
from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from customers.links import customer_of_link, stop_of_link
from customers.models import Customer
from customers.models.consent import Channel, Purpose
from customers.selectors import masked, masked_address
from customers.services import arrivals, consents, devices
from customers.services.preferences import mail_link
from omnishop.channels.storefront.context import Request
from omnishop.channels.storefront.forms import email_field
from omnishop.channels.storefront.limits import limit
from omnishop.channels.storefront.pages import private
from omnishop.kernel.errors import Invalid, Refusal
from omnishop.kernel.language import site_language


class AddressForm(forms.Form):
    """Where a new link is to go."""

    email = email_field(_("Your page opens by a link that we send to this address."))


def shown(person: Customer, *, at: datetime) -> list[dict[str, Any]]:
    """Each question with its words and the answer that stands, for the page and the account."""
    answers = consents.standing(person.pk, at=at)
    return [
        {
            "name": text.get_purpose_display(),
            "channel": text.get_channel_display(),
            "text": text.text,
            "key": f"{text.purpose}-{text.channel}",
            "granted": answers[text.purpose, text.channel].granted,
            "event": answers[text.purpose, text.channel].event,
        }
        for text in consents.questions(language=site_language(), at=at)
    ]


def unreached(person: Customer, *, link: str = "") -> dict[str, Any]:
    """Addresses and numbers from which messages came back, and where to say that one works."""
    return {
        "keys": [
            {
                "pk": key.pk,
                "kind": key.kind,
                "value": masked(key.value),
                "since": key.unreachable_since,
            }
            for key in arrivals.unreachable(person)
        ],
        "action": reverse("storefront:works_again", args=[link] if link else []),
    }


def notifying(person: Customer, *, link: str = "", at: datetime) -> dict[str, Any]:
    """Notifications on this device and the person's others; empty where we cannot send any."""
    if not settings.PUSH_PUBLIC_KEY:
        return {}
    own = list(devices.own(person))
    words = consents.text_shown(
        purpose=Purpose.MARKETING, channel=Channel.PUSH, language=site_language(), at=at
    )
    of = [link] if link else []
    return {
        "key": settings.PUSH_PUBLIC_KEY,
        "devices": own,
        # Which of them a browser is, without writing out addresses that can be posted to.
        "known": " ".join(sha256(one.endpoint.encode()).hexdigest() for one in own),
        "text": words.text,
        "subscribe": reverse("storefront:push_subscribe", args=of),
        "unsubscribe": reverse("storefront:push_unsubscribe", args=of),
    }


def answer(request: Request, person: Customer, *, source: str, at: datetime) -> bool:
    """Write the answer of a pressed button: one press gives, one press withdraws (A5)."""
    key, said = request.POST.get("consent", ""), request.POST.get("answer", "")
    if said not in ("yes", "no"):
        return False
    if key == "all" and said == "no":
        consents.stop_everything(customer=person, source=source, actor="customer", at=at)
        return True
    texts = consents.questions(language=site_language(), at=at)
    wanted = [text for text in texts if key in ("all", f"{text.purpose}-{text.channel}")]
    for text in wanted:
        consents.record_consent(
            customer=person,
            granted=said == "yes",
            source=source,
            actor="customer",
            at=at,
            purpose=text.purpose,
            channel=text.channel,
            text=text,
        )
    return bool(wanted)


def _old_link(request: Request) -> HttpResponse:
    """A link that says nobody any more: where to send a new one."""
    context = {"form": AddressForm(), "old": True}
    return private(render(request, "storefront/preferences_link.html", context, status=404))


@require_http_methods(["GET", "POST"])
def preferences(request: Request, link: str) -> HttpResponse:
    """The answers of the person of a mail's link; an old link asks where to send a new one."""
    person, at = customer_of_link(link), timezone.now()
    if person is None:
        return _old_link(request)
    said = request.method == "POST" and answer(request, person, source="preferences", at=at)
    return private(
        render(
            request,
            "storefront/preferences.html",
            {
                "consents": shown(person, at=at),
                "said": said,
                "link": link,
                "address": masked_address(person),
                "push": notifying(person, link=link, at=at),
                "unreached": unreached(person, link=link),
            },
        )
    )


@require_http_methods(["GET", "POST"])
def new_link(request: Request) -> HttpResponse:
    """Mail a new link. The answer is the same whether we know the address or not."""
    form = AddressForm(request.POST or None)
    context: dict[str, Any] = {"form": form}
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                limit(request, "preferences", most=5, seconds=3600)
                mail_link(email=form.cleaned_data["email"], at=timezone.now())
            except Invalid as refusal:
                form.add_error("email", str(refusal))
            except Refusal as refusal:
                form.add_error(None, str(refusal))
                status = refusal.status
            else:
                context["sent"], status = True, 200
    context["has_errors"] = bool(form.errors)
    return private(render(request, "storefront/preferences_link.html", context, status=status))


@csrf_exempt  # a mail program posts it: the signed link is the proof (RFC 8058)
@require_http_methods(["GET", "POST"])
def unsubscribe(request: Request, link: str) -> HttpResponse:
    """The stop button of a mail program: one POST stops; a reader who opens it confirms once."""
    found = stop_of_link(link)
    if found is None:
        return _old_link(request)
    person, channel = found
    if request.method == "POST":
        consents.stop_marketing(
            customer=person,
            channel=channel,
            source="list-unsubscribe",
            actor="customer",
            at=timezone.now(),
        )
    return private(
        render(
            request,
            "storefront/unsubscribe.html",
            {"stopped": request.method == "POST", "address": masked_address(person)},
        )
    )
