"""Does my shop take part? A basket, a place, a person, a day: what each operation gives, and why
not (UX V3). All of it stands in the address, so that a question can be passed on.
"""

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from catalog import participation as promotions
from catalog import selectors as catalog
from catalog.models import Variant
from catalog.pricing import NotSold, Want
from customers.models import Customer
from customers.selectors import find
from omnishop.channels.care.access import desk_only
from omnishop.channels.care.articles import by_words, known_articles
from omnishop.channels.promotions import advantages
from omnishop.network.models import Store
from orders.books import shopper
from orders.models.basket import MAX_QUANTITY
from orders.quotes import priced

MOST_LINES = 30


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: units by article, place, person, instant, codes."""

    units: dict[int, int]
    articles: dict[int, Variant]
    store: Store | None
    customer: Customer | None
    at: datetime
    codes: tuple[str, ...]
    address: QueryDict

    @property
    def wants(self) -> list[Want]:
        return [Want(pk, count) for pk, count in self.units.items()]


def _text(request: HttpRequest, name: str, most: int = 100) -> str:
    return request.GET.get(name, "").replace("\x00", "").strip()[:most]


def _units(text: str) -> int:
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 1
    return max(0, min(number, MAX_QUANTITY))


def _day(text: str) -> date | None:
    try:
        return parse_date(text)
    except ValueError:
        return None


def question(request: HttpRequest, *, at: datetime) -> Question:
    """What an address asks."""
    skus = [sku for sku in request.GET.getlist("sku") if "\x00" not in sku][:MOST_LINES]
    counts = request.GET.getlist("quantity")
    wanted = dict(zip(skus, [*counts, *["1"] * len(skus)], strict=False))
    added = catalog.by_code(_text(request, "words")) if _text(request, "words") else None
    if added:
        wanted[added.sku] = str(_units(wanted.get(added.sku, "0")) + 1)
    by_sku = {one.sku: one for one in known_articles().filter(sku__in=wanted)}
    units = {by_sku[sku].pk: _units(count) for sku, count in wanted.items() if sku in by_sku}
    units = {pk: count for pk, count in units.items() if count}
    articles = {one.pk: one for one in by_sku.values() if one.pk in units}
    code = _text(request, "store", 20)
    store = Store.objects.open_to_shoppers().filter(code=code).first() if code else None
    number = _text(request, "customer", 12)
    customer = Customer.objects.live().filter(number=number).first() if number else None
    day = _day(_text(request, "on", 10))
    if day and day != timezone.localdate(at):
        at = timezone.make_aware(datetime.combine(day, time(12)))
    codes = tuple(dict.fromkeys(_text(request, "codes", 120).upper().split()))[:5]
    return Question(
        units, articles, store, customer, at, codes,
        _address(units, articles, store, customer, _text(request, "on", 10), codes),
    )  # fmt: skip


def _address(
    units: dict[int, int],
    articles: dict[int, Variant],
    store: Store | None,
    customer: Customer | None,
    day: str,
    codes: tuple[str, ...],
) -> QueryDict:
    """The question as an address."""
    query = QueryDict(mutable=True)
    query.setlist("sku", [articles[pk].sku for pk in units])
    query.setlist("quantity", [str(count) for count in units.values()])
    said = {
        "store": store.code if store else "",
        "customer": customer.number if customer else "",
        "on": day,
        "codes": " ".join(codes),
    }
    for name, value in said.items():
        if value:
            query[name] = value
    return query


@require_safe
@desk_only
def participation(request: HttpRequest) -> HttpResponse:
    """The question, and under it the answer of every promotion with the price."""
    asked = question(request, at=timezone.now())
    words, who = _text(request, "words"), _text(request, "who")
    added = catalog.by_code(words) if words else None
    hits = by_words(words) if words and added is None else []
    context: dict[str, Any] = {
        "asked": asked,
        "lines": [(asked.articles[pk], count) for pk, count in asked.units.items()],
        "stores": Store.objects.open_to_shoppers(),
        "words": words if added is None else "",
        "hits": hits,
        "not_found": bool(words) and added is None and not hits,
        "who": who,
        "people": list(find(who)) if who and asked.customer is None else [],
        "address": asked.address.urlencode(),
        "today": timezone.localdate(),
    }
    if asked.units:
        context |= answer(asked)
    return render(request, "care/participation.html", context)


def answer(asked: Question) -> dict[str, Any]:
    """Each promotion's answer, and the price."""
    person = shopper(
        customer_id=asked.customer.pk if asked.customer else None, codes=asked.codes, at=asked.at
    )
    channel = "till" if asked.store else "web"
    answers = promotions.participation(
        asked.wants, at=asked.at, channel=channel, store=asked.store, shopper=person
    )
    try:
        quote = priced(
            asked.wants, at=asked.at, store=asked.store, customer=asked.customer, codes=asked.codes
        )
    except NotSold as refusal:
        name = asked.articles[refusal.details["variant_id"]]
        words = _("%(article)s is not sold there and then.") % {"article": name}
        return {"answers": answers, "refusal": words}
    told = advantages(quote, asked.codes)
    return {"answers": answers, "quote": quote, "told": told}
