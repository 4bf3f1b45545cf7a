"""Segments kept, frozen, filling groups, taken out; scores by rank; what promotions see."""

from datetime import date, timedelta

import pytest

from customers.models import Customer, CustomerGroup, Identity
from customers.services.merging import merge
from omnishop.kernel.errors import Invalid, NotFound
from orders import tasks
from orders.models import CustomerValue, GroupChange, Segment, SegmentExport
from orders.selectors import basket_view, sale_view
from orders.services import baskets, segment_exports, segments, values
from tests.factories import (
    LONG_AGO,
    NOON,
    CustomerFactory,
    PromotionFactory,
    TillFactory,
)
from tests.orders.flows import filled, stocked
from tests.orders.people_and_sales import TODAY, bought, gave_back
from tests.orders.test_segments import answer

pytestmark = pytest.mark.django_db
ENGLISH = {"all": [{"is": "language", "in": ["en"]}]}


def kept(rules=ENGLISH, name="English", **more):
    return segments.save(
        segment_id=None, name=name, description="", rules=rules, by="user:1", at=NOON, **more
    )


def test_a_segment_is_kept_renamed_duplicated_and_removed():
    segment = kept(name="  English   people ")
    later = NOON + timedelta(days=1)
    segments.save(
        segment_id=segment.pk, name="Anglophones", description="x", rules=ENGLISH, by="user:2",
        at=later,
    )  # fmt: skip
    copy = segments.duplicate(segment_id=segment.pk, by="user:2", at=later)

    segment.refresh_from_db()
    assert (segment.name, segment.changed_by, segment.changed_at) == (
        "Anglophones",
        "user:2",
        later,
    )
    assert segment.created_at == NOON
    assert (copy.name, copy.rules, copy.group) == ("Anglophones (2)", ENGLISH, None)
    segments.remove(segment_id=copy.pk)
    assert list(Segment.objects.all()) == [segment]


def test_a_name_is_one_segments_and_never_empty():
    kept()
    with pytest.raises(segments.NameTaken):
        kept()
    with pytest.raises(Invalid):
        kept(name="  ")
    with pytest.raises(Invalid):
        kept(name="Wrong", rules={"is": "nothing"})
    with pytest.raises(NotFound):
        segments.members(0, NOON)
    assert Segment.objects.count() == 1


def test_members_are_live_and_a_frozen_list_stays_and_follows_merges():
    a, b = CustomerFactory(language="en"), CustomerFactory(language="en")
    segment = kept()
    frozen = segments.freeze(segment_id=segment.pk, by="user:1", at=NOON)
    c = CustomerFactory(language="en")

    assert set(segments.members(segment.pk, NOON)) == {a.pk, b.pk, c.pk}
    assert frozen.size == 2
    assert set(segments.snapshot_people(frozen.pk)) == {a, b}
    merge(source_id=b.pk, target_id=a.pk, reason="x", by="user:1", at=NOON)
    assert set(segments.members(segment.pk, NOON)) == {a.pk, c.pk}
    assert list(segments.snapshot_people(frozen.pk)) == [a]


def test_a_filled_group_is_equal_to_its_segment_and_each_change_is_dated(
    django_assert_max_num_queries,
):
    a, b, other = (CustomerFactory(language="en") for _ in range(3))
    segment = kept()
    group = segments.link_group(segment_id=segment.pk, at=NOON)
    assert segments.link_group(segment_id=segment.pk, at=NOON) == group  # once
    assert set(group.customers.all()) == {a, b, other}

    Customer.objects.filter(pk=a.pk).update(language="fr")
    merge(source_id=b.pk, target_id=other.pk, reason="x", by="user:1", at=NOON)
    later = NOON + timedelta(hours=1)
    with django_assert_max_num_queries(7):
        filled_ = segments.fill_group(segment_id=segment.pk, at=later)

    assert (filled_.joined, filled_.left) == (0, 2)
    assert list(group.customers.all()) == [other]
    changes = GroupChange.objects.filter(at=later).values_list("customer_id", "joined")
    assert set(changes) == {(a.pk, False), (b.pk, False)}
    assert GroupChange.objects.filter(at=NOON, joined=True).count() == 3
    segments.fill_group(segment_id=segment.pk, at=later)
    assert GroupChange.objects.count() == 5  # a repeat changes nothing


def test_no_group_that_staff_keep_is_taken_over_and_none_asks_for_itself():
    by_hand = CustomerGroup.objects.create(code="english", name="English")
    segment = kept()
    group = segments.link_group(segment_id=segment.pk, at=NOON)
    assert group != by_hand
    with pytest.raises(Invalid):
        segments.save(
            segment_id=segment.pk, name="English", description="", by="user:1", at=NOON,
            rules={"not": {"is": "group", "in": [group.code]}},
        )  # fmt: skip


def test_removing_a_segment_empties_its_group():
    CustomerFactory(language="en")
    segment = kept()
    group = segments.link_group(segment_id=segment.pk, at=NOON)

    segments.remove(segment_id=segment.pk)

    assert not group.customers.exists()


