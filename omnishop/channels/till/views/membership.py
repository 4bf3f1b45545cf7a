"""The loyalty programme at the till: joining in one press, the card on paper."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from customers.models import Customer
from loyalty.selectors import account_of, card_of
from loyalty.services import cards, referrals
from omnishop.channels.till import scope
from omnishop.channels.till.access import Desk, at_till
from omnishop.channels.till.answer import show, typed
from omnishop.kernel.errors import Refusal


def _person(desk: Desk) -> Customer:
    basket = scope.current_basket(desk)
    if basket is None or basket.customer is None:
        raise Http404
    return basket.customer


@require_POST
@at_till
def join(request: HttpRequest, desk: Desk) -> HttpResponse:
    """The customer of the sale joins the programme, brought by whom they name; it ticks no
    consent (GDP-8).
    """
    sponsor = request.POST.get("sponsor", "")[:200]
    try:
        referrals.enrol(customer=_person(desk), sponsor=sponsor, at=timezone.now())
    except Refusal as refusal:
        return show(request, desk, "refused", {}, section="sale", refusal=refusal)
    return redirect("till:sale")


@require_safe
@at_till
def card(request: HttpRequest, desk: Desk) -> HttpResponse:
    """The card of the sale's customer, to print."""
    # Read when it draws: its library takes some MiB of a worker's memory.
    from loyalty.card import card_pdf

    person = _person(desk)
    account, number = account_of(person.pk), card_of(person)
    if account is None or not number:
        raise Http404
    answer = HttpResponse(
        card_pdf(
            number=number,
            name=person.name,
            programme=account.programme.name,
            tier=account.tier.name if account.tier else "",
        ),
        content_type="application/pdf",
    )
    answer["Content-Disposition"] = 'inline; filename="carte.pdf"'
    answer["Cache-Control"] = "no-store, private"
    return answer


@require_POST
@at_till
def mail(request: HttpRequest, desk: Desk) -> HttpResponse:
    """The card of the sale's customer by e-mail; a press counts once."""
    key = typed(request.POST, "key", 40)
    try:
        cards.mail_card(customer=_person(desk), key=key, at=timezone.now())
    except Refusal as refusal:
        return show(request, desk, "refused", {}, section="sale", refusal=refusal)
    messages.success(request, _("The card is on its way by e-mail."))
    return redirect("till:sale")
