"""Points, tier, rewards, gifts, card and statements of the person who is signed in (A4)."""

from collections.abc import Callable
from datetime import date, datetime
from functools import partial
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from customers.models import Customer
from customers.services import identities
from loyalty import rewards, selectors, statements
from loyalty.services import gifts, points, referrals
from loyalty.services import rewards as having
from omnishop.channels.storefront.context import Request, Shopper
from omnishop.channels.storefront.pages import private
from omnishop.kernel.errors import Refusal

CARD_FILES = {"png": "image/png", "pdf": "application/pdf"}


def _person(request: Request) -> Customer:
    """The person who is signed in; made on first need for a login that has none."""
    found = Shopper(request).customer
    if found:
        return found
    assert request.user.is_authenticated  # noqa: S101  for the type checker
    return identities.customer_of_login(user=request.user, email_verified=False, at=timezone.now())


def _page(
    request: Request, person: Customer, *, at: datetime, refusal: Refusal | None = None
) -> HttpResponse:
    balance, progress = selectors.membership(person, at=at) or (None, None)
    context: dict[str, Any] = {
        "customer": person,
        "balance": balance,
        "programme": balance.account.programme if balance else points.programme(),
        "refusal": refusal,
        "sponsor": (request.POST or request.GET).get(referrals.PARAMETER, "")[:200],
        "tab": "points",
    }
    if balance:
        context |= {
            "card": selectors.card_of(person),
            "progress": progress,
            "friends": referrals.offer(balance.account, at=at),
            "page": settings.SITE_URL + reverse("storefront:points"),
            "choices": rewards.choices(balance, at=at),
            "had": rewards.had(person.pk, at=at),
            "gifts": [
                (gift, selectors.person_of(gift.sender) == person.pk)
                for gift in rewards.gifts(person.pk)[:20]
            ],
            "months": statements.months(person.pk, at),
            "key": uuid4().hex,
        }
    return private(
        render(
            request,
            "storefront/points.html",
            context,
            status=refusal.status if refusal else 200,
        )
    )


def _done(
    request: Request, person: Customer, work: Callable[[], object], *, at: datetime
) -> HttpResponse:
    """The page again after something was done; a refusal is said on it."""
    try:
        work()
    except Refusal as refusal:
        return _page(request, person, at=at, refusal=refusal)
    return redirect("storefront:points")


@login_required
@require_http_methods(["GET", "POST"])
def page(request: Request) -> HttpResponse:
    """Points with origin and expiry of each lot, tier, rewards and card; a press joins, brought
    by the member whom the link or the field names.
    """
    person, at = _person(request), timezone.now()
    if request.method == "POST":
        sponsor = request.POST.get(referrals.PARAMETER, "")[:200]
        work = partial(referrals.enrol, customer=person, sponsor=sponsor, at=at)
        return _done(request, person, work, at=at)
    return _page(request, person, at=at)


@login_required
@require_POST
def redeem(request: Request, reward_id: int) -> HttpResponse:
    """Have a reward for its points; the key of the page makes a second press harmless."""
    person, at = _person(request), timezone.now()
    work = partial(
        having.redeem,
        customer_id=person.pk,
        reward_id=reward_id,
        reference=f"W{person.pk}-{request.POST.get('key', '')[:32]}-{reward_id}",
        channel="web",
        actor=f"customer:{person.pk}",
        at=at,
    )
    return _done(request, person, work, at=at)


@login_required
@require_POST
def activate(request: Request, issue_id: int) -> HttpResponse:
    """Take up what was offered."""
    person, at = _person(request), timezone.now()
    work = partial(having.activate, customer_id=person.pk, issue_id=issue_id, at=at)
    return _done(request, person, work, at=at)


@login_required
@require_http_methods(["GET", "POST"])
def give(request: Request) -> HttpResponse:
    """Give points: to whom and how many, then once more to confirm. The answer never says whether
    anybody has that card or address.
    """
    person, at = _person(request), timezone.now()
    balance = selectors.balance(person, at=at)
    if balance is None:
        return redirect("storefront:points")
    asked = request.POST
    context: dict[str, Any] = {
        "customer": person,
        "balance": balance,
        "programme": balance.account.programme,
        "to": asked.get("to", "").strip(),
        "points": asked.get("points", "").strip(),
        "key": asked.get("key", "") or uuid4().hex,
        "tab": "points",
    }
    status = 200
    if request.method == "POST":
        readable = context["points"].isdecimal() and len(context["points"]) < 7
        count = int(context["points"]) if readable else 0
        context["count"] = count
        if not context["to"]:
            context["error"], status = _("Enter a card number or an e-mail address."), 422
        elif not count:
            context["error"], status = _("Enter a number of points from 1."), 422
        elif "confirmed" not in asked:
            context["confirm"] = True
        else:
            try:
                gifts.send(
                    customer_id=person.pk,
                    to=context["to"],
                    points=count,
                    number=f"CP{person.pk}-{context['key'][:32]}",
                    channel="web",
                    actor=f"customer:{person.pk}",
                    at=at,
                )
            except Refusal as refusal:
                context["error"], status = str(refusal), refusal.status
            else:
                context["sent"] = True
    return private(render(request, "storefront/points_give.html", context, status=status))


@login_required
@require_POST
def accept(request: Request, gift_id: int) -> HttpResponse:
    """Take the points that somebody gave."""
    person, at = _person(request), timezone.now()
    work = partial(gifts.accept, customer_id=person.pk, gift_id=gift_id, at=at)
    return _done(request, person, work, at=at)


@login_required
@require_GET
def card_file(request: Request, kind: str) -> HttpResponse:
    """The card as a picture for a telephone, or as a PDF to print."""
    # Read when it draws: its library takes some MiB of a worker's memory.
    from loyalty import card

    person = _person(request)
    account = selectors.account_of(person.pk)
    if kind not in CARD_FILES or account is None:
        raise Http404
    draw = card.card_png if kind == "png" else card.card_pdf
    content = draw(
        number=selectors.card_of(person),
        name=person.name,
        programme=account.programme.name,
        tier=account.tier.name if account.tier else "",
    )
    answer = HttpResponse(content, content_type=CARD_FILES[kind])
    answer["Content-Disposition"] = f'inline; filename="carte.{kind}"'
    return private(answer)


def _month(text: str) -> date:
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError as error:
        raise Http404 from error


@login_required
@require_GET
def statement(request: Request, month: str, kind: str = "html") -> HttpResponse:
    """A month of points, as a page or a PDF."""
    person, at = _person(request), timezone.now()
    account = selectors.account_of(person.pk)
    wanted = _month(month)
    if account is None or wanted not in statements.months(person.pk, at):
        raise Http404
    found = statements.statement(person.pk, wanted)
    if kind == "pdf":
        from loyalty import card  # as above

        content = card.statement_pdf(found, name=person.name, programme=account.programme.name)
        answer = HttpResponse(content, content_type="application/pdf")
        answer["Content-Disposition"] = f'inline; filename="points-{month}.pdf"'
        return private(answer)
    return private(
        render(
            request,
            "storefront/points_statement.html",
            {
                "customer": person,
                "statement": found,
                "sums": statements.sums(found),
                "month": month,
                "tab": "points",
            },
        )
    )
