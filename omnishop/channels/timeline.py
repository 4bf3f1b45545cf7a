"""A person's contacts in words, for staff and for the person."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalog.models import Review
from customers.message_board import why
from customers.models import ConsentEvent, Customer, Message
from loyalty.models import PointsEntry
from omnishop.kernel.templatetags.omnishop import money, number
from omnishop.network.models import User
from orders import timeline
from orders.models import Basket, Order, Relaunch, StockAlert
from orders.timeline import Channel, Kind, Row

ICONS = {
    Kind.ORDER: "shopping-bag",
    Kind.RECEIPT: "receipt-text",
    Kind.RETURN: "undo-2",
    Kind.BASKET: "shopping-basket",
    Kind.CASE: "send",
    Kind.MESSAGE: "mail",
    Kind.POINTS: "coins",
    Kind.REVIEW: "star",
    Kind.WISH: "heart",
    Kind.CONSENT: "shield-check",
    Kind.VISIT: "user-round",
    Kind.MERGE: "arrow-left-right",
}


@dataclass(frozen=True, slots=True)
class Contact:
    """A row as a page shows it."""

    row: Row
    title: str
    detail: str
    icon: str
    href: str
    channel: str
    mark: str = ""  # of a status that needs an eye: "warning"


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the list with its filters."""

    contacts: list[Contact]
    more: str  # where the next page goes on; "" on the last
    kinds: list[tuple[str, str, bool]]  # value, words, chosen
    channels: list[tuple[str, str, bool]]
    query: str  # the filters, for the address of the next page
    first: bool


def page_of(address: QueryDict, person: Customer, *, viewer: User | None) -> Page:
    """The page that an address asks for: `kind`, `channel` (both repeatable), `after`."""
    kinds = [one for one in address.getlist("kind") if one in Kind.values]
    channels = [one for one in address.getlist("channel") if one in Channel.values]
    cursor = address.get("after", "")[:120]
    found, more = timeline.rows(
        person, viewer=viewer, kinds=kinds, channels=channels, cursor=cursor
    )
    query = QueryDict(mutable=True)
    query.setlist("kind", kinds)
    query.setlist("channel", channels)
    shown = [one for one in Kind if viewer or one not in timeline.STAFF_ONLY]
    return Page(
        contacts=[contact(row, staff=viewer is not None) for row in found],
        more=more,
        kinds=[(str(one), str(one.label), one in kinds) for one in shown],
        channels=[(str(one), str(one.label), one in channels) for one in Channel],
        query=query.urlencode(),
        first=not cursor,
    )


def _label(choices: Any, value: str) -> str:
    """The words of a stored choice; itself when it is none any more."""
    return str(dict(choices.choices).get(value, value))


def contact(row: Row, *, staff: bool) -> Contact:
    """One row in words."""
    title, detail = _WORDS[Kind(row.kind)](row, staff)
    missed = row.kind == Kind.MESSAGE and (
        row.data["status"] in ("withheld", "failed", "held_out")
        or row.data.get("arrival") in (Message.Arrival.BOUNCED, Message.Arrival.COMPLAINED)
    )
    return Contact(
        row=row,
        title=title,
        detail=detail,
        icon=ICONS[Kind(row.kind)],
        href=_href(row, staff),
        channel=row.store or str(Channel(row.channel).label),
        mark="warning" if missed else "",
    )


def _href(row: Row, staff: bool) -> str:
    data = row.data
    if row.kind in (Kind.ORDER, Kind.RECEIPT, Kind.RETURN):
        if staff:
            return reverse("care:order", args=[data["number"]])
        return reverse("storefront:order", args=[data["token"]])
    if row.kind == Kind.CASE:
        if staff:
            return reverse("care:case", args=[data["number"]])
        return reverse("storefront:case", args=[data["token"]])
    if row.kind == Kind.REVIEW and not staff:
        return reverse("storefront:product", args=[data["slug"]])
    if row.kind == Kind.WISH and not staff:
        return reverse("storefront:product", args=[data["slug"]])
    if row.kind == Kind.POINTS and not staff:
        return reverse("storefront:points")
    return ""


def _money(data: dict[str, Any]) -> str:
    return money(data["total"], data["currency"])


def _order(row: Row, _staff: bool) -> tuple[str, str]:
    data = row.data
    title = _("Order %(number)s, %(amount)s") % {"number": data["number"], "amount": _money(data)}
    return title, _label(Order.Status, data["status"])


def _receipt(row: Row, _staff: bool) -> tuple[str, str]:
    data = row.data
    words = _("Return receipt %(number)s") if data["total"] < 0 else _("Receipt %(number)s")
    return words % {"number": data["receipt"]}, _money(data)


