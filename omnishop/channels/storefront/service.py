"""Writing to us: a form, and the page of the case, which is a chat while somebody looks at it."""

from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from customers import cases
from customers.models import Case, Customer
from customers.selectors import proved_emails
from customers.services.conversations import Sender, customer_writes
from omnishop.channels.cases import WriteForm, attachment_of, file_response, said, uploads
from omnishop.channels.storefront.account import signed_in
from omnishop.channels.storefront.context import Request, Shopper, stores
from omnishop.channels.storefront.forms import GuestServiceForm, ServiceForm
from omnishop.channels.storefront.limits import limit
from omnishop.channels.storefront.pages import private, refused
from omnishop.channels.timeline import Page, page_of
from omnishop.kernel.errors import Refusal
from omnishop.kernel.language import site_language
from orders.services import care


def _address(person: Customer) -> str:
    """Where our answers go: an address that the person proved, else none."""
    key = proved_emails(person).first()
    if key:
        return key.value
    proved = EmailAddress.objects.filter(user=person.user_id, verified=True).first()
    return proved.email if proved else ""


@require_http_methods(["GET", "POST"])
def contact(request: Request) -> HttpResponse:
    """Write to us, signed in or not; the answer is the same whether we know the address or not."""
    person = Shopper(request).customer
    kind = ServiceForm if person else GuestServiceForm
    initial = {"order_number": request.GET.get("order", "").replace("\x00", "")[:20]}
    form = kind(request.POST or None, request.FILES or None, initial=initial)
    context: dict[str, Any] = {"form": form, "stores": stores(), "person": person}
    if request.method == "GET":
        return private(render(request, "storefront/contact.html", context))
    if not form.is_valid():
        return private(render(request, "storefront/contact.html", context, status=422))
    data = form.cleaned_data
    try:
        limit(request, "contact", most=6, seconds=600)
        case = care.ask(
            subject=data["subject"],
            text=data["text"],
            order_number=data["order_number"],
            sender=Sender(
                name=person.name if person else data["name"],
                email=_address(person) if person else data["email"],
                language=site_language(),
                customer_id=person.pk if person else None,
            ),
            key=f"form:{data['key']}",
            at=timezone.now(),
            uploads=uploads(form),
        )
    except Refusal as refusal:
        return refused(request, refusal, "storefront/contact.html", context)
    if person and case.customer_id == person.pk:
        return redirect("storefront:case", case.token)
    return private(render(request, "storefront/contact_sent.html", {"email": data.get("email")}))


def _case(token: str) -> Case:
    """The case of a link; of one that was joined to another, that other."""
    case = get_object_or_404(Case.objects.select_related("merged_into"), token=token)
    return case.merged_into or case


@require_http_methods(["GET", "POST"])
def case(request: Request, token: str) -> HttpResponse:
    """The page of a case: read and go on, by its link or from the account."""
    found = _case(token)
    form = WriteForm(request.POST or None, request.FILES or None)
    context: dict[str, Any] = {"case": found, "form": form}
    status, refusal = 200, None
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                limit(request, "case", most=30, seconds=600)
                customer_writes(
                    case_id=found.pk,
                    text=form.cleaned_data["text"],
                    channel=Case.Channel.CHAT,
                    key=f"chat:{found.pk}:{form.cleaned_data['key']}",
                    at=timezone.now(),
                    uploads=uploads(form),
                )
            except Refusal as error:
                refusal, status = error, error.status
            else:
                return redirect(reverse("storefront:case", args=[found.token]) + "#write")
    context |= {"said": said(found, internal=False), "refusal": refusal}
    return private(render(request, "storefront/case.html", context, status=status))


@require_GET
def case_news(request: Request, token: str) -> HttpResponse:
    """What was written since the page was shown; 204 when nothing was. One statement then."""
    found = _case(token)
    if request.GET.get("version") == str(found.version):
        return private(HttpResponse(status=204))
    context = {"case": found, "said": said(found, internal=False), "news": True}
    return private(render(request, "storefront/_case.html", context))


@require_GET
def case_file(request: Request, token: str, pk: int) -> HttpResponse:
    """A file of a case, by an address that is good for minutes."""
    attachment = attachment_of(_case(token), pk, internal=False)
    return private(redirect("storefront:service_file", cases.file_link(attachment)))


@require_GET
def service_file(request: Request, link: str) -> FileResponse:
    """The file itself."""
    return file_response(link)


@login_required
@require_GET
def activity(request: Request) -> HttpResponse:
    """Everything between the person and us, in all channels; their requests on top."""
    person = signed_in(request)
    page: Page = page_of(request.GET, person, viewer=None)
    context = {
        "customer": person,
        "cases": list(Case.objects.of(person)[:20]) if page.first else [],
        "page": page,
        "tab": "activity",
    }
    return private(render(request, "storefront/activity.html", context))
