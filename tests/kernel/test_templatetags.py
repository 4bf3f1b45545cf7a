"""What pages write of money, time and icons, in both languages, to the exact character."""

import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.core.paginator import Paginator
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import translation
from django.utils.safestring import mark_safe

from omnishop.kernel.templatetags import omnishop as tags

PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 11, 21, 13, 5, tzinfo=UTC)  # Saturday 14:05 in Paris


def render(source: str, language: str = "fr", **context) -> str:
    with translation.override(language):
        return Template("{% load omnishop %}" + source).render(Context(context))


@pytest.mark.parametrize(
    "amount,currency,french,english",
    [
        (123450, "EUR", "1\u202f234,50\u00a0€", "€1,234.50"),
        (0, "EUR", "0,00\u00a0€", "€0.00"),
        (-500, "EUR", "-5,00\u00a0€", "-€5.00"),
        (1, "EUR", "0,01\u00a0€", "€0.01"),
        (123456789012, "EUR", "1\u202f234\u202f567\u202f890,12\u00a0€", "€1,234,567,890.12"),
        (1234, "JPY", "1\u202f234\u00a0JPY", "¥1,234"),
        (1234, "TND", "1,234\u00a0TND", "TND\u00a01.234"),
    ],
)
def test_money_has_the_minor_digits_of_its_currency(amount, currency, french, english):
    assert tags.format_money(amount, currency, "fr") == french
    assert tags.format_money(amount, currency, "en") == english


def test_money_filter_takes_the_shop_currency_and_says_nothing_of_no_amount(settings):
    settings.CURRENCY = "EUR"
    assert render("{{ a|money }}", a=8490) == "84,90\u00a0€"
    assert render('{{ a|money:"EUR" }}', "en", a=8490) == "€84.90"
    assert render('{{ a|money:"EUR" }}', a=None) == ""
    assert render('{{ a|decimal_amount:"EUR" }}', a=123450) == "1234.50"


@pytest.mark.parametrize(
    "rate_bp,french,english",
    [
        (2000, "20\u202f%", "20%"),
        (550, "5,5\u202f%", "5.5%"),
        (210, "2,1\u202f%", "2.1%"),
        (0, "0\u202f%", "0%"),
    ],
)
def test_percent_reads_basis_points(rate_bp, french, english):
    assert tags.format_percent(rate_bp, "fr") == french
    assert tags.format_percent(rate_bp, "en") == english


def test_a_pack_sold_by_weight_says_weight_and_price_per_kilogram():
    assert tags.format_weighed(482, 1290, "EUR", "fr") == "0,482\u00a0kg × 12,90\u00a0€/kg"
    assert tags.format_weighed(1500, 1290, "EUR", "en") == "1.500\u00a0kg × €12.90/kg"
    for nothing in ((None, None), ("", ""), (482, ""), (None, 1290)):
        assert tags.weighed(*nothing) == ""


def test_number_groups_by_thousands():
    assert tags.format_number(12345, "fr") == "12\u202f345"
    assert tags.format_number(12345, "en") == "12,345"


@pytest.mark.parametrize(
    "metres,french,english",
    [
        (4, "10\u00a0m", "10\u00a0m"),
        (846, "850\u00a0m", "850\u00a0m"),
        (2130, "2,1\u00a0km", "2.1\u00a0km"),
        (12_400, "12\u00a0km", "12\u00a0km"),
    ],
)
def test_distance_is_as_fine_as_it_is_useful(metres, french, english):
    assert tags.format_distance(metres, "fr") == french
    assert tags.format_distance(metres, "en") == english


@pytest.mark.parametrize(
    "hour,minute,french,english",
    [
        (16, 10, "16\u00a0h\u00a010", "4:10\u00a0pm"),
        (9, 5, "9\u00a0h\u00a005", "9:05\u00a0am"),
        (0, 0, "0\u00a0h\u00a000", "12:00\u00a0am"),
        (12, 0, "12\u00a0h\u00a000", "12:00\u00a0pm"),
    ],
)
def test_clock(hour, minute, french, english):
    at = datetime(2026, 11, 24, hour, minute, tzinfo=PARIS)
    assert tags.format_clock(at, "fr") == french
    assert tags.format_clock(at, "en") == english


