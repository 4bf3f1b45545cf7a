"""One case: its words, and what the desk does with it."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from customers import cases
from customers.models import Case, Customer
from customers.selectors import by_identity
from customers.services import conversations, desk
from customers.services.case_rows import WrittenMeanwhile
from customers.services.conversations import Sender
from loyalty.selectors import balance
from omnishop.channels.care.access import DESK, actor_of, at_desk, staff_of, staff_only
from omnishop.channels.care.forms import AnswerForm, ChangeForm, NewCaseForm, NoteForm
from omnishop.channels.cases import attachment_of, missed, said, uploads
from omnishop.kernel.errors import Refusal
from omnishop.kernel.language import site_language
from omnishop.network.models import Store, User
from orders.care import limits_of, possible
from orders.models import Order
from orders.services import care

Status = Case.Status


def seen_case(request: HttpRequest, number: str) -> Case:
    """The case of an address; one that somebody else works with is not there (404)."""
    found = get_object_or_404(
        Case.objects.visible_to(staff_of(request)).select_related(
            "customer__merged_into", "store", "assignee", "merged_into"
        ),
        number=number,
    )
    return found.merged_into or found


def back(case: Case, anchor: str = "") -> HttpResponse:
    """To the case's page."""
    return redirect(reverse("care:case", args=[case.number]) + anchor)


def agents(case: Case) -> list[User]:
    """Who may be given a case: those who see it. Customer service first."""
    found = User.objects.filter(is_active=True, is_staff=True, staff__isnull=False)
    if case.store_id:
        found = found.filter(staff__stores=case.store_id) | found.filter(staff__all_stores=True)
    else:
        found = found.filter(staff__all_stores=True, staff__role__in=DESK)
    return list(found.distinct().order_by("first_name", "last_name", "pk")[:60])


def shown(
    request: HttpRequest,
    case: Case,
    *,
    answer: AnswerForm | None = None,
    note: NoteForm | None = None,
    refusal: Refusal | None = None,
    status: int = 200,
) -> HttpResponse:
    """The page of a case, with what was refused on it."""
    user, at = staff_of(request), timezone.now()
    person = case.customer and (case.customer.merged_into or case.customer)
    order = None
    if case.document and at_desk(user):
        order = (
            Order.objects.visible_to(user)
            .prefetch_related("lines", "payments", "receipts")
            .filter(number=case.document)
            .first()
        )
    chosen = request.GET.get("template", "")
    texts = list(cases.templates_for(case))
    text = next((one for one in texts if str(one.pk) == chosen), None)
    begun = ""
    if text:
        begun = text.filled(
            name=case.name or (person.name if person else ""),
            number=case.number,
            order=case.document,
            store=case.store.name if case.store else "",
            agent=user.get_short_name() or user.email,
        )
    others = Case.objects.of(person).visible_to(user).exclude(pk=case.pk)[:20] if person else []
    context: dict[str, Any] = {
        "case": case,
        "said": said(case, internal=True),
        "person": person,
        "probable": None if person or not case.email else by_identity("email", case.email),
        "balance": balance(person, at=at) if person else None,
        "order": order,
        "acts": possible(order) if order else {},
        "limits": limits_of(user),
        "at_desk": at_desk(user),
        "texts": texts,
        "answer": answer or AnswerForm(initial={"version": case.version, "text": begun}),
        "note": note or NoteForm(prefix="note"),
        "change": ChangeForm(
            user=user,
            initial={"subject": case.subject, "priority": case.priority, "store": case.store_id},
        ),
        "agents": agents(case),
        "others": others,
        "refusal": refusal,
        "missed": [],
        "now": at,
    }
    if isinstance(refusal, WrittenMeanwhile):
        context["missed"] = missed(case, refusal.entries)
    return render(request, "care/case.html", context, status=status)


@require_safe
@staff_only
def case(request: HttpRequest, number: str) -> HttpResponse:
    """Everything said, and the forms to go on."""
    found = seen_case(request, number)
    if found.number != number:
        return back(found)
    return shown(request, found)


