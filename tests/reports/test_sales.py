"""Reports: totals that add up (P-7), scope (F-26), spreadsheets without formulas (F-24)."""

import csv
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from omnishop.kernel.csv_tables import like_formula
from omnishop.reports import selectors
from omnishop.reports.charts import chart, nice_step
from omnishop.reports.selectors import SITE, Question
from orders.models import Order, OrderLine, Return
from tests.factories import (
    NOON,
    LegalEntityFactory,
    StaffFactory,
    StoreFactory,
    UserFactory,
)
from tests.office_world import open_shop

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 17)
ALL = Question(TODAY - timedelta(days=40), TODAY)


def order(number, *, store=None, channel="till", total=1000, tax=167, on=TODAY, currency="EUR",
          units=1, entity=None):  # fmt: skip
    made = Order.objects.create(
        number=number, channel=channel, status="fulfilled", store=store,
        entity=entity or (store.entity if store else LegalEntityFactory()),
        total_minor=total, tax_minor=tax, placed_at=NOON, sold_on=on, currency=currency,
    )  # fmt: skip
    if units:
        OrderLine.objects.create(
            order=made, position=1, kind="manual", name="x", quantity=units, unit_minor=0,
            total_minor=0, tax_bp=2000, tax_minor=0, contract_place="store",
        )  # fmt: skip
    return made


def give_back(made, *, total, tax=0, on=TODAY, counts=True):
    return Return.objects.create(
        number=f"{made.number}-R{made.returns.count() + 1}", order=made, kind="return",
        total_minor=total, tax_minor=tax, counts=counts, reason="x", actor="user:1",
        business_on=on, at=NOON,
    )  # fmt: skip


@pytest.fixture
def head_office(client):
    client.force_login(StaffFactory(role="head_office", all_stores=True).user)
    return client


def test_a_report_of_nothing_is_empty():
    assert selectors.sales(ALL) == []


def test_sales_and_returns_each_count_on_their_own_day():
    store = StoreFactory()
    made = order("O-1", store=store, total=1200, tax=200, on=TODAY - timedelta(days=1))
    give_back(made, total=600, tax=100)
    give_back(made, total=99, counts=False)  # was never a sale

    report = selectors.sales(ALL)[0]

    yesterday, today = report.by_day[TODAY - timedelta(days=1)], report.by_day[TODAY]
    assert (yesterday.gross_minor, yesterday.tax_minor, yesterday.orders) == (1200, 200, 1)
    assert (today.gross_minor, today.tax_minor, today.orders) == (-600, -100, 0)
    total = report.total
    assert (total.sold_minor, total.returned_minor) == (1200, 600)
    assert (total.gross_minor, total.tax_minor, total.net_minor) == (600, 100, 500)
    assert total.average_minor == 1200


def test_an_order_that_is_no_sale_yet_counts_nowhere():
    order("O-1", on=None)
    assert selectors.sales(ALL) == []


def test_the_site_is_beside_the_stores():
    store = StoreFactory()
    order("O-1", store=store)
    order("O-2", channel="web", total=500, tax=0)
    report = selectors.sales(ALL)[0]
    assert report.by_store[store.pk].gross_minor == 1000
    assert report.by_store[SITE].gross_minor == 500
    only = selectors.sales(Question(ALL.first, ALL.last, stores=(SITE,)))[0]
    assert only.total.gross_minor == 500


def test_a_return_counts_at_the_store_of_the_sale():
    seller, other = StoreFactory(), StoreFactory()
    made = order("O-1", store=seller)
    Return.objects.filter(pk=give_back(made, total=400).pk).update(store=other)
    report = selectors.sales(ALL)[0]
    assert report.by_store[seller.pk].gross_minor == 600
    assert other.pk not in report.by_store


def test_units_leave_delivery_out_and_returns_take_them_back():
    a = open_shop("Annecy")
    report = selectors.sales(Question(TODAY, TODAY, stores=(a.store.pk,)))[0]
    assert report.total.units == 1  # two sold at the till, one came back
    assert selectors.collected(Question(TODAY, TODAY)).pickups == 0


