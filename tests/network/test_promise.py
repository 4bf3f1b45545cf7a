"""Promises are arithmetic: queues, breaks, special days, holidays, nights of the clock (CST-7)."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from omnishop.network.hours import is_open, openings
from omnishop.network.models import Store
from omnishop.network.places import DEPARTEMENTS, distance_km, point_of_postcode
from omnishop.network.promise import (
    arrives_on,
    leaves_on,
    ready_after_arrival,
    ready_by,
    working_days_after,
    works,
)

PARIS = ZoneInfo("Europe/Paris")
LUNCH = "Mo-Fr 10:00-13:00,14:00-19:00; Sa 10:00-18:00; PH off"
SPECIAL = "Mo-Sa 10:00-19:00; Nov 27 09:00-21:00; Nov 28 off; PH off"
NIGHT = "Mo-Su 22:00-05:00"
FOUR = time(16)
SHOPS = st.builds(
    lambda hours, preparation, each: shop(hours, preparation=preparation, each=each),
    st.sampled_from([LUNCH, SPECIAL, NIGHT, "Tu,Th 09:30-12:15; Sa 14:00-14:40", "24/7"]),
    st.integers(0, 240),
    st.integers(0, 30),
)
YEAR = st.integers(0, 365 * 24 * 3600).map(
    lambda seconds: datetime(2026, 2, 1, tzinfo=UTC) + timedelta(seconds=seconds)
)
# Within a day of the two nights of 2026 in which the clock changes.
NIGHTS = st.builds(
    lambda night, seconds: night + timedelta(seconds=seconds),
    st.sampled_from([datetime(2026, 3, 29, 1, tzinfo=UTC), datetime(2026, 10, 25, 1, tzinfo=UTC)]),
    st.integers(-24 * 3600, 24 * 3600),
)
DAYS = st.dates(date(2026, 1, 1), date(2028, 12, 31))


def shop(hours=LUNCH, *, preparation=60, each=0):
    return Store(
        code="LYO",
        timezone="Europe/Paris",
        country="FR",
        opening_hours=hours,
        preparation_minutes=preparation,
        minutes_per_order=each,
    )


def paris(text, fold=0):
    return datetime.fromisoformat(text).replace(tzinfo=PARIS, fold=fold)


def open_time(store, start, end):
    """How long the store is open between two instants, counted apart from the promise."""
    total = timedelta(0)
    for opening in openings(store, start):
        opens, closes = opening.opens_at.astimezone(UTC), opening.closes_at.astimezone(UTC)
        if opens >= end:
            break
        total += min(closes, end.astimezone(UTC)) - opens
    return total


# --- Ready by ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "asked, ahead, busy, ready",
    [
        ("2026-11-17 10:00", 0, False, "2026-11-17 11:00"),
        ("2026-11-17 10:00", 4, False, "2026-11-17 11:40"),  # four pick-ups of ten minutes
        ("2026-11-17 10:00", 12, False, "2026-11-17 14:00"),  # 13:00 is no opening time
        ("2026-11-17 10:00", 13, False, "2026-11-17 14:10"),  # over the lunch break
        ("2026-11-17 10:00", 60, False, "2026-11-18 14:00"),  # 480 minutes today, 180 tomorrow
        ("2026-11-17 10:00", 20, True, "2026-11-18 11:00"),  # full: from its next day's opening
        ("2026-11-17 10:00", 60, True, "2026-11-18 14:00"),  # and never before its turn
        ("2026-11-21 10:00", 0, True, "2026-11-23 11:00"),  # full on Saturday: Monday
        ("2026-11-10 10:00", 0, True, "2026-11-12 11:00"),  # full before 11 November
    ],
)
def test_the_queue_comes_first_and_a_busy_store_begins_the_next_day(asked, ahead, busy, ready):
    assert ready_by(shop(each=10), paris(asked), ahead=ahead, busy=busy) == paris(ready)


@pytest.mark.parametrize(
    "asked, ready",
    [
        ("2026-11-27 08:00", "2026-11-27 10:00"),  # opens an hour earlier that day
        ("2026-11-27 19:30", "2026-11-27 20:30"),  # and closes two later
        ("2026-11-27 20:30", "2026-11-30 10:30"),  # closed on Saturday, as announced, and Sunday
        ("2026-05-01 10:00", "2026-05-02 11:00"),  # Labour Day
        ("2026-12-24 18:30", "2026-12-26 10:30"),
    ],
)
def test_special_days_and_public_holidays_are_kept(asked, ready):
    assert ready_by(shop(SPECIAL), paris(asked)) == paris(ready)


@pytest.mark.parametrize(
    "asked, minutes, ready",
    [
        ("2026-03-29T00:30:00+00:00", 60, "2026-03-29T01:30:00+00:00"),  # 01:30, then 03:30
        ("2026-03-28T23:00:00+00:00", 240, "2026-03-29T20:00:00+00:00"),  # to 05:00 is 4 h, not 5
        ("2026-10-24T23:30:00+00:00", 120, "2026-10-25T01:30:00+00:00"),  # 02:30 the second time
        ("2026-10-24T22:00:00+00:00", 300, "2026-10-25T03:00:00+00:00"),  # 6 h of night: enough
    ],
)
def test_in_the_nights_the_clock_changes_an_hour_is_an_hour(asked, minutes, ready):
    """A shop open from 22:00 to 05:00; sums of wall-clock times would be an hour off."""
    promised = ready_by(shop(NIGHT, preparation=minutes), datetime.fromisoformat(asked))

    assert promised.astimezone(UTC) == datetime.fromisoformat(ready)


@given(store=SHOPS, asked=st.one_of(YEAR, NIGHTS), ahead=st.integers(0, 40), busy=st.booleans())
@settings(max_examples=300)
def test_a_promise_is_inside_opening_hours_and_the_open_time_suffices(store, asked, ahead, busy):
    ready = ready_by(store, asked, ahead=ahead, busy=busy)

    assert ready is not None
    assert is_open(store, ready)
    assert ready >= asked
    needed = timedelta(minutes=store.preparation_minutes)
    if busy:
        assert store.business_day(ready) > store.business_day(asked)
        assert open_time(
            store, paris(f"{store.business_day(asked)}") + timedelta(days=1), ready
        ) >= (needed)
    else:
        needed += ahead * timedelta(minutes=store.minutes_per_order)
        assert open_time(store, asked, ready) >= needed
        # Not later than it must: without its last ten minutes it would be too short, unless what
        # lies between is no opening time.
        earlier = ready.astimezone(UTC) - timedelta(minutes=10)
        if earlier >= asked and is_open(store, earlier):
            assert open_time(store, asked, earlier) < needed


@given(
    store=SHOPS,
    asked=st.one_of(YEAR, NIGHTS),
    later=st.timedeltas(timedelta(0), timedelta(days=2)),
    ahead=st.integers(0, 20),
    more=st.integers(0, 20),
)
@settings(max_examples=200)
def test_who_asks_later_or_has_more_ahead_is_never_promised_earlier(
    store, asked, later, ahead, more
):
    first = ready_by(store, asked, ahead=ahead)

    assert ready_by(store, asked + later, ahead=ahead).timestamp() >= first.timestamp()
    assert ready_by(store, asked, ahead=ahead + more).timestamp() >= first.timestamp()


def test_asked_in_the_hour_that_comes_twice_it_is_the_first_of_both():
    asked = datetime(2026, 10, 25, 0, 55, tzinfo=UTC)  # five to three, before the change

    ready = ready_by(shop("24/7", preparation=0), asked)

    assert ready.astimezone(UTC) == datetime(2026, 10, 25, 1, 0, tzinfo=UTC)


def test_what_is_brought_is_ready_after_the_opening_of_its_day():
    assert ready_after_arrival(shop(), date(2026, 11, 18)) == paris("2026-11-18 11:00")
    assert ready_after_arrival(shop(), date(2026, 11, 22)) == paris("2026-11-23 11:00")  # Sunday
    assert ready_after_arrival(shop("off"), date(2026, 11, 18)) is None


# --- Working days --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "day, days, after",
    [
        ("2026-11-17", 0, "2026-11-17"),
        ("2026-11-17", 2, "2026-11-19"),
        ("2026-11-20", 1, "2026-11-23"),  # over a week-end
        ("2026-11-21", 0, "2026-11-23"),  # from a Saturday
        ("2026-11-21", 1, "2026-11-24"),
        ("2026-04-30", 1, "2026-05-04"),  # over 1 May, a Friday
        ("2026-05-01", 0, "2026-05-04"),
        ("2026-12-24", 1, "2026-12-28"),  # over 25 December, a Friday
        ("2026-12-25", 0, "2026-12-28"),
        ("2026-04-03", 1, "2026-04-07"),  # Good Friday is worked, Easter Monday is not
        ("2026-12-31", 2, "2027-01-05"),  # over the New Year
    ],
)
def test_working_days_pass_over_week_ends_and_public_holidays(day, days, after):
    assert working_days_after(date.fromisoformat(day), days, "FR") == date.fromisoformat(after)


@given(DAYS, st.integers(0, 15))
def test_exactly_so_many_working_days_lie_between(day, days):
    after = working_days_after(day, days, "FR")
    between = [day + timedelta(n) for n in range(1, (after - day).days + 1)]

    assert works(after, "FR")
    worked = sum(works(one, "FR") for one in between)
    assert worked == (days if works(day, "FR") else days + 1)


@pytest.mark.parametrize(
    "at, leaves",
    [
        ("2026-11-17 15:59:59", "2026-11-17"),
        ("2026-11-17 15:59:59.999999", "2026-11-17"),
        ("2026-11-17 16:00:00", "2026-11-18"),
        ("2026-11-17 16:00:01", "2026-11-18"),
        ("2026-11-17 00:00:00", "2026-11-17"),
        ("2026-03-29 15:59:59", "2026-03-29"),  # on the days of the clock by the clock on the wall
        ("2026-10-25 16:00:00", "2026-10-26"),
    ],
)
def test_the_cut_off_holds_to_the_second_by_the_clock_of_the_place(at, leaves):
    told = paris(at)

    assert leaves_on(told, cut_off=FOUR, zone=PARIS) == date.fromisoformat(leaves)
    assert leaves_on(told.astimezone(UTC), cut_off=FOUR, zone=PARIS) == date.fromisoformat(leaves)


@pytest.mark.parametrize(
    "at, days, arrives",
    [
        ("2026-11-17 15:59:59", 2, "2026-11-19"),
        ("2026-11-17 16:00:00", 2, "2026-11-20"),
        ("2026-11-20 15:59:59", 1, "2026-11-23"),  # leaves on Friday
        ("2026-11-20 16:00:00", 1, "2026-11-24"),  # leaves on Monday
        ("2026-11-22 09:00:00", 1, "2026-11-24"),  # Sunday: leaves on Monday
        ("2026-04-30 16:00:00", 1, "2026-05-05"),  # leaves after 1 May and the week-end
        ("2026-12-24 15:59:59", 1, "2026-12-28"),
        ("2026-11-17 10:00:00", 0, "2026-11-17"),
    ],
)
def test_goods_arrive_their_days_after_the_first_working_day_whose_cut_off_is_not_past(
    at, days, arrives
):
    told = arrives_on(paris(at), cut_off=FOUR, zone=PARIS, days=days, country="FR")

    assert told == date.fromisoformat(arrives)


def test_a_place_that_sends_nothing_promises_no_day():
    assert (
        arrives_on(paris("2026-11-17"), cut_off=FOUR, zone=PARIS, days=None, country="FR") is None
    )


@given(st.one_of(YEAR, NIGHTS), st.timedeltas(timedelta(0), timedelta(days=9)), st.integers(0, 9))
def test_what_is_asked_for_later_never_arrives_earlier_and_on_a_working_day(at, later, days):
    first = arrives_on(at, cut_off=FOUR, zone=PARIS, days=days, country="FR")
    second = arrives_on(at + later, cut_off=FOUR, zone=PARIS, days=days, country="FR")

    assert second >= first >= at.astimezone(PARIS).date()
    assert works(first, "FR")


# --- Places --------------------------------------------------------------------------------------

POINTS = st.tuples(st.floats(-90, 90), st.floats(-180, 180))


@given(POINTS, POINTS)
@settings(max_examples=300)
def test_there_is_as_far_as_back_and_nowhere_is_farther_than_half_around_the_earth(one, other):
    assert distance_km(one, other) == pytest.approx(distance_km(other, one), abs=1e-6)
    assert 0 <= distance_km(one, other) <= 20_016
    assert distance_km(one, one) == 0


@given(POINTS)
@settings(max_examples=300)
def test_the_opposite_side_of_the_earth_is_half_around_it(one):
    """Rounding puts a few of them a hair beyond: an arc sine of more than 1 would raise."""
    latitude, longitude = one
    other = (-latitude, longitude - 180 if longitude > 0 else longitude + 180)

    assert distance_km(one, other) == pytest.approx(20_015, abs=1)


def test_distances_that_are_known():
    lyon, paris_ = point_of_postcode("69002"), point_of_postcode("75011")

    assert distance_km(lyon, paris_) == pytest.approx(392, abs=5)


@pytest.mark.parametrize("postcode", ["20000", "20200", "20290", " 20 137 "])
def test_corsica_has_its_point(postcode):
    assert point_of_postcode(postcode) == DEPARTEMENTS["20"]


@pytest.mark.parametrize(
    "postcode", ["97100", "97400", "97600", "98000", "98800", "99999", "00100"]
)
def test_overseas_and_monaco_have_none(postcode):
    """Nobody is promised the nearest shop across an ocean."""
    assert point_of_postcode(postcode) is None


@given(st.text(max_size=12))
def test_rubbish_has_no_point_and_raises_nothing(text):
    digits = text.strip().replace(" ", "")
    assume(not (len(digits) == 5 and digits.isascii() and digits.isdigit()))

    assert point_of_postcode(text) is None


@pytest.mark.parametrize(
    "text", ["", "6900", "690022", "2A004", "69O02", "-6900", "６９００２", "²²²²²"]
)
def test_what_looks_like_a_postcode_and_is_none_has_no_point(text):
    assert point_of_postcode(text) is None
