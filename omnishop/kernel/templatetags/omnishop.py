"""What every page writes the same way: money, rates, times, icons, the link to the other language.

The pure functions take the language; the tags and filters read the active one.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime, tzinfo
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import phonenumbers
from babel.numbers import format_currency, format_decimal, get_currency_precision
from django import template
from django.conf import settings
from django.core.paginator import Page
from django.http import HttpRequest
from django.template import Context
from django.template.loader import render_to_string
from django.urls import translate_url
from django.utils import timezone
from django.utils.html import format_html, json_script
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from omnishop.kernel.language import site_language

register = template.Library()

NBSP = "\u00a0"
NNBSP = "\u202f"
Zone = tzinfo | str | None

_DAYS = {
    "fr": ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
}
_MONTHS = {
    "fr": (
        "janvier", "février", "mars", "avril", "mai", "juin",
        "juillet", "août", "septembre", "octobre", "novembre", "décembre",
    ),
    "en": (
        "January", "February", "March", "April", "May", "June",
        "July", "August", "September", "October", "November", "December",
    ),
}  # fmt: skip
_SHORT_MONTHS = {
    "fr": (
        "janv.", "févr.", "mars", "avr.", "mai", "juin",
        "juil.", "août", "sept.", "oct.", "nov.", "déc.",
    ),
    "en": (
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ),
}  # fmt: skip


def _local(at: datetime, zone: Zone) -> datetime:
    """The wall clock of `zone` (a store's), else of the active time zone."""
    return timezone.localtime(at, ZoneInfo(zone) if isinstance(zone, str) else zone)


# --- Money and rates ----------------------------------------------------------------------------


@lru_cache(maxsize=4096)
def format_money(amount_minor: int, currency: str, language: str) -> str:
    """`1 234,50 €` with U+202F between thousands and U+00A0 before the sign, or `€1,234.50`."""
    places = get_currency_precision(currency)
    text = format_currency(Decimal(amount_minor).scaleb(-places), currency, locale=language)
    if language == "en" and (at := text.find(currency)) >= 0:  # no sign of its own: a space
        text = text[: at + len(currency)] + NBSP + text[at + len(currency) :]
    return text


def format_percent(rate_bp: int, language: str) -> str:
    """Basis points as `5,5 %` (U+202F) or `5.5%`; no zeros that say nothing."""
    number = format_decimal(Decimal(rate_bp) / 100, format="#,##0.##", locale=language)
    return f"{number}{NNBSP}%" if language == "fr" else f"{number}%"


@lru_cache(maxsize=4096)
def format_number(number: int, language: str) -> str:
    """`1 234` with U+202F, or `1,234`."""
    return str(format_decimal(number, locale=language))


def format_distance(metres: int, language: str) -> str:
    """`850 m`, `2,1 km`, `2.1 km`; whole kilometres from 10."""
    if metres < 1000:
        return f"{max(10, round(metres, -1))}{NBSP}m"
    pattern = "#,##0" if metres >= 10_000 else "0.0"
    return f"{format_decimal(Decimal(metres) / 1000, format=pattern, locale=language)}{NBSP}km"


def format_weighed(grams: int, kilo_minor: int, currency: str, language: str) -> str:
    """`0,482 kg × 12,90 €/kg`, or `0.482 kg × €12.90/kg`: why a pack costs what it does."""
    kilograms = format_decimal(Decimal(grams) / 1000, format="#,##0.000", locale=language)
    return f"{kilograms}{NBSP}kg × {format_money(kilo_minor, currency, language)}/kg"


@register.filter
def money(amount_minor: int | None, currency: str | None = None) -> str:
    """`{{ line.total_minor|money:line.currency }}`; without a currency, the shop's own."""
    if amount_minor is None:
        return ""
    return format_money(amount_minor, currency or settings.CURRENCY, site_language())


@register.simple_tag
def weighed(grams: object, kilo_minor: object, currency: str | None = None) -> str:
    """`{% weighed line.pack_g line.kilo_minor order.currency %}`: nothing for other lines, also of
    a signed text that knows neither.
    """
    if not isinstance(grams, int) or not isinstance(kilo_minor, int):
        return ""
    return format_weighed(grams, kilo_minor, currency or settings.CURRENCY, site_language())


@register.filter
def percent(rate_bp: int | None) -> str:
    """`{{ line.tax_bp|percent }}`: a rate in basis points."""
    return "" if rate_bp is None else format_percent(rate_bp, site_language())


@register.filter
def number(value: int | None) -> str:
    """`{{ count|number }}`: a whole number, grouped by thousands."""
    return "" if value is None else format_number(value, site_language())


@register.filter
def distance(metres: int | None) -> str:
    """`{{ store.distance_m|distance }}`."""
    return "" if metres is None else format_distance(metres, site_language())


@register.filter
def telephone(number: str) -> str:
    """`{{ store.phone|telephone }}`: 04 65 71 00 12 at home, +32 2 123 45 67 abroad."""
    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return number
    home = phonenumbers.region_code_for_number(parsed) == "FR" and site_language() == "fr"
    style = phonenumbers.PhoneNumberFormat
    return phonenumbers.format_number(
        parsed, style.NATIONAL if home else style.INTERNATIONAL
    ).replace(" ", NBSP)


@register.filter
def decimal_amount(amount_minor: int | None, currency: str | None = None) -> str:
    """`1234.50`: for machines (schema.org, `<data value>`), never for people."""
    if amount_minor is None:
        return ""
    places = get_currency_precision(currency or settings.CURRENCY)
    return f"{Decimal(amount_minor).scaleb(-places):.{places}f}"


# --- Days and times -----------------------------------------------------------------------------


def format_clock(at: datetime, language: str) -> str:
    """`16 h 10` or `4:10 pm`, of a local time; its spaces do not break."""
    if language == "fr":
        return f"{at.hour}{NBSP}h{NBSP}{at.minute:02}"
    return f"{at.hour % 12 or 12}:{at.minute:02}{NBSP}{'am' if at.hour < 12 else 'pm'}"


def format_day(on: date, language: str, *, short: bool = False) -> str:
    """`mardi 24 novembre`, `Tuesday 24 November`; short: `mardi 24 nov.`, `Tuesday 24 Nov`."""
    months = _SHORT_MONTHS if short else _MONTHS
    first = on.day == 1 and language == "fr"
    day_number = "1er" if first else str(on.day)
    return f"{_DAYS[language][on.weekday()]} {day_number}{NBSP}{months[language][on.month - 1]}"


def format_ready_by(at: datetime, now: datetime, language: str) -> str:
    """`aujourd'hui à partir de 16 h 10`, `mardi 24 nov. à partir de 10 h 00`, of local times."""
    if at.date() == now.date():
        when = "aujourd'hui" if language == "fr" else "today"
    elif (at.date() - now.date()).days == 1:
        when = "demain" if language == "fr" else "tomorrow"
    else:
        when = format_day(at.date(), language, short=True)
    since = "à partir de" if language == "fr" else "from"
    return f"{when} {since} {format_clock(at, language)}"


def format_stamp(at: datetime, language: str) -> str:
    """`24 nov. 2026 à 16 h 10`, `24 Nov 2026, 4:10 pm`, of a local time."""
    between = " à " if language == "fr" else ", "
    return f"{format_short_day(at, language)}{between}{format_clock(at, language)}"


def format_short_day(on: date, language: str) -> str:
    """`24 nov. 2026`, `24 Nov 2026`."""
    return f"{on.day}{NBSP}{_SHORT_MONTHS[language][on.month - 1]} {on.year}"


@register.filter
def clock(at: datetime | None, zone: Zone = None) -> str:
    """`{{ hold.expires_at|clock }}` or `|clock:store.timezone`."""
    return "" if at is None else format_clock(_local(at, zone), site_language())


@register.filter
def day(on: date | datetime | None, zone: Zone = None) -> str:
    """`{{ parcel.expected_on|day }}`: a date, or an instant seen from the zone."""
    if on is None:
        return ""
    return format_day(_local(on, zone) if isinstance(on, datetime) else on, site_language())


@register.filter
def stamp(at: datetime | None, zone: Zone = None) -> str:
    """`{{ order.placed_at|stamp }}`: day, year and time."""
    return "" if at is None else format_stamp(_local(at, zone), site_language())


@register.filter
def short_day(at: date | None, zone: Zone = None) -> str:
    """`{{ lot.expires_at|short_day }}`: day and year, where the time says nothing; of a day too."""
    if at is None:
        return ""
    return format_short_day(_local(at, zone) if isinstance(at, datetime) else at, site_language())


@register.simple_tag
def ready_by(at: datetime, now: datetime, zone: Zone = None) -> SafeString:
    """`{% ready_by promise.ready_at now store.timezone %}`: words to follow "Ready"."""
    words = format_ready_by(_local(at, zone), _local(now, zone), site_language())
    return mark_safe(words)  # noqa: S308  our own words and digits; keeps the apostrophe


# --- Icons --------------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def icon_shapes() -> Mapping[str, str]:
    """Inner SVG by name, as `npm run build` left them."""
    path = Path(settings.BASE_DIR) / "static" / "build" / "icons.json"
    shapes: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return shapes


@register.simple_tag
@lru_cache(maxsize=512)
def icon(name: str, classes: str = "", label: str = "") -> SafeString:
    """`{% icon "truck" %}` inlined and hidden from readers; `label=` names an icon without words.

    A name that `static/src/icons.txt` lacks raises LookupError: a page without its status
    icon is a fault, not a detail.
    """
    try:
        shape = icon_shapes()[name]
    except KeyError:
        raise LookupError(f"Add {name!r} to static/src/icons.txt and run npm run build.") from None
    said = (
        format_html('role="img" aria-label="{}"', label)
        if label
        else mark_safe('aria-hidden="true"')
    )
    return format_html(
        '<svg class="icon{}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2"'
        ' stroke-linecap="round" stroke-linejoin="round" focusable="false" {}>{}</svg>',
        f" {classes}" if classes else "",
        said,
        mark_safe(shape),  # noqa: S308  from our own build
    )


# --- Parts of a page ----------------------------------------------------------------------------

KEPT = 2048  # parts of up to 5 KB in each process


@register.simple_tag
def once(template_name: str, **values: Any) -> SafeString:
    """`{% once "_qty.html" value=1 label=product.name %}`: a template that sees these values and
    the language, nothing else, so what was rendered for them is kept.

    The values must be hashable, and say all that the template shows.
    """
    render = _rendered.__wrapped__ if settings.DEBUG else _rendered  # templates being edited
    return render(template_name, site_language(), tuple(values), *values.values())


@lru_cache(maxsize=KEPT, typed=True)  # typed: what is marked safe is not what must be escaped
def _rendered(template_name: str, _active: str, names: tuple[str, ...], *values: Any) -> SafeString:
    return render_to_string(template_name, dict(zip(names, values, strict=True)))


# --- The page -----------------------------------------------------------------------------------


@register.simple_tag
def shop_name() -> str:
    """The name in the logo and in every title."""
    return str(getattr(settings, "SHOP_NAME", "Omnishop"))


@register.simple_tag
def script_words() -> SafeString:
    """The sentences that `static/src/js` says, in the page's language."""
    return _script_words(site_language())


@lru_cache(maxsize=2)
def _script_words(_active: str) -> SafeString:
    return json_script(
        {
            "sending": gettext("In progress…"),
            "errorPrefix": gettext("Error:"),
            "offline": gettext("You are offline. What you typed is kept."),
            "online": gettext("You are back online."),
            "unreachable": gettext("The shop cannot be reached. What you typed is kept."),
            "timeout": gettext("The answer is taking too long. What you typed is kept."),
            "broken": gettext("This did not work on our side. What you typed is kept."),
            "expired": gettext("This page has expired. Reload it, then try again."),
            "gone": gettext("This is no longer there. Reload the page."),
            "slowDown": gettext("Too many requests. Wait a minute, then try again."),
            "missing": gettext("This field is required."),
            "choose": gettext("Choose an answer."),
            "email": gettext("Enter a valid email address."),
            "pattern": gettext("Check the format."),
            "tooShort": gettext("Enter at least {count} characters."),
            "tooSmall": gettext("Enter {count} or more."),
            "tooBig": gettext("Enter {count} or less."),
            "oneSuggestion": gettext("1 suggestion"),
            "suggestions": gettext("{count} suggestions"),
            "suggestion": gettext("suggestion {at} of {of}"),
            "noPosition": gettext("Your position was not found. Enter a postcode."),
            "positionRefused": gettext("Your position was not shared. Enter a postcode."),
            "copied": gettext("Copied"),
        },
        "script-words",
    )


@register.simple_tag(takes_context=True)
def other_language_url(context: Context, language: str = "") -> str:
    """This page in `language`, by default the other one; the home page from an error page."""
    request: HttpRequest | None = context.get("request")
    code = language or ("en" if site_language() == "fr" else "fr")
    path, _mark, query = (request.get_full_path() if request else "/").partition("?")
    there = _translated(path, code, site_language())
    if there == path:
        return _translated("/", code, site_language())
    return f"{there}?{query}" if query else there


@lru_cache(maxsize=1024)
def _translated(path: str, code: str, _active: str) -> str:
    return translate_url(path, code)


@register.simple_tag(takes_context=True)
def with_query(context: Context, **changes: str | int | None) -> str:
    """This address with some query values set, or taken out by None: `?{% with_query page=2 %}`."""
    request: HttpRequest = context["request"]
    kept = [(key, values) for key, values in request.GET.lists() if key not in changes]
    given = [(key, value) for key, value in changes.items() if value is not None and value != ""]
    return "?" + urlencode([*kept, *given], doseq=True)


@register.simple_tag(takes_context=True)
def without_value(context: Context, name: str, value: str) -> str:
    """This address without one of a name's values, back on the first page: a filter's chip."""
    request: HttpRequest = context["request"]
    kept = [
        (key, [other for other in values if (key, other) != (name, value)])
        for key, values in request.GET.lists()
        if key != "page"
    ]
    return f"{request.path}?{urlencode(kept, doseq=True)}"


@register.filter
def instant(text: str | None) -> datetime | None:
    """`{{ promised_at|instant|stamp:store.timezone }}`: a time of a message's context, ISO 8601."""
    return datetime.fromisoformat(text) if text else None


@register.filter
def from_json(text: str) -> Any:
    """`{% with ticket=receipt.payload|from_json %}`: what a signed text holds."""
    return json.loads(text)


@register.filter
def nth(values: Sequence[Any], index: int) -> Any:
    """`{{ columns|nth:2 }}`; nothing beyond the end."""
    return values[index] if index < len(values) else None


@register.filter
def page_words(number: int) -> str:
    """`{{ n|page_words }}`: "Page 2"."""
    return gettext("Page %(n)s") % {"n": format_number(number, site_language())}


@register.filter
def page_numbers(page: Page[Any]) -> list[int | None]:
    """The pages to name: first, last, the current one and its neighbours; None is a gap."""
    last = page.paginator.num_pages
    wanted = sorted({1, last, *range(max(1, page.number - 1), min(last, page.number + 1) + 1)})
    numbers: list[int | None] = []
    for n in wanted:
        if numbers and isinstance(numbers[-1], int) and n - numbers[-1] == 2:
            numbers.append(n - 1)
        elif numbers and isinstance(numbers[-1], int) and n - numbers[-1] > 2:
            numbers.append(None)
        numbers.append(n)
    return numbers
