"""The pick-up desk: who waits, is it paid, whom to check, hand over (UX K1 to K4)."""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from customers.services.identities import normal_phone
from omnishop.channels.till import scope
from omnishop.channels.till.access import Desk, at_till
from omnishop.channels.till.answer import cleaned, show, typed
from omnishop.channels.till.forms.pickup import CancelForm, HandOverForm, ReadyForm, UntilForm
from omnishop.channels.till.jobs import waiting
from omnishop.kernel.errors import Invalid, Refusal
from orders.models import Fulfilment
from orders.models.fulfilment import MAX_CODE_TRIES
from orders.selectors import cash_due
from orders.services import fulfilments, pickup, till
from orders.services.payments import due

NO_SHOWS_SHOWN = timedelta(days=7)


def _matching(text: str) -> Q:
    """A pick-up by its QR, order number, or who it is for; never by its code alone (F-27)."""
    if pk := Fulfilment.id_from_qr(text):
        return Q(pk=pk)
    match = Q(order__number__iexact=text)
    if len(text) > 2:
        match |= Q(order__name__icontains=text) | Q(collector__icontains=text)
        match |= Q(order__email__istartswith=text)
        if any(character.isdigit() for character in text):
            with suppress(Invalid):
                match |= Q(order__phone=normal_phone(text))
    return match


@require_safe
@at_till
def queue(request: HttpRequest, desk: Desk) -> HttpResponse:
    """What waits at this store, oldest promise first; one hit of a search opens at once."""
    at = timezone.now()
    text = typed(request.GET, "q", 200)
    found = scope.pickups(desk).prefetch_related("lines__line").order_by("promised_at", "pk")
    context: dict[str, object] = {"q": text, "now": at}
    if text:
        hits = list(found.filter(_matching(text)).order_by("-pk")[:20])
        hits = [hit for hit in hits if hit.status in Fulfilment.OPEN] or hits
        if len(hits) == 1:
            by_qr = f"?qr={text}" if Fulfilment.id_from_qr(text) else ""
            return redirect(f"{reverse('till:pickup', args=[hits[0].pk])}{by_qr}")
        context["hits"] = [waiting(hit, at) for hit in hits]
    else:
        rows = [waiting(one, at) for one in found.filter(status__in=Fulfilment.OPEN)]
        ready = [row for row in rows if row.fulfilment.status == Fulfilment.Status.READY]
        context |= {
            "to_prepare": [row for row in rows if row not in ready],
            "ready": sorted(ready, key=lambda row: row.fulfilment.hold_until or at),
            "no_shows": found.filter(
                status=Fulfilment.Status.NO_SHOW, closed_at__gt=at - NO_SHOWS_SHOWN
            ).order_by("-closed_at")[:20],
        }
    return show(request, desk, "pickup_desk", context, section="pickup_desk")


def _detail_page(
    request: HttpRequest,
    desk: Desk,
    fulfilment: Fulfilment,
    *,
    refusal: Refusal | None = None,
    form: HandOverForm | None = None,
) -> HttpResponse:
    fulfilment.refresh_from_db()
    order = fulfilment.order
    qr = typed(request.GET, "qr", 200)
    until = (fulfilment.hold_until or timezone.now()) + timedelta(days=1)
    return show(
        request,
        desk,
        "pickup",
        {
            "fulfilment": fulfilment,
            "order": order,
            "row": waiting(fulfilment, timezone.now()),
            "items": fulfilment.lines.select_related("line").order_by("line__position"),
            "due": due(order) if order.paid_at is None else 0,
            "qr": qr if Fulfilment.id_from_qr(qr) == fulfilment.pk else "",
            "tries_left": MAX_CODE_TRIES - fulfilment.code_tries,
            "until": until.astimezone(desk.store.zone).strftime("%Y-%m-%dT%H:%M"),
            "open": fulfilment.status in Fulfilment.OPEN,
            "picked": all(
                item.picked + item.missing == item.quantity for item in fulfilment.lines.all()
            ),
            "form": form,
            "now": timezone.now(),
        },
        section="pickup_desk",
        refusal=refusal,
    )


@require_safe
@at_till
def detail(request: HttpRequest, desk: Desk, pk: int) -> HttpResponse:
    """One pick-up: what, paid or to pay, whom to check."""
    return _detail_page(request, desk, get_object_or_404(scope.pickups(desk), pk=pk))


