"""An order by telephone: the person's own basket, filled by the desk, finished in one of two ways.

It is reserved in a store and paid there, or its link is sent and the shopper pays on their own
page: no card number is told. The case's row is locked first, then the basket's, as by every act.
"""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from customers.models import Case, CaseEntry, Customer
from customers.selectors import records, resolve
from customers.services import case_rows, conversations
from customers.services.conversations import Sender
from customers.services.messages import queue_message
from omnishop.kernel.errors import Invalid, NotFound, Refusal
from omnishop.kernel.transactions import retried
from omnishop.network.models import Store
from orders.models import Basket, Channel
from orders.services import baskets, checkout
from orders.services.contacts import Contact
from orders.services.wanted import basket_link
from orders.services.ways import Pickup
from orders.services.writing import line_name
from orders.telephone import Reach, reach, sellable

Status = Case.Status


class BasketChanged(Refusal):
    """The basket is not the one that was shown: its shopper or a colleague changed it."""

    code = "basket_changed"

    def __init__(self) -> None:
        super().__init__(_("The basket was changed meanwhile. Look at it again, then confirm."))


@retried
def reserve(
    *,
    customer_id: int,
    case_id: int | None,
    agent_id: int,
    basket_id: int,
    seen_at: datetime,
    store_id: int,
    collector: str = "",
    expected_total_minor: int,
    key: str,
    at: datetime,
) -> CaseEntry:
    """Place the person's basket as an order of the telephone that waits in a store, paid there;
    once for a key.

    Without a case one is begun, and solved by this. `seen_at` is the basket's `changed_at` that
    was shown. Raises BasketChanged and whatever checkout raises; nothing is written then.
    """
    case, repeat = _case(customer_id, case_id, agent_id, key, at)
    if repeat:
        return repeat
    person = _person(case)
    basket = _as_seen(basket_id, person, seen_at)
    found = reach(person, case)
    check_reach(found)
    actor = f"user:{agent_id}"
    order = checkout.place(
        basket_id=basket.pk,
        request=checkout.Request(
            contact=_contact(found, person),
            way=Pickup(store_id=store_id, collector=collector.strip()[:160]),
            pay_in_store=True,
            expected_total_minor=expected_total_minor,
        ),
        customer=person,
        channel=Channel.PHONE,
        actor=actor,
        at=at,
    )
    if not case.document:
        case.document = order.number
        case.save(update_fields=["document"])
    entry = case_rows.record(
        case, "ordered", key=key, actor=actor, at=at, internal=False, order=order.number,
        store=Store.objects.get(pk=store_id).name, amount_minor=order.total_minor,
        currency=order.currency,
    )  # fmt: skip
    if case_id is None:
        case_rows.move(case, Status.SOLVED, actor=actor, at=at, key=key)
    return entry


@retried
def send_link(
    *,
    customer_id: int,
    case_id: int | None,
    agent_id: int,
    basket_id: int,
    seen_at: datetime,
    key: str,
    at: datetime,
) -> CaseEntry:
    """Mail the link that opens the basket on any device, where its shopper orders and pays; once
    for a key.

    A service message of the case: it was asked for, and an answer to it joins the case. Raises
    Invalid without a proved address or one of the case, BasketChanged, EmptyBasket, NotSold.
    """
    case, repeat = _case(customer_id, case_id, agent_id, key, at)
    if repeat:
        return repeat
    person = _person(case)
    basket = _as_seen(basket_id, person, seen_at)
    found = reach(person, case)
    check_link(found)
    actor = f"user:{agent_id}"
    with override(person.language):
        view = sellable(basket, at=at)
        link = settings.SITE_URL + reverse("storefront:resume", args=[basket_link(basket)])
        lines: list[dict[str, Any]] = [
            {
                "name": line_name(row.line),
                "quantity": row.line.quantity,
                "total_minor": row.priced.total_minor,
            }
            for row in view.rows
            if row.priced
        ]
    entry = case_rows.record(
        case, "basket_sent", key=key, actor=actor, at=at, internal=False, units=view.units,
        amount_minor=view.quote.total_minor, currency=view.quote.currency,
    )  # fmt: skip
    queue_message(
        key=f"basket-link:{entry.pk}",
        template="basket_link",
        to=found.link_to,
        language=person.language,
        context={
            "number": case.number,
            "name": person.first_name,
            "link": link,
            "lines": lines,
            "total_minor": view.quote.total_minor,
            "currency": view.quote.currency,
        },
        headers={"Reply-To": f"{settings.SHOP_NAME} <{case.reply_address}>"},
        at=at,
        customer_id=person.pk,
        document=case.number,
    )
    if case_id is None:
        case_rows.move(case, Status.WAITING, actor=actor, at=at, key=key)
    return entry


def check_reach(found: Reach) -> None:
    """Refuse an order about which nobody could be told anything. Raises Invalid."""
    if not found.known:
        raise Invalid(
            _("No e-mail address and no telephone number is known. Add one to the record first.")
        )


def check_link(found: Reach) -> None:
    """Refuse a link that could reach somebody else. Raises Invalid."""
    if not found.link_to:
        raise Invalid(
            _("No address is proved, and the case has none: the link could reach somebody else.")
        )


def _case(
    customer_id: int, case_id: int | None, agent_id: int, key: str, at: datetime
) -> tuple[Case, CaseEntry | None]:
    """The case, locked, begun where there is none; with the entry that a repeat has written."""
    if case_id is None:
        person = resolve(Customer.objects.select_related("merged_into").get(pk=customer_id))
        known = reach(person, None)
        with override(person.language):
            words = _("Order by telephone")
        case_id = conversations.open_case(
            subject=words, text=words, channel=Case.Channel.PHONE, key=f"{key}:case",
            sender=Sender(
                name=person.name, email=known.link_to, phone=known.phone, language=person.language,
                customer_id=person.pk,
            ),
            actor=f"user:{agent_id}", assignee_id=agent_id, at=at,
        ).pk  # fmt: skip
    case = case_rows.locked(case_id)
    if case.customer is None or resolve(case.customer).pk != customer_id:
        raise NotFound(_("There is no such case."))
    return case, case_rows.done(key, case_rows.NO_MAIL)


def _person(case: Case) -> Customer:
    assert case.customer is not None  # noqa: S101  `_case` saw to it
    return resolve(case.customer)


def _contact(found: Reach, person: Customer) -> Contact:
    return Contact(name=found.name, email=found.email, phone=found.phone, language=person.language)


def _as_seen(basket_id: int, person: Customer, seen_at: datetime) -> Basket:
    """The person's basket, locked, as it was shown. Raises BasketClosed, BasketChanged, Refusal."""
    if not Basket.objects.filter(pk=basket_id, customer__in=records(person.pk)).exists():
        raise NotFound(_("There is no such basket."))
    basket = baskets.opened(basket_id)
    if basket.till_id:
        raise Refusal(_("This basket is open at a till: it is finished there."))
    if basket.changed_at != seen_at:
        raise BasketChanged
    return basket
