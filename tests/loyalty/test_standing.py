"""Tiers: reached at once, kept for a grace, gone with a return (P-6)."""

from datetime import UTC, datetime, timedelta

from loyalty.standing import Step, standing

STEPS = [Step(0, 0), Step(300, 200), Step(800, 600)]
DAY = timedelta(days=1)
NOON = datetime(2026, 11, 17, 11, 0, tzinfo=UTC)


def stand(credited, at=NOON, months=12, grace=30, steps=STEPS):
    found = standing(credited, steps, months=months, grace=grace * DAY, at=at)
    return found.step, found.counted, found.due_at


def test_the_lowest_tier_is_reached_with_nothing():
    assert stand([]) == (0, 0, None)
    assert stand([], steps=STEPS[1:]) == (None, 0, None)


def test_a_tier_is_reached_at_once_with_what_the_window_counts():
    assert stand([(NOON - DAY, 299)])[0] == 0
    assert stand([(NOON - DAY, 299), (NOON, 1)])[:2] == (1, 300)
    assert stand([(NOON - 400 * DAY, 299), (NOON, 1)])[:2] == (0, 1)


def test_a_tier_is_kept_with_less_than_it_was_reached_with():
    bought = datetime(2025, 11, 20, tzinfo=UTC)
    credited = [(bought, 800), (bought + 300 * DAY, 600)]

    assert stand(credited, at=bought + 370 * DAY)[:2] == (2, 600)


def test_below_its_condition_a_tier_is_kept_for_the_grace_then_the_next_one_is_held():
    bought = datetime(2025, 11, 20, tzinfo=UTC)
    credited = [(bought, 800), (bought + 300 * DAY, 250)]
    left = datetime(2026, 11, 20, tzinfo=UTC)

    assert stand(credited, at=left - DAY) == (2, 1050, left)
    assert stand(credited, at=left) == (2, 250, left + 30 * DAY)
    assert stand(credited, at=left + 29 * DAY)[0] == 2
    assert stand(credited, at=left + 30 * DAY)[:2] == (1, 250)


def test_what_is_earned_within_the_grace_saves_the_tier():
    bought = datetime(2025, 11, 20, tzinfo=UTC)
    left = datetime(2026, 11, 20, tzinfo=UTC)

    saved = [(bought, 800), (left + 10 * DAY, 600)]

    assert stand(saved, at=left + 60 * DAY)[0] == 2


def test_the_calendar_year_keeps_a_tier_through_the_next_one():
    credited = [(datetime(2025, 6, 1, tzinfo=UTC), 800)]

    def year(*day):
        return stand(credited, at=datetime(*day, tzinfo=UTC), months=None)

    assert year(2025, 12, 1)[0] == 2
    assert year(2026, 12, 31)[0] == 2
    assert year(2027, 1, 15)[0] == 2  # grace
    assert year(2027, 2, 5)[0] == 0


def test_a_calendar_tier_is_not_reached_by_two_half_years():
    halves = [
        (datetime(2025, 12, 31, 12, tzinfo=UTC), 200),
        (datetime(2026, 1, 2, tzinfo=UTC), 200),
    ]

    assert stand(halves, months=None)[:2] == (0, 200)


def test_when_a_tier_may_change_is_known_and_until_then_it_does_not():
    bought = datetime(2025, 11, 20, tzinfo=UTC)
    credited = [(bought, 300), (bought + 5 * DAY, 150)]
    at, seen = bought + 6 * DAY, []
    for _turn in range(5):
        step, _counted, due = stand(credited, at=at)
        seen.append(step)
        if due is None:
            break
        assert stand(credited, at=due - timedelta(seconds=1))[0] == step
        at = due

    assert seen[0] == 1
    assert seen[-1] == 0