def _return(row: Row, staff: bool) -> tuple[str, str]:
    data = row.data
    words = (
        _("Cancelled of order %(number)s: %(amount)s")
        if data["what"] == "cancellation"
        else _("Taken back of order %(number)s: %(amount)s")
    )
    title = words % {"number": data["number"], "amount": _money(data)}
    return title, data["reason"] if staff else ""


def _basket(row: Row, _staff: bool) -> tuple[str, str]:
    units = row.data["units"]
    title = ngettext("Basket of %(count)s article", "Basket of %(count)s articles", units) % {
        "count": number(units)
    }
    status = "" if row.data["status"] == "open" else _label(Basket.Status, row.data["status"])
    return title, " · ".join(part for part in (row.data["first"], status) if part)


def _case(row: Row, _staff: bool) -> tuple[str, str]:
    data = row.data
    words = {
        "phone": _("Call about %(number)s: %(subject)s"),
        "shop": _("In the shop about %(number)s: %(subject)s"),
    }.get(data["by"])
    if data["internal"]:
        words = _("Note in %(number)s: %(subject)s")
    elif words is None:
        words = (
            _("Request %(number)s: %(subject)s")
            if data["side"] == "customer"
            else _("Answer to %(number)s: %(subject)s")
        )
    return words % {"number": data["number"], "subject": data["subject"]}, data["text"]


def _message(row: Row, staff: bool) -> tuple[str, str]:
    data = row.data
    if data.get("relaunch"):
        status = _label(Relaunch.Status, data["status"])
        reason = _label(Relaunch.Reason, data["reason"]) if data["reason"] else ""
        return _("Message of a campaign"), " · ".join(part for part in (status, reason) if part)
    status = _label(Message.Status, data["status"])
    if data["arrival"]:
        status = _label(Message.Arrival, data["arrival"])
    reason = f"{status} · {why(data['reason'])}" if data["reason"] else status
    return data["subject"] or _subject(data), reason if staff else ""


def _subject(data: dict[str, Any]) -> str:
    """What a message that was not written yet will be called."""
    try:
        words = render_to_string(f"messages/{data['template']}.subject.txt", data["context"] or {})
    except Exception:  # a template or a context of long ago
        words = data["template"].replace("_", " ")
    return " ".join(words.split())


def _points(row: Row, _staff: bool) -> tuple[str, str]:
    data = row.data
    points = data["points"]
    sign = "+" if points > 0 else "−" if points < 0 else ""
    title = ngettext("%(points)s point", "%(points)s points", abs(points)) % {
        "points": f"{sign}{number(abs(points))}"
    }
    about = data["origin"] or data["document"]
    return title, f"{_label(PointsEntry.Kind, data['what'])} · {about}"


def _review(row: Row, _staff: bool) -> tuple[str, str]:
    data = row.data
    status = _label(Review.Status, data["status"])
    if data["rating"] is None:
        return _("Question about %(product)s") % {"product": data["product"]}, status
    title = _("Review of %(product)s: %(rating)s out of 5") % {
        "product": data["product"],
        "rating": data["rating"],
    }
    return title, status


def _wish(row: Row, _staff: bool) -> tuple[str, str]:
    data = row.data
    if data.get("alert"):
        said = (
            _label(StockAlert.Status, data["status"]),
            _label(StockAlert.Reason, data["reason"]),
        )
        detail = " · ".join(part for part in said if part not in ("", "–"))
        return _("To be told when it is back: %(product)s") % {"product": data["product"]}, detail
    title = _("On the list “%(list)s”: %(product)s") % data
    return title, _("taken off") if data["removed"] else ""


def _consent(row: Row, staff: bool) -> tuple[str, str]:
    data = row.data
    words = _("Agreed: %(what)s") if data["granted"] else _("Refused: %(what)s")
    what = f"{_label(ConsentEvent.Purpose, data['purpose'])}, " + _label(
        ConsentEvent.Channel, data["by"]
    )
    return words % {"what": what}, data["source"] if staff else ""


def _visit(row: Row, _staff: bool) -> tuple[str, str]:
    if row.store:
        return _("Recognised in the shop"), ""
    return _("Signed in on the site"), ""


def _merge(row: Row, _staff: bool) -> tuple[str, str]:
    data = row.data
    words = (
        _("Record %(source)s separated from %(target)s again")
        if data["undone"]
        else _("Record %(source)s joined to %(target)s")
    )
    return words % {"source": data["source"], "target": data["target"]}, data["reason"]


_WORDS: dict[Kind, Callable[[Row, bool], tuple[str, str]]] = {
    Kind.ORDER: _order,
    Kind.RECEIPT: _receipt,
    Kind.RETURN: _return,
    Kind.BASKET: _basket,
    Kind.CASE: _case,
    Kind.MESSAGE: _message,
    Kind.POINTS: _points,
    Kind.REVIEW: _review,
    Kind.WISH: _wish,
    Kind.CONSENT: _consent,
    Kind.VISIT: _visit,
    Kind.MERGE: _merge,
}