def test_one_that_fails_does_not_stop_the_others(time_machine):
    time_machine.move_to(NOON, tick=False)
    broken, sound = kept(name="Broken"), kept()
    for segment in (broken, sound):
        segments.link_group(segment_id=segment.pk, at=NOON)
    Segment.objects.filter(pk=broken.pk).update(rules={"is": "of yesterday"})
    person = CustomerFactory(language="en")

    tasks.fill_groups()

    sound.refresh_from_db()
    assert list(sound.group.customers.all()) == [person]


def test_a_person_of_the_segment_sees_the_offer_on_the_site_and_at_the_till():
    desk = TillFactory()
    variant = stocked(desk.store, price=2000)
    member, stranger = CustomerFactory(language="en"), CustomerFactory()
    segment = kept()
    group = segments.link_group(segment_id=segment.pk, at=NOON)
    PromotionFactory(groups=[group.code])  # ten per cent off

    def site(person):
        return basket_view(filled((variant, 1), customer=person), at=NOON).quote.total_minor

    def till(person):
        basket = baskets.start(at=NOON, channel="till", till=desk)
        baskets.add(basket_id=basket.pk, variant_id=variant.pk, quantity=1, at=NOON)
        baskets.identify(basket_id=basket.pk, customer=person)
        basket.refresh_from_db()
        return sale_view(basket, at=NOON).quote.total_minor

    assert (site(member), till(member)) == (1800, 1800)
    assert (site(stranger), till(stranger)) == (2000, 2000)
    Customer.objects.filter(pk=member.pk).update(language="fr")
    segments.fill_group(segment_id=segment.pk, at=NOON)
    assert (site(member), till(member)) == (2000, 2000)


# --- Who agreed that purchases choose offers (GDP-3) ----------------------------------------------

BUYERS = {"is": "orders", "op": "at_least", "count": 1}


def buyer(granted=None, **facts):
    person = CustomerFactory(**facts)
    bought(person)
    if granted is not None:
        answer(person, granted=granted, channel="all", purpose="profiling")
    return person


@pytest.mark.parametrize(
    "rules, acts",
    [
        ({"is": "tier", "in": ["gold"]}, False),
        ({"all": [ENGLISH, {"is": "points", "op": "at_least", "count": 9}]}, False),
        (BUYERS, True),
        ({"any": [ENGLISH, {"not": {"is": "rfm_m", "in": ["5"]}}]}, True),
    ],
)
def test_rules_over_behaviour_or_value_profile_and_those_over_the_person_do_not(rules, acts):
    assert segments.profiles(rules) is acts


def test_a_group_by_purchases_holds_only_who_agreed_to_that_and_drops_who_withdraws():
    yes, silent, no = buyer(True), buyer(), buyer(False)
    segment = kept(rules=BUYERS)
    count = segments.count(BUYERS, at=NOON)
    assert (count.people, count.profiled, segments.size(segment, at=NOON)) == (3, 1, 1)

    group = segments.link_group(segment_id=segment.pk, at=NOON)
    assert list(group.customers.all()) == [yes]
    assert segments.why_not(segment, yes.pk, at=NOON) == ""
    assert {segments.why_not(segment, one.pk, at=NOON) for one in (silent, no)} == {"not_profiled"}
    stranger = CustomerFactory()
    answer(stranger, granted=True, channel="all", purpose="profiling")
    assert segments.why_not(segment, stranger.pk, at=NOON) == "left"

    answer(yes, granted=False, ago=1, channel="all", purpose="profiling")
    segments.fill_group(segment_id=segment.pk, at=NOON)
    assert not group.customers.exists()


def test_the_strictest_answer_of_merged_records_counts_for_a_group():
    a, b = buyer(True), buyer(False)
    segment = kept(rules=BUYERS)
    merge(source_id=b.pk, target_id=a.pk, reason="x", by="user:1", at=NOON)

    group = segments.link_group(segment_id=segment.pk, at=NOON)

    assert not group.customers.exists()
    assert segments.why_not(segment, a.pk, at=NOON) == "not_profiled"


def test_addresses_of_people_chosen_by_purchases_are_of_those_who_agreed_to_both():
    both, letters = buyer(True, email="a@example.org"), buyer(email="b@example.org")
    buyer(True, email="c@example.org")
    for person in (both, letters):
        answer(person, granted=True)
    segment = kept(rules=BUYERS)

    assert [row[0] for row in take(segment).rows] == [both.number]
    assert len(list(take(segment, purpose="numbers").rows)) == 3


# --- Taking people out ---------------------------------------------------------------------------


def take(segment, **more):
    told = {"purpose": "email", "reason": "Autumn letter", "by": "user:7", "at": NOON}
    return segment_exports.take(segment_id=segment.pk, **(told | more))