@require_POST
@staff_only
def answer(request: HttpRequest, number: str) -> HttpResponse:
    """Answer the customer. What came meanwhile is shown first, with the words kept."""
    found = seen_case(request, number)
    form = AnswerForm(request.POST, request.FILES)
    if not form.is_valid():
        return shown(request, found, answer=form, status=422)
    data = form.cleaned_data
    try:
        conversations.answer(
            case_id=found.pk,
            text=data["text"],
            key=f"answer:{found.pk}:{data['key']}",
            version=data["version"],
            actor=actor_of(request),
            at=timezone.now(),
            agent=staff_of(request).get_short_name(),
            uploads=uploads(form),
            then=data["then"],
        )
    except WrittenMeanwhile as refusal:
        again = AnswerForm(initial=data | {"version": refusal.case.version, "attachments": None})
        return shown(request, refusal.case, answer=again, refusal=refusal, status=refusal.status)
    except Refusal as refusal:
        return shown(request, found, answer=form, refusal=refusal, status=refusal.status)
    return back(found, "#last")


@require_POST
@staff_only
def note(request: HttpRequest, number: str) -> HttpResponse:
    """Write down a call, a talk in the shop, or a note."""
    found = seen_case(request, number)
    form = NoteForm(request.POST, request.FILES, prefix="note")
    if not form.is_valid():
        return shown(request, found, note=form, status=422)
    data = form.cleaned_data
    try:
        conversations.note(
            case_id=found.pk,
            text=data["text"],
            key=f"note:{found.pk}:{data['key']}",
            actor=actor_of(request),
            at=timezone.now(),
            channel="" if data["way"] == "note" else data["way"],
            internal=data["way"] == "note",
            then=data["then"],
            uploads=uploads(form),
        )
    except Refusal as refusal:
        return shown(request, found, note=form, refusal=refusal, status=refusal.status)
    return back(found, "#last")