@require_POST
@at_till
def hand_over(request: HttpRequest, desk: Desk, pk: int) -> HttpResponse:
    """Give it against the code or QR, or against an identity document."""
    fulfilment = get_object_or_404(scope.pickups(desk), pk=pk)
    form = HandOverForm(request.POST)
    try:
        data = cleaned(form)
        who = {"handed_to": data["handed_to"], "actor": desk.actor, "at": timezone.now()}
        if data["known"]:
            pickup.hand_over_known(fulfilment_id=pk, **who)
        elif fulfilment.status != Fulfilment.Status.HANDED_OVER:
            pickup.hand_over(fulfilment_id=pk, code=data["code"], **who)
    except Refusal as refusal:
        return _detail_page(request, desk, fulfilment, refusal=refusal, form=form)
    messages.success(request, _("%(order)s is handed over.") % {"order": fulfilment.order.number})
    return redirect("till:pickup_desk")


@require_POST
@at_till
def pay(request: HttpRequest, desk: Desk, pk: int) -> HttpResponse:
    """Open the same order at this till's payment (UX K3)."""
    fulfilment = get_object_or_404(scope.pickups(desk), pk=pk)
    return _do(
        request,
        desk,
        fulfilment,
        lambda: till.bring_to_till(order_id=fulfilment.order_id, till=desk.till, at=timezone.now()),
        then=reverse("till:payment", args=[fulfilment.order_id]),
    )


def _do(
    request: HttpRequest,
    desk: Desk,
    fulfilment: Fulfilment,
    work: Callable[[], object],
    *,
    said: str = "",
    then: str = "",
) -> HttpResponse:
    """Run one service on a pick-up; its refusal is shown on the pick-up's own page."""
    try:
        work()
    except Refusal as refusal:
        return _detail_page(request, desk, fulfilment, refusal=refusal)
    if said:
        messages.success(request, said)
    return redirect(then or reverse("till:pickup", args=[fulfilment.pk]))


@require_POST
@at_till
def ready(request: HttpRequest, desk: Desk, pk: int) -> HttpResponse:
    """It waits at the desk, on a shelf if one is named: the shopper is told."""
    fulfilment = get_object_or_404(scope.pickups(desk), pk=pk)

    def work() -> None:
        data = cleaned(ReadyForm(request.POST))
        pickup.ready(fulfilment_id=pk, actor=desk.actor, at=timezone.now(), **data)

    return _do(
        request,
        desk,
        fulfilment,
        work,
        said=_("Ready. The customer is told."),
    )


@require_POST
@at_till
def resend(request: HttpRequest, desk: Desk, pk: int) -> HttpResponse:
    """Tell the shopper again that it is ready."""
    fulfilment = get_object_or_404(scope.pickups(desk), pk=pk)
    return _do(
        request,
        desk,
        fulfilment,
        lambda: pickup.resend_ready(fulfilment_id=pk, actor=desk.actor, at=timezone.now()),
        said=_("The message goes out again."),
    )


@require_POST
@at_till
def extend(request: HttpRequest, desk: Desk, pk: int) -> HttpResponse:
    """Keep it longer."""
    fulfilment = get_object_or_404(scope.pickups(desk), pk=pk)

    def work() -> None:
        form = UntilForm(request.POST)
        with timezone.override(desk.store.zone):
            cleaned(form)
        pickup.extend(
            fulfilment_id=pk,
            until=form.cleaned_data["until"],
            actor=desk.actor,
            at=timezone.now(),
        )

    return _do(request, desk, fulfilment, work, said=_("It is kept longer."))


@require_POST
@at_till
def cancel(request: HttpRequest, desk: Desk, pk: int) -> HttpResponse:
    """Cancel what was not handed over; stock, money and points go back."""
    fulfilment = get_object_or_404(scope.pickups(desk), pk=pk)

    def work() -> None:
        data = cleaned(CancelForm(request.POST))
        fulfilments.cancel(
            fulfilment_id=pk,
            reason=data["reason"],
            actor=desk.actor,
            at=timezone.now(),
        )

    response = _do(
        request,
        desk,
        fulfilment,
        work,
        said=_("Cancelled. The customer is told, and what was paid goes back."),
        then=reverse("till:pickup_desk"),
    )
    if response.status_code == 302 and cash_due(fulfilment.order_id).exists():
        return redirect("till:return_order", fulfilment.order.token)  # the cash to give out
    return response