def test_two_currencies_are_never_added():
    order("O-1", total=1000)
    order("O-2", total=700, currency="CHF")
    by_currency = {report.total.currency: report.total for report in selectors.sales(ALL)}
    assert by_currency["EUR"].gross_minor == 1000
    assert by_currency["CHF"].gross_minor == 700


SALES = st.lists(
    st.tuples(
        st.integers(0, 2),  # store; 0 is the site
        st.sampled_from(["web", "till", "phone"]),
        st.integers(0, 40),  # days ago
        st.integers(0, 10**7),
        st.integers(0, 100),  # per cent given back
        st.integers(0, 40),
    ),
    max_size=25,
)


@given(sales=SALES)
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_by_store_by_channel_and_by_day_add_up_to_the_total(sales):
    """P-7, for any sales and returns."""
    Return.objects.all().delete()
    OrderLine.objects.all().delete()
    Order.objects.all().delete()
    entity = LegalEntityFactory()
    shops = [None, StoreFactory(entity=entity), StoreFactory(entity=entity)]
    expected = expected_tax = 0
    for number, (shop, channel, ago, total, share, back_ago) in enumerate(sales):
        tax = total // 6
        made = order(f"P-{number}", store=shops[shop], channel=channel, total=total, tax=tax,
                     on=TODAY - timedelta(days=ago), units=0, entity=entity)  # fmt: skip
        expected, expected_tax = expected + total, expected_tax + tax
        if share:
            back = total * share // 100
            give_back(made, total=back, tax=back // 6, on=TODAY - timedelta(days=back_ago))
            expected, expected_tax = expected - back, expected_tax - back // 6
    for report in selectors.sales(ALL):
        for name in ("gross_minor", "tax_minor", "net_minor", "orders", "units"):
            total_of = getattr(report.total, name)
            for part in (report.by_store, report.by_channel, report.by_day):
                assert sum(getattr(figures, name) for figures in part.values()) == total_of
        assert (report.total.gross_minor, report.total.tax_minor) == (expected, expected_tax)


def test_days_of_a_clock_change_and_steps_lose_nothing():
    for on in (date(2026, 10, 24), date(2026, 10, 25), date(2026, 10, 26)):
        order(f"O-{on}", on=on)
    for step in ("day", "week", "month"):
        asked = Question(date(2026, 10, 20), date(2026, 10, 31), step=step)
        report = selectors.sales(asked)[0]
        assert sum(figures.orders for figures in report.by_day.values()) == 3


# --- Pages --------------------------------------------------------------------------------------


@time_machine.travel(NOON, tick=False)
def test_the_page_says_when_it_was_made_and_what_it_shows(head_office):
    order("O-1", total=123456)
    page = head_office.get("/reports/sales/", {"period": "today"}).getvalue().decode()
    assert "à jour à 12\u00a0h\u00a000" in page
    assert "1\u202f234,56\u00a0€" in page
    assert "Site" in page


@time_machine.travel(NOON, tick=False)
def test_the_same_address_shows_the_same_period(head_office):
    order("O-1", on=date(2026, 11, 2))
    query = {"period": "own", "first": "2026-11-01", "last": "2026-11-03", "compare": "before"}
    page = head_office.get("/reports/sales/", query)
    asked, then = page.context["asked"], page.context["then"]
    assert (asked.first, asked.last) == (date(2026, 11, 1), date(2026, 11, 3))
    assert (then.first, then.last) == (date(2026, 10, 29), date(2026, 10, 31))
    year = head_office.get("/reports/sales/", query | {"compare": "year"}).context["then"]
    assert (year.first, year.last) == (date(2025, 11, 1), date(2025, 11, 3))


@pytest.mark.parametrize(
    "query",
    [
        {"period": "own"},
        {"period": "own", "first": "2026-11-03", "last": "2026-11-01"},
        {"period": "own", "first": "31/02/2026", "last": "x"},
        {"period": "own", "first": "0001-01-01", "last": "9999-12-31"},
        {"period": "own", "first": "0001-01-01", "last": "0001-01-02", "compare": "before"},
        {"period": "forever"},
        {"store": "999999"},
        {"store": "'; --"},
        {"channel": "\x00"},
        {"compare": "9"},
    ],
)
def test_an_odd_question_is_answered_in_words(head_office, query):
    page = head_office.get("/reports/sales/", query)
    assert page.status_code in {200, 422}
    if page.status_code == 422:
        assert "Erreur" in page.content.decode()
        assert head_office.get("/reports/sales/day.csv", query).status_code == 422


def test_figures_open_their_rows(head_office):
    made = order("O-0000777", total=5000, on=TODAY)
    order("O-0000778", channel="web", on=TODAY - timedelta(days=2))
    with time_machine.travel(NOON, tick=False):
        page = head_office.get("/reports/sales/", {"period": "today", "channel": "till"})
    from omnishop.reports.views import orders_url

    with_rows = head_office.get(orders_url(page.context["asked"]))
    assert [row.pk for row in with_rows.context["cl"].result_list] == [made.pk]
    site = head_office.get(orders_url(Question(ALL.first, ALL.last, stores=(SITE,))))
    assert {row.number for row in site.context["cl"].result_list} == {"O-0000777", "O-0000778"}


@pytest.mark.parametrize("channel", ["", "till"])
@pytest.mark.parametrize("place", ["here", "site"])
def test_figures_of_a_place_and_a_channel_open_their_rows_too(head_office, place, channel):
    store = StoreFactory()
    order("O-1", store=store)
    asked = {"store": store.pk if place == "here" else "site", "channel": channel}

    page = head_office.get("/reports/sales/", asked)

    assert {head_office.get(one["url"]).status_code for one in page.context["tiles"]} == {200}


def test_shoppers_and_strangers_see_no_report(client):
    assert client.get("/reports/sales/").status_code == 302
    assert client.get("/reports/sales/day.csv").status_code == 302
    client.force_login(UserFactory())
    assert client.get("/reports/sales/").status_code == 403
    assert client.get("/reports/sales/day.csv").status_code == 403


def test_a_store_sees_its_own_sales_alone_and_asking_for_another_is_as_for_none(client):
    a, b = open_shop("Annecy"), open_shop("Brest")
    order("O-1", channel="web", total=99900)
    client.force_login(a.user)
    with time_machine.travel(NOON, tick=False):
        page = client.get("/reports/sales/", {"period": "today"})
        text = page.content.decode()
        assert "Brest" not in text
        assert "999,00" not in text
        assert page.context["blocks"][0]["tables"][1]["foot"][1] == "1"
        theirs = client.get("/reports/sales/", {"period": "today", "store": b.store.pk})
        nobody = client.get("/reports/sales/", {"period": "today", "store": 999_999})
        site = client.get("/reports/sales/", {"period": "today", "store": "site"})
        assert theirs.status_code == nobody.status_code == site.status_code == 422
        for by in ("day", "channel", "store"):
            file = client.get(f"/reports/sales/{by}.csv", {"period": "today"}).getvalue().decode()
            assert "Brest" not in file
            assert "999" not in file
            assert "20,00" in file


def test_staff_without_a_store_see_nothing(client):
    order("O-1", total=99900)
    client.force_login(StaffFactory().user)
    page = client.get("/reports/sales/", {"period": "365"})
    assert page.status_code == 200
    assert "999,00" not in page.content.decode()


def test_the_page_takes_few_statements(head_office, django_assert_max_num_queries):
    for number in range(30):
        order(f"O-{number}", store=StoreFactory())
    with (
        time_machine.travel(NOON, tick=False),
        django_assert_max_num_queries(10),
    ):
        head_office.get("/reports/sales/", {"period": "30", "compare": "year"})


# --- Files --------------------------------------------------------------------------------------


def payloads():
    found = ["=1+1", "+1", "-1+1|x", "@SUM(1)", "\t=1", "\r=1", "\n=1", " =1", "＝1"]
    shared = Path(__file__).resolve().parents[3] / "shared/data/adversarial/csv_injection.txt"
    if shared.exists():
        found += [line for line in shared.read_text().splitlines() if line]
    return found


@pytest.mark.parametrize("text", payloads())
def test_no_text_of_a_file_is_run_as_a_formula(head_office, text):
    order("O-1", store=StoreFactory(name=text), on=TODAY)
    with time_machine.travel(NOON, tick=False):
        body = head_office.get("/reports/sales/store.csv", {"period": "today"}).getvalue()
    rows = list(csv.reader(StringIO(body.decode("utf-8-sig"), newline=""), delimiter=";"))
    for row in rows:
        for value in row:
            assert not like_formula(value) or is_number(value)
    if like_formula(text):
        assert rows[1][0] == f"'{text}"
    else:
        assert rows[1][0] == text


def is_number(text):
    return text.removeprefix("-").replace(",", "", 1).isdigit()


def test_negative_numbers_stay_numbers(head_office):
    give_back(order("O-1", total=1200, on=TODAY - timedelta(days=400)), total=1200)
    with time_machine.travel(NOON, tick=False):
        french = head_office.get("/reports/sales/channel.csv", {"period": "today"})
        english = head_office.get("/en/reports/sales/channel.csv", {"period": "today"})
    content = french.getvalue()
    assert content.startswith(b"\xef\xbb\xbf")
    assert "text/csv" in french["Content-Type"]
    row = content.decode("utf-8-sig").splitlines()[1].split(";")
    assert row[1:8] == ["EUR", "0", "0", "0,00", "-12,00", "-12,00", "0,00"]
    assert "-12.00" in english.getvalue().decode()


def test_the_file_and_the_page_say_the_same(head_office):
    for number in range(5):
        order(f"O-{number}", store=StoreFactory(), total=1000 + number, tax=number)
    with time_machine.travel(NOON, tick=False):
        page = head_office.get("/reports/sales/", {"period": "today"})
        totals = []
        for by in ("day", "channel", "store"):
            body = head_office.get(f"/reports/sales/{by}.csv", {"period": "today"}).getvalue()
            totals.append(body.decode("utf-8-sig").splitlines()[-1].split(";")[2:])
    assert totals[0] == totals[1] == totals[2]
    assert totals[0][4:7] == ["50,10", "0,10", "50,00"]
    assert "50,10\u00a0€" in page.context["blocks"][0]["tables"][0]["foot"]


def test_an_unknown_breakdown_is_404(head_office):
    assert head_office.get("/reports/sales/customer.csv").status_code == 404


# --- Chart --------------------------------------------------------------------------------------


def test_a_chart_has_a_zero_line_and_bars_below_it():
    drawn = chart([("a", "", 100), ("b", "", -50), ("c", "", 0)], [100, 0, 0])
    assert [value for _y, value in drawn.ticks] == sorted(
        (value for _y, value in drawn.ticks), reverse=True
    )
    up, down, flat = drawn.bars
    assert up.y + up.height == pytest.approx(drawn.zero_y, abs=0.2)
    assert down.y == pytest.approx(drawn.zero_y)
    assert flat.height == 0
    assert up.mark_y == up.y


def test_a_chart_of_nothing_is_no_chart():
    assert chart([("a", "", 0)]) is None
    assert chart([]) is None


@pytest.mark.parametrize("span, step", [(0, 1), (4, 1), (39, 10), (100, 50), (1_234_567, 500_000)])
def test_lines_lie_at_round_numbers(span, step):
    assert nice_step(span) == step


def test_what_is_late_is_of_the_readers_stores():
    a, b = open_shop("Annecy"), open_shop("Brest")
    later = datetime(2026, 11, 19, tzinfo=UTC)
    mine = selectors.late_picks(a.user, later)
    assert [row.order for row in mine] == [a.pickup]
    assert not selectors.late_picks(a.user, NOON).exists()
    assert set(selectors.late_picks(b.user, later)) & set(mine) == set()
