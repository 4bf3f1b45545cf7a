"""When a store is open, and promises that it can keep (UX S3, ALG-2, STD-3)."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omnishop.network.hours import hold_until, is_open, openings_on
from omnishop.network.models import Store
from omnishop.network.promise import ready_by

AUTUMN = datetime(2026, 10, 20, tzinfo=UTC)
MOMENTS = st.integers(0, 167 * 24 * 3600).map(lambda late: AUTUMN + timedelta(seconds=late))
PARIS = ZoneInfo("Europe/Paris")
LUNCH = "Mo-Fr 10:00-13:00,14:00-19:00; Sa 10:00-18:00; PH off"
NIGHT = "Mo-Su 22:00-05:00"


def store(opening_hours=LUNCH, preparation=60, hold_days=3):
    return Store(
        code="LYO",
        timezone="Europe/Paris",
        country="FR",
        opening_hours=opening_hours,
        preparation_minutes=preparation,
        hold_days=hold_days,
    )


def paris(text, fold=0):
    return datetime.fromisoformat(text).replace(tzinfo=PARIS, fold=fold)


@pytest.mark.parametrize(
    "asked, ready",
    [
        ("2026-11-17 10:00", "2026-11-17 11:00"),  # as it opens
        ("2026-11-17 10:00:01", "2026-11-17 11:10"),  # a second later: the next ten minutes
        ("2026-11-17 07:30", "2026-11-17 11:00"),  # before it opens
        ("2026-11-17 12:00", "2026-11-17 14:00"),  # 13:00 is closing, not inside; ready at 14:00
        ("2026-11-17 12:30", "2026-11-17 14:30"),  # half before lunch, half after
        ("2026-11-17 13:20", "2026-11-17 15:00"),  # during lunch
        ("2026-11-17 18:50", "2026-11-18 10:50"),  # ten minutes tonight, fifty tomorrow
        ("2026-11-17 18:50:15", "2026-11-18 11:00"),
        ("2026-11-17 19:00", "2026-11-18 11:00"),  # closed
        ("2026-11-21 17:30", "2026-11-23 10:30"),  # Saturday evening: Monday, not Sunday
        ("2026-11-22 12:00", "2026-11-23 11:00"),  # Sunday
        ("2026-11-11 12:00", "2026-11-12 11:00"),  # 11 November
        ("2026-12-24 18:30", "2026-12-26 10:30"),  # over Christmas
    ],
)
def test_preparation_counts_open_time_only(asked, ready):
    assert ready_by(store(), paris(asked)) == paris(ready)


def test_a_store_that_is_ready_at_once_promises_at_once_inside_hours():
    assert ready_by(store(preparation=0), paris("2026-11-17 12:59:30")) == paris("2026-11-17 14:00")
    assert ready_by(store(preparation=0), paris("2026-11-17 11:00")) == paris("2026-11-17 11:00")


def test_a_store_that_does_not_open_promises_nothing():
    assert ready_by(store("off"), paris("2026-11-17 10:00")) is None


def test_the_clock_goes_back_and_an_hour_is_still_an_hour():
    asked = datetime(2026, 10, 24, 23, 30, tzinfo=UTC)  # 01:30 in Paris, before 02:00 comes twice
    shop = store(NIGHT, preparation=120)

    ready = ready_by(shop, asked)

    assert ready.astimezone(UTC) == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    assert (ready.hour, ready.minute, ready.utcoffset()) == (2, 30, timedelta(hours=1))


def test_the_clock_goes_forward_and_no_promise_falls_into_the_missing_hour():
    asked = datetime(2027, 3, 28, 0, 30, tzinfo=UTC)  # 01:30 in Paris; 02:00 to 03:00 is missing

    ready = ready_by(store(NIGHT, preparation=60), asked)

    assert ready.astimezone(UTC) == datetime(2027, 3, 28, 1, 30, tzinfo=UTC)
    assert (ready.hour, ready.minute) == (3, 30)


def test_a_night_shift_that_the_spring_shortens_is_counted_by_its_real_hours():
    shop = store("Mo-Su 01:00-04:00", preparation=150)  # two hours on 28 March 2027

    ready = ready_by(shop, datetime(2027, 3, 28, 0, 0, tzinfo=UTC))

    assert ready == paris("2027-03-29 01:30")


@pytest.mark.parametrize(
    "ready, days, kept",
    [
        ("2026-11-17 11:00", 0, "2026-11-17 19:00"),  # to closing time, not to the lunch break
        ("2026-11-17 11:00", 3, "2026-11-20 19:00"),
        ("2026-11-17 11:00", 4, "2026-11-21 18:00"),  # Saturday's own hours
        ("2026-11-17 11:00", 5, "2026-11-23 19:00"),  # Sunday: Monday
        ("2026-11-09 11:00", 2, "2026-11-12 19:00"),  # 11 November: the day after
        ("2026-12-22 11:00", 3, "2026-12-26 18:00"),  # Christmas: Saturday
        ("2026-10-24 11:00", 1, "2026-10-26 19:00"),  # over the longer Sunday
    ],
)
def test_a_pickup_is_kept_to_closing_time_of_the_last_day(ready, days, kept):
    assert hold_until(store(hold_days=days), paris(ready)) == paris(kept)


def test_the_last_day_is_the_stores_day_not_that_of_utc():
    late = datetime(2026, 11, 17, 23, 30, tzinfo=UTC)  # 00:30 on the 18th in Paris

    assert store().business_day(late) == date(2026, 11, 18)
    assert hold_until(store(hold_days=0), late) == paris("2026-11-18 19:00")


def test_a_store_that_never_closes_keeps_it_to_the_end_of_the_day():
    assert hold_until(store("24/7", hold_days=1), paris("2026-11-17 11:00")) == paris(
        "2026-11-19 00:00"
    )


def test_the_hours_of_a_day_are_shown_as_they_are_written():
    hours = [(o.opens_at, o.closes_at) for o in openings_on(store(), date(2026, 11, 17))]

    assert hours == [
        (paris("2026-11-17 10:00"), paris("2026-11-17 13:00")),
        (paris("2026-11-17 14:00"), paris("2026-11-17 19:00")),
    ]
    assert openings_on(store(), date(2026, 11, 22)) == []
    assert openings_on(store(), date(2026, 12, 25)) == []


@given(
    asked=MOMENTS,
    preparation=st.integers(0, 600),
    hours=st.sampled_from([LUNCH, NIGHT, "Tu,Th 09:30-12:15; Sa 14:00-14:40", "24/7"]),
    days=st.integers(0, 8),
)
@settings(max_examples=150, deadline=None, derandomize=True)
def test_no_promise_ever_falls_outside_opening_hours(asked, preparation, hours, days):
    shop = store(hours, preparation, days)

    ready = ready_by(shop, asked)
    kept = hold_until(shop, ready)

    assert ready >= asked + timedelta(minutes=preparation)
    assert ready.minute % 10 == 0
    assert ready.second == ready.microsecond == 0
    assert is_open(shop, ready)
    assert kept > ready
    assert shop.business_day(kept) >= shop.business_day(ready) + timedelta(days=days)
    assert hours == "24/7" or not is_open(shop, kept)
    assert is_open(shop, kept - timedelta(minutes=1))


@given(
    asked=MOMENTS,
    later=st.timedeltas(timedelta(0), timedelta(days=3)),
)
@settings(max_examples=100, deadline=None, derandomize=True)
def test_who_asks_later_is_never_promised_earlier(asked, later):
    assert ready_by(store(), asked + later) >= ready_by(store(), asked)


def test_a_store_is_open_by_its_own_clock_whatever_zone_the_instant_is_told_in():
    assert not is_open(store(), datetime(2026, 11, 17, 8, 59, tzinfo=UTC))
    assert is_open(store(), datetime(2026, 11, 17, 9, 0, tzinfo=UTC))
    assert not is_open(store(), datetime(2026, 11, 17, 18, 30, tzinfo=UTC))