def test_an_export_has_no_more_than_it_needs_and_says_who_and_why():
    yes = CustomerFactory(language="en", email="yes@example.org", first_name="=1+1")
    no = CustomerFactory(language="en", email="no@example.org")
    unproved = CustomerFactory(language="en")
    Identity.objects.create(customer=unproved, kind="email", value="unproved@example.org")
    merged = CustomerFactory(merged_into=yes)
    Identity.objects.create(
        customer=merged, kind="phone", value="+33612345678", verified_at=LONG_AGO
    )
    for person in (yes, unproved):
        answer(person, granted=True)
    answer(no, granted=False)
    answer(yes, granted=True, channel="sms")
    segment = kept()

    assert list(take(segment).rows) == [(yes.number, "=1+1", "yes@example.org")]
    assert list(take(segment, purpose="sms").rows) == [(yes.number, "=1+1", "+33612345678")]
    assert len(list(take(segment, purpose="numbers").rows)) == 3
    log = SegmentExport.objects.order_by("pk").first()
    assert (log.rows, log.by, log.reason, log.at) == (1, "user:7", "Autumn letter", NOON)


def test_an_export_without_a_reason_is_refused_and_written_nowhere():
    segment = kept()
    with pytest.raises(Invalid):
        take(segment, reason="  ")
    with pytest.raises(NotFound):
        take(segment, snapshot_id=77)
    assert not SegmentExport.objects.exists()


def test_a_frozen_list_is_exported_by_the_answers_of_today():
    person = CustomerFactory(language="en", email="a@example.org")
    answer(person, granted=True, ago=20)
    segment = kept()
    frozen = segments.freeze(segment_id=segment.pk, by="user:1", at=NOON)
    Customer.objects.filter(pk=person.pk).update(language="fr")
    assert len(list(take(segment, snapshot_id=frozen.pk).rows)) == 1
    answer(person, granted=False, ago=1)
    assert list(take(segment, snapshot_id=frozen.pk).rows) == []


# --- Scores --------------------------------------------------------------------------------------


def scores(field):
    return list(CustomerValue.objects.order_by("customer_id").values_list(field, flat=True))


def test_ten_equal_customers_have_one_score():
    """ALG-6: NTILE gave them 1,1,2,2,3,3,4,4,5,5."""
    for _ in range(10):
        bought(CustomerFactory())
    assert values.compute(at=NOON) == 10
    assert [set(scores(field)) for field in ("r", "f", "m")] == [{1}, {1}, {1}]


def test_ten_different_customers_are_two_a_score():
    for n in range(10):
        person = CustomerFactory()
        for k in range(n + 1):
            bought(person, ago=100 - n + k, total=1000)
    values.compute(at=NOON)
    assert scores("f") == scores("m") == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]


def test_a_tie_takes_the_lowest_of_its_places():
    for total in (1000, 1000, 1000, 2000, 3000):
        bought(CustomerFactory(), total=total)
    values.compute(at=NOON)
    assert scores("m") == [1, 1, 1, 4, 5]


def test_values_are_of_live_people_over_all_their_records_and_channels():
    person, gone = CustomerFactory(), CustomerFactory()
    bought(person, ago=40, channel="web", total=3000)
    gave_back(bought(CustomerFactory(merged_into=person), ago=10, channel="till"), 2000)
    gave_back(bought(gone), 5000)
    bought(gone, currency="CHF", ago=3)

    assert values.compute(at=NOON) == 2
    assert values.compute(at=NOON) == 2  # the same again

    row = CustomerValue.objects.get(customer=person)
    assert (row.frequency, row.monetary_minor) == (2, 3000 + 3000)
    assert (row.first_on, row.last_on) == (TODAY - timedelta(days=40), TODAY - timedelta(days=10))
    assert row.last_by_channel == {"web": "2026-10-08", "till": "2026-11-07"}
    assert (row.interval_days, row.expected_on) == (pytest.approx(30), date(2026, 12, 7))
    francs = CustomerValue.objects.get(customer=gone)
    assert (francs.frequency, francs.monetary_minor) == (1, 0)


def test_few_intervals_are_drawn_towards_the_houses():
    quick, slow, once = (CustomerFactory() for _ in range(3))
    for ago in (30, 20, 10):
        bought(quick, ago=ago)  # twice 10 days
    for ago in (190, 100, 10):
        bought(slow, ago=ago)  # twice 90 days; the house's median is 50
    bought(once, ago=10)
    values.compute(at=NOON)

    interval = {row.customer_id: row.interval_days for row in CustomerValue.objects.all()}
    assert interval[quick.pk] == pytest.approx((10**2 * 50**4) ** (1 / 6))
    assert interval[slow.pk] == pytest.approx((90**2 * 50**4) ** (1 / 6))
    assert interval[once.pk] == pytest.approx(50)


def test_nothing_is_expected_while_nobody_bought_twice(time_machine):
    time_machine.move_to(NOON, tick=False)
    bought(CustomerFactory())
    assert tasks.compute_values() == 1
    assert CustomerValue.objects.get().expected_on is None