def test_clock_filter_shows_the_store_time_not_utc():
    at = datetime(2026, 7, 1, 14, 10, tzinfo=UTC)
    assert render('{{ at|clock:"Europe/Paris" }}', at=at) == "16\u00a0h\u00a010"
    assert render('{{ at|clock:"Indian/Reunion" }}', "en", at=at) == "6:10\u00a0pm"


def test_day():
    assert tags.format_day(date(2026, 11, 24), "fr") == "mardi 24\u00a0novembre"
    assert tags.format_day(date(2026, 11, 24), "en") == "Tuesday 24\u00a0November"
    assert tags.format_day(date(2026, 11, 24), "fr", short=True) == "mardi 24\u00a0nov."
    assert tags.format_day(date(2026, 12, 1), "fr") == "mardi 1er\u00a0décembre"


def test_day_of_an_instant_is_the_store_day():
    late = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)
    assert render('{{ at|day:"Europe/Paris" }}', at=late) == "mardi 24\u00a0novembre"


def test_short_day():
    at = datetime(2026, 11, 24, 23, 30, tzinfo=UTC)
    assert render('{{ at|short_day:"Europe/Paris" }}', at=at) == "25\u00a0nov. 2026"
    assert render('{{ at|short_day:"Europe/Paris" }}', "en", at=at) == "25\u00a0Nov 2026"


def test_telephone():
    number = "+33465710012"
    assert render("{{ n|telephone }}", n=number) == "04\u00a065\u00a071\u00a000\u00a012"
    assert render("{{ n|telephone }}", "en", n=number).startswith("+33\u00a04")
    assert render("{{ n|telephone }}", n="+3222345678").startswith("+32\u00a02")
    assert render("{{ n|telephone }}", n="at the desk") == "at the desk"


def test_stamp():
    at = datetime(2026, 11, 24, 15, 10, tzinfo=UTC)
    assert render('{{ at|stamp:"Europe/Paris" }}', at=at) == "24\u00a0nov. 2026 à 16\u00a0h\u00a010"
    assert render('{{ at|stamp:"Europe/Paris" }}', "en", at=at) == "24\u00a0Nov 2026, 4:10\u00a0pm"


@pytest.mark.parametrize(
    "at,french,english",
    [
        (
            datetime(2026, 11, 21, 15, 10, tzinfo=UTC),
            "aujourd'hui à partir de 16\u00a0h\u00a010",
            "today from 4:10\u00a0pm",
        ),
        (
            datetime(2026, 11, 22, 9, 0, tzinfo=UTC),
            "demain à partir de 10\u00a0h\u00a000",
            "tomorrow from 10:00\u00a0am",
        ),
        (
            datetime(2026, 11, 24, 9, 0, tzinfo=UTC),
            "mardi 24\u00a0nov. à partir de 10\u00a0h\u00a000",
            "Tuesday 24\u00a0Nov from 10:00\u00a0am",
        ),
    ],
)
def test_ready_by_names_the_day_as_the_store_sees_it(at, french, english):
    source = '{% ready_by at now "Europe/Paris" %}'
    assert render(source, at=at, now=NOW) == french
    assert render(source, "en", at=at, now=NOW) == english


def test_ready_by_near_midnight_goes_by_the_store_and_not_by_utc():
    source = '{% ready_by at now "Europe/Paris" %}'
    now = datetime(2026, 11, 21, 23, 30, tzinfo=UTC)  # Sunday 00:30 in Paris
    at = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
    assert render(source, "en", at=at, now=now) == "today from 10:00\u00a0am"


def test_icon_is_hidden_from_readers_unless_named():
    assert 'aria-hidden="true"' in render('{% icon "truck" %}')
    named = render('{% icon "truck" label="Livraison" %}')
    assert 'role="img" aria-label="Livraison"' in named
    assert "aria-hidden" not in named
    assert "style=" not in named  # the content security policy allows no inline style


