"""What stands in the way of forgetting a person, and what stays of them (F-33)."""

from dataclasses import dataclass
from datetime import date, datetime

from dateutil.relativedelta import relativedelta
from django.utils.translation import gettext as _

from catalog.models import Review
from customers.models import ConsentEvent, Customer, Identity
from customers.selectors import records
from loyalty.models import Account
from omnishop.privacy import rules
from omnishop.privacy.models import ErasureRequest, ExportRequest
from omnishop.privacy.person import Person
from orders.models import Order, Refund, RefundClaim

OPEN_ORDER, REFUND, CLAIM = "open_order", "refund", "refund_claim"


@dataclass(frozen=True, slots=True)
class Stay:
    """Something that is not erased with the rest: why, and until when if a day is known."""

    kind: str
    document: str
    why: str
    until: date | None = None
    waits: bool = False  # it is finished later, by itself


def waiting(person: Person) -> list[tuple[str, str]]:
    """What is open between the person and the house: kind and order number."""
    orders = Order.objects.filter(pk__in=person.orders)
    found: dict[str, str] = {}
    for number in orders.filter(
        status__in=[Order.Status.AWAITING_PAYMENT, Order.Status.PLACED]
    ).values_list("number", flat=True):
        found[number] = OPEN_ORDER
    due = Refund.objects.filter(
        payment__order__in=person.orders, status=Refund.Status.DUE
    ).values_list("payment__order__number", flat=True)
    for number in due:
        found.setdefault(number, REFUND)
    claimed = RefundClaim.objects.filter(
        order__in=person.orders, status=RefundClaim.Status.CLAIMED
    ).values_list("order__number", flat=True)
    for number in claimed:
        found.setdefault(number, CLAIM)
    return sorted((kind, number) for number, kind in found.items())


def stays(person: Person, *, at: datetime) -> list[Stay]:
    """What erasure leaves, in the reader's words: what waits first, then what the law keeps."""
    words = {
        OPEN_ORDER: _("Order %(number)s is open: its name and address stay until it is closed."),
        REFUND: _("Money of order %(number)s is still to be given back."),
        CLAIM: _("Your refund claim of order %(number)s is being dealt with."),
    }
    found = [
        Stay(kind, number, words[kind] % {"number": number}, waits=True)
        for kind, number in waiting(person)
    ]
    sales = Order.objects.filter(pk__in=person.orders, sold_on__isnull=False)
    last = sales.order_by("-sold_on").values_list("sold_on", flat=True).first()
    if last:
        kept = rules.days("archive", on=at.date())
        found.append(
            Stay(
                "invoices",
                "",
                _("Invoices stay ten years apart, as the law asks; only accounting may read them."),
                until=last + relativedelta(days=kept),
            )
        )
    account = Account.objects.filter(customer__in=person.records).order_by("-balance").first()
    if account and account.balance:
        found.append(Stay("points", "", _("%(n)s points are lost.") % {"n": account.balance}))
    if account and account.debt:
        found.append(
            Stay(
                "points_debt",
                "",
                _("%(n)s points owed stay in the accounts, without your name.")
                % {"n": account.debt},
            )
        )
    if Review.objects.filter(customer_number__in=person.numbers, status="published").exists():
        found.append(Stay("reviews", "", _("Published reviews stay, signed “Anonyme”.")))
    if ConsentEvent.objects.filter(customer__in=person.records).exists():
        found.append(
            Stay(
                "consents",
                "",
                _("Your answers about messages stay as proof, without your name."),
            )
        )
    return found


def address(customer: Customer) -> str:
    """Where a person is written to: a proved address before another; empty when there is none."""
    keys = Identity.objects.filter(
        customer__in=records(customer.pk), kind=Identity.Kind.EMAIL
    ).order_by("verified_at", "pk")
    return next((key.value for key in keys), "")


def exports_of(customer: Customer) -> list[ExportRequest]:
    """The copies a person asked for that are there or being made, newest first."""
    wanted = ExportRequest.objects.filter(customer__in=records(customer.pk))
    return list(wanted.exclude(status=ExportRequest.Status.DELETED)[:5])


def erasure_of(customer: Customer) -> ErasureRequest | None:
    """The request under way to forget a person."""
    return ErasureRequest.objects.open().filter(customer__in=records(customer.pk)).first()