@staff_only
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Begin a case for somebody who calls or stands in the shop."""
    user = staff_of(request)
    source = request.POST if request.method == "POST" else request.GET
    customer = _customer(source.get("customer", ""))
    order = _order(request, source.get("order", ""))
    person = customer or (order and order.customer)
    mine = Store.objects.visible_to(user).filter(active=True)
    initial: dict[str, Any] = {
        "channel": "shop" if not at_desk(user) else "phone",
        "customer": customer.number if customer else "",
        "order": order.number if order else "",
        "name": person.name if person else (order.name if order else ""),
        "email": order.email if order else "",
        "phone": order.phone if order else "",
        "store": None if at_desk(user) else mine.first(),
    }
    form = NewCaseForm(request.POST or None, initial=initial, user=user)
    refusal = None
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            opened = conversations.open_case(
                subject=data["subject"],
                text=data["text"],
                channel=data["channel"],
                sender=Sender(
                    name=data["name"],
                    email=data["email"],
                    phone=data["phone"],
                    language=person.language if person else site_language(),
                    customer_id=person.pk if person else None,
                ),
                key=f"desk:{user.pk}:{data['key']}",
                actor=actor_of(request),
                at=timezone.now(),
                store_id=data["store"].pk if data["store"] else None,
                document=order.number if order else "",
                priority=data["priority"],
                assignee_id=user.pk,
            )
        except Refusal as error:
            refusal = error
        else:
            return back(opened)
    status = refusal.status if refusal else 422 if form.errors else 200
    context = {"form": form, "person": person, "order": order, "refusal": refusal}
    return render(request, "care/new.html", context, status=status)


def _customer(number: str) -> Customer | None:
    number = number.replace("\x00", "")[:12]
    found = Customer.objects.select_related("merged_into").filter(number=number).first()
    return found and (found.merged_into or found)


def _order(request: HttpRequest, number: str) -> Order | None:
    number = number.replace("\x00", "")[:20]
    orders = Order.objects.visible_to(staff_of(request)).select_related("customer__merged_into")
    return orders.filter(number=number).first() if number else None


def _number(request: HttpRequest, name: str) -> int | None:
    text = request.POST.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else None


@require_POST
@staff_only
def assign(request: HttpRequest, number: str) -> HttpResponse:
    """Take the case, give it to somebody, or leave it to whoever comes."""
    found = seen_case(request, number)
    chosen = request.POST.get("agent", "me")
    user = staff_of(request) if chosen == "me" else None
    if chosen not in ("me", ""):
        user = next((one for one in agents(found) if str(one.pk) == chosen), None)
    try:
        desk.assign(
            case_id=found.pk, user=user, version=_number(request, "version"),
            actor=actor_of(request), at=timezone.now(),
        )  # fmt: skip
    except Refusal as refusal:
        found.refresh_from_db()
        return shown(request, found, refusal=refusal, status=refusal.status)
    if not Case.objects.visible_to(staff_of(request)).filter(pk=found.pk).exists():
        return redirect("care:home")  # given away: it is another team's now
    return back(found)


@require_POST
@staff_only
def status(request: HttpRequest, number: str) -> HttpResponse:
    """Solve, close, or open again."""
    found = seen_case(request, number)
    to = request.POST.get("to", "")
    if to in Status.values:
        try:
            desk.move(
                case_id=found.pk, to=to, key=f"status:{found.pk}:{found.version}",
                actor=actor_of(request), at=timezone.now(),
            )  # fmt: skip
        except Refusal as refusal:
            return shown(request, found, refusal=refusal, status=refusal.status)
    return back(found)


@require_POST
@staff_only
def change(request: HttpRequest, number: str) -> HttpResponse:
    """Subject, urgency, team."""
    found = seen_case(request, number)
    form = ChangeForm(request.POST, user=staff_of(request))
    if not form.is_valid():
        words = " ".join(
            _("%(field)s: %(fault)s")
            % {"field": form[name].label, "fault": " ".join(map(str, faults))}
            for name, faults in form.errors.items()
        )
        return shown(request, found, refusal=Refusal(words), status=422)
    data = form.cleaned_data
    desk.change(
        case_id=found.pk, priority=data["priority"], subject=data["subject"],
        store_id=data["store"].pk if data["store"] else None, actor=actor_of(request),
        at=timezone.now(),
    )  # fmt: skip
    if not Case.objects.visible_to(staff_of(request)).filter(pk=found.pk).exists():
        return redirect("care:home")
    return back(found)


@require_POST
@staff_only
def link(request: HttpRequest, number: str) -> HttpResponse:
    """Say whose case it is, or which order it is about."""
    found = seen_case(request, number)
    at, actor = timezone.now(), actor_of(request)
    person = _customer(request.POST.get("customer", ""))
    order = _order(request, request.POST.get("order", "").strip().upper())
    if person:
        desk.link_person(case_id=found.pk, customer=person, actor=actor, at=at)
    elif order:
        care.link_order(case_id=found.pk, order=order, actor=actor, at=at)
    else:
        refusal = Refusal(_("Nothing of that number is yours to see."))
        return shown(request, found, refusal=refusal, status=422)
    return back(found)


@require_POST
@staff_only
def join(request: HttpRequest, number: str) -> HttpResponse:
    """Join this case to another of the same person."""
    found = seen_case(request, number)
    into = get_object_or_404(
        Case.objects.live().visible_to(staff_of(request)), number=request.POST.get("into", "")[:12]
    )
    try:
        joined = desk.merge(
            case_id=found.pk, into_id=into.pk, actor=actor_of(request), at=timezone.now()
        )
    except Refusal as refusal:
        return shown(request, found, refusal=refusal, status=refusal.status)
    return back(joined)


@require_safe
@staff_only
def file(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """A file of a case one sees, by an address that is good for minutes."""
    attachment = attachment_of(seen_case(request, number), pk, internal=True)
    return redirect("storefront:service_file", cases.file_link(attachment))