def test_icon_unknown_fails_loudly():
    with pytest.raises(LookupError, match=r"icons\.txt"):
        render('{% icon "no-such-icon" %}')


def test_every_icon_that_a_template_names_is_listed():
    listed = set(
        re.findall(r"^[\w-]+", Path(settings.BASE_DIR, "static/src/icons.txt").read_text(), re.M)
    )
    named = {
        (name, str(path))
        for path in Path(settings.BASE_DIR, "templates").rglob("*.html")
        for name in re.findall(r"""{%\s*icon\s+["']([\w-]+)["']""", path.read_text())
    }
    assert named
    assert {(name, path) for name, path in named if name not in listed} == set()


def test_no_template_writes_an_inline_style_or_script_which_the_policy_would_refuse():
    refused = re.compile(
        r"""\sstyle=["']|<style|<script(?![^>]*\b(src|type="application/))|\son\w+=["']|hx-on"""
    )
    faults = [
        str(path)
        for path in Path(settings.BASE_DIR, "templates").rglob("*.html")
        if not re.search("messages|mail|admin|unfold", str(path))
        and refused.search(path.read_text())
    ]
    assert faults == []


def test_other_language_url_keeps_the_page_and_its_query(settings):
    settings.ROOT_URLCONF = __name__
    request = RequestFactory().get("/page/?sort=price")
    assert render("{% other_language_url %}", request=request) == "/en/page/?sort=price"
    request = RequestFactory().get("/en/page/")
    assert render("{% other_language_url %}", "en", request=request) == "/page/"


def test_other_language_url_of_an_unknown_page_is_the_home_page(settings):
    settings.ROOT_URLCONF = __name__
    assert render("{% other_language_url %}", request=RequestFactory().get("/nowhere/")) == "/en/"
    assert render("{% other_language_url %}") == "/en/"


def test_with_query_changes_what_is_named_and_keeps_the_rest():
    request = RequestFactory().get("/?q=tente&page=3&taille=M&taille=L")
    assert (
        render("{% with_query page=4 %}", request=request)
        == "?q=tente&amp;taille=M&amp;taille=L&amp;page=4"
    )
    assert (
        render("{% with_query page=None %}", request=request)
        == "?q=tente&amp;taille=M&amp;taille=L"
    )


@pytest.mark.parametrize(
    "at,expected",
    [
        (1, [1, 2, None, 20]),
        (4, [1, 2, 3, 4, 5, None, 20]),
        (10, [1, None, 9, 10, 11, None, 20]),
        (20, [1, None, 19, 20]),
    ],
)
def test_page_numbers_name_the_ends_and_the_neighbours(at, expected):
    assert tags.page_numbers(Paginator(range(200), 10).page(at)) == expected


def test_script_words_speak_the_language_of_the_page():
    assert "En cours\\u2026" in render("{% script_words %}") or "En cours…" in render(
        "{% script_words %}"
    )
    assert "In progress" in render("{% script_words %}", "en")


def _urls() -> list[Any]:
    from django.conf.urls.i18n import i18n_patterns
    from django.http import HttpResponse
    from django.urls import path

    def view(request):
        return HttpResponse()

    return i18n_patterns(
        path("", view, name="home"), path("page/", view, name="page"), prefix_default_language=False
    )


urlpatterns = _urls()


def test_a_part_made_once_is_made_for_its_values_their_safety_and_the_language_alone():
    part = Template(
        '{% load omnishop %}{% once "_breadcrumb.html" crumbs=crumbs current=current %}'
    )

    def shown(current: str) -> str:
        return part.render(Context({"crumbs": (("/a/", "A"),), "current": current, "other": 1}))

    with translation.override("fr"):
        french = shown("<b>")
        assert "&lt;b&gt;" in french
        assert shown("<b>") == french
        assert "<b>" in shown(mark_safe("<b>"))
        assert "&lt;b&gt;" in shown("<b>")
        assert "Veste" in shown("Veste")
    with translation.override("en"):
        assert "You are here" in shown("<b>")
    assert "You are here" not in french
