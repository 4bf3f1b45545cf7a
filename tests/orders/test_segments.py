"""Every condition of a segment is exact, through merges; and the algebra of their groups."""

from datetime import date, timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from customers.models import Company, ConsentEvent, Customer, CustomerGroup, Visit
from loyalty.models import Tier
from omnishop.kernel.errors import Invalid
from orders.models import Basket, CustomerValue, OrderDiscount
from orders.segments.conditions import KINDS
from orders.segments.rules import WrongRule, read, write
from orders.services import segments, values
from tests.factories import (
    NOON,
    AccountFactory,
    BasketLineFactory,
    BrandFactory,
    CategoryFactory,
    CouponFactory,
    CustomerFactory,
    ProgrammeFactory,
    StoreFactory,
)
from tests.orders.people_and_sales import TODAY, article, bought, gave_back, who

pytestmark = pytest.mark.django_db


def test_language_home_store_postcode_region_and_company():
    lyon = StoreFactory(code="LYO")
    a = CustomerFactory(language="en", home_store=lyon, postcode="69002")
    b = CustomerFactory(postcode="07100", company=Company.objects.create(name="X", siren="1" * 9))

    assert who({"is": "language", "in": ["en"]}) == {a.pk}
    assert who({"is": "language", "in": ["en", "fr"]}) == {a.pk, b.pk}
    assert who({"is": "home_store", "in": ["LYO", "NOWHERE"]}) == {a.pk}
    assert who({"not": {"is": "home_store", "in": ["LYO"]}}) == {b.pk}
    assert who({"is": "postcode", "in": ["690"]}) == {a.pk}
    assert who({"is": "postcode", "in": ["_9", "%"]}) == set()  # text, no pattern
    assert who({"is": "region", "in": ["ARA"]}) == {a.pk, b.pk}
    assert who({"is": "region", "in": ["IDF"]}) == set()
    assert who({"is": "company", "op": "yes"}) == {b.pk}
    assert who({"is": "company", "op": "no"}) == {a.pk}


def test_groups_and_month_of_birth():
    club = CustomerGroup.objects.create(code="club", name="Club")
    a = CustomerFactory(birth_date=date(1980, 11, 30))
    b = CustomerFactory(birth_date=date(1990, 2, 28))
    CustomerFactory()
    a.groups.add(club)

    assert who({"is": "group", "in": ["club"]}) == {a.pk}
    assert who({"is": "birthday", "in": ["2"]}) == {b.pk}
    assert who({"is": "birthday", "in": ["0"]}) == {a.pk}  # this month
    assert who({"is": "birthday", "in": ["0"]}, at=NOON + timedelta(days=90)) == {b.pk}


def test_loyalty_counts_over_all_records_of_a_person():
    member, stranger = CustomerFactory(), CustomerFactory()
    AccountFactory(customer=member, balance=300, joined_at=NOON - timedelta(days=40))
    AccountFactory(
        customer=CustomerFactory(merged_into=member),
        balance=250,
        joined_at=NOON - timedelta(days=400),
    )

    assert who({"is": "member", "op": "yes"}) == {member.pk}
    assert who({"is": "member", "op": "no"}) == {stranger.pk}
    assert who({"is": "points", "op": "at_least", "count": 550}) == {member.pk}
    assert who({"is": "points", "op": "at_least", "count": 551}) == set()
    assert who({"is": "points", "op": "at_most", "count": 0}) == {stranger.pk}
    assert who({"is": "member_since", "op": "longer", "days": 400}) == {member.pk}
    assert who({"is": "member_since", "op": "within", "days": 400}) == set()


def test_the_tier_is_that_of_the_account_a_person_earns_on():
    programme = ProgrammeFactory()
    gold, silver = (
        Tier.objects.create(programme=programme, code=code, name=code, entry=entry, keep=0)
        for code, entry in (("gold", 500), ("silver", 100))
    )
    a, b, none = (CustomerFactory() for _ in range(3))
    AccountFactory(customer=a, tier=gold, programme=programme)
    AccountFactory(customer=CustomerFactory(merged_into=a), tier=silver, programme=programme)
    AccountFactory(customer=CustomerFactory(merged_into=b), tier=silver, programme=programme)
    AccountFactory(customer=none, programme=programme)

    assert who({"is": "tier", "in": ["gold"]}) == {a.pk}
    assert who({"is": "tier", "in": ["silver"]}) == {b.pk}
    assert who({"not": {"is": "tier", "in": ["silver", "gold"]}}) == {none.pk}


def test_known_since_is_the_day_at_head_office():
    person = CustomerFactory()
    Customer.objects.filter(pk=person.pk).update(created_at=NOON - timedelta(days=5))

    assert who({"is": "known", "op": "within", "days": 6}) == {person.pk}
    assert who({"is": "known", "op": "within", "days": 5}) == set()
    assert who({"is": "known", "op": "longer", "days": 5}) == {person.pk}


def answer(person, granted, *, ago=10, channel="email", purpose="marketing"):
    ConsentEvent.objects.create(
        customer=person, purpose=purpose, channel=channel, granted=granted, text_version="1",
        source="account", actor="customer", at=NOON - timedelta(days=ago),
    )  # fmt: skip


def test_consent_is_the_standing_answer_and_the_strictest_of_merged_records():
    yes, changed, merged, silent = (CustomerFactory() for _ in range(4))
    answer(yes, granted=True)
    answer(changed, granted=True, ago=20)
    answer(changed, granted=False, ago=10)
    answer(merged, granted=True)
    answer(CustomerFactory(merged_into=merged), granted=False)
    answer(silent, granted=True, channel="sms")
    answer(silent, granted=True, ago=-1)  # will be given tomorrow

    assert who({"is": "consent", "channel": "email"}) == {yes.pk}
    assert who({"is": "consent", "channel": "sms"}) == {silent.pk}
    count = segments.count({"all": []}, at=NOON)
    assert count.people == 4
    assert count.reachable == {"email": 1, "sms": 1, "push": 0, "phone": 0}


def test_personalised_recommendations_are_a_question_of_their_own():
    yes, no = CustomerFactory(), CustomerFactory()
    answer(yes, granted=True, purpose="profiling", channel="all")
    answer(no, granted=True)

    assert who({"is": "profiling", "op": "yes"}) == {yes.pk}
    assert who({"is": "profiling", "op": "no"}) == {no.pk}


def test_recency_by_channel_and_what_is_no_purchase():
    a, b, c, never = (CustomerFactory() for _ in range(4))
    bought(a, ago=30, channel="till")
    bought(a, ago=100, channel="web")
    bought(CustomerFactory(merged_into=b), ago=200)
    gave_back(bought(c, ago=5), 5000)  # wholly given back
    bought(c, ago=6, status="cancelled")
    unpaid = bought(c, ago=7, status="placed")
    unpaid.sold_on = None
    unpaid.save()

    def last(op, days, **more):
        return who({"is": "last_order", "op": op, "days": days, **more})

    assert last("within", 31) == {a.pk}
    assert last("within", 30) == set()  # thirty days ago is the thirty-first day
    assert last("longer", 30) == {a.pk, b.pk}
    assert last("longer", 31) == {b.pk}
    assert last("within", 31, channel="web") == set()
    assert last("longer", 100, channel="web") == {a.pk, b.pk}
    assert who({"is": "never_bought"}) == {c.pk, never.pk}
    assert who({"is": "first_order", "op": "within", "days": 101}) == {a.pk}
    assert who({"is": "channels", "in": ["till", "phone"]}) == {a.pk}
    assert who({"is": "channels", "in": ["web"], "days": 101}) == {a.pk}


def test_visits_and_whatever_was_last():
    a, b = CustomerFactory(), CustomerFactory()
    for person, ago, channel in ((a, 3, "web"), (CustomerFactory(merged_into=b), 50, "till")):
        Visit.objects.create(
            customer=person, channel=channel, day=TODAY - timedelta(days=ago), first_at=NOON,
            last_at=NOON,
        )  # fmt: skip
    bought(b, ago=10)

    assert who({"is": "last_visit", "op": "within", "days": 30}) == {a.pk}
    assert who({"is": "last_visit", "op": "longer", "days": 30}) == {b.pk}
    assert who({"is": "last_visit", "op": "within", "days": 30, "channel": "till"}) == set()
    assert who({"is": "last_seen", "op": "within", "days": 30}) == {a.pk, b.pk}
    assert who({"is": "last_seen", "op": "longer", "days": 5}) == {b.pk}


def test_number_and_amount_in_a_window_and_a_channel():
    a, b, none = CustomerFactory(), CustomerFactory(), CustomerFactory()
    bought(a, ago=5, total=4000, channel="till")
    gave_back(bought(a, ago=50, total=3000), 1000)
    bought(CustomerFactory(merged_into=a), ago=500, total=9000)
    bought(b, ago=5, total=100_000, currency="CHF")

    def amount(least, **more):
        return who({"is": "amount", "op": "at_least", "amount": least, **more})

    assert who({"is": "orders", "op": "at_least", "count": 3}) == {a.pk}
    assert who({"is": "orders", "op": "at_least", "count": 2, "days": 60}) == {a.pk}
    assert who({"is": "orders", "op": "at_most", "count": 1, "days": 60}) == {b.pk, none.pk}
    assert who({"is": "orders", "op": "at_least", "count": 1, "channel": "till"}) == {a.pk}
    assert amount(4000 + 2000 + 9000) == {a.pk}
    assert amount(15_001) == set()
    assert amount(6000, days=60) == {a.pk}
    assert amount(6001, days=60) == set()
    assert amount(4000, days=60, channel="till") == {a.pk}
    assert amount(4001, days=60, channel="till") == set()
    assert amount(1) == {a.pk}  # francs are not added to euros


def test_the_share_given_back():
    a, b = CustomerFactory(), CustomerFactory()
    gave_back(bought(a, total=3000), 1000)
    bought(a, total=1000)
    bought(b)
    assert who({"is": "returned", "op": "at_least", "percent": 25}) == {a.pk}
    assert who({"is": "returned", "op": "at_least", "percent": 26}) == set()
    assert who({"is": "returned", "op": "at_most", "percent": 0}) == {b.pk}


def test_categories_with_those_below_brands_and_articles():
    shoes = CategoryFactory(slug="shoes")
    hiking = CategoryFactory(slug="hiking", parent=shoes)
    boot = article(category=hiking, brand=BrandFactory(slug="cime"))
    other = article(category=CategoryFactory(slug="shoe"))
    a, b = CustomerFactory(), CustomerFactory()
    bought(CustomerFactory(merged_into=a), ago=40, variant=boot)
    bought(b, ago=40, variant=other)
    returned = bought(b, ago=3, variant=boot)
    returned.lines.update(returned=1)

    assert who({"is": "category", "in": ["shoes"]}) == {a.pk}
    assert who({"is": "category", "in": ["hiking"], "days": 41}) == {a.pk}
    assert who({"is": "category", "in": ["shoes"], "days": 40}) == set()
    assert who({"is": "category", "in": ["shoe"]}) == {b.pk}
    assert who({"is": "brand", "in": ["cime"]}) == {a.pk}
    assert who({"is": "product", "in": [boot.sku, "X"]}) == {a.pk}
    assert who({"not": {"is": "product", "in": [boot.sku]}}) == {b.pk}


def test_operations_and_codes_used():
    coupon = CouponFactory(code="Merci")
    a, b = CustomerFactory(), CustomerFactory()
    OrderDiscount.objects.create(
        order=bought(a), promotion=coupon.promotion, coupon=coupon, label="x", amount_minor=1
    )
    OrderDiscount.objects.create(order=bought(b), label="by hand", amount_minor=1)

    assert who({"is": "operation", "in": [coupon.promotion.operation.code]}) == {a.pk}
    assert who({"is": "coupon", "in": ["merci"]}) == {a.pk}


def test_a_basket_left_open_has_articles_and_is_of_no_till():
    a, b, empty, ordered = (CustomerFactory() for _ in range(4))
    for person in (CustomerFactory(merged_into=a), b, ordered):
        BasketLineFactory(basket__customer=person)
    Basket.objects.filter(customer=b).update(changed_at=NOON - timedelta(days=9))
    Basket.objects.filter(customer=ordered).update(status="ordered")
    Basket.objects.create(customer=empty, created_at=NOON, changed_at=NOON)

    assert who({"is": "basket", "op": "within", "days": 7}) == {a.pk}
    assert who({"is": "basket", "op": "longer", "days": 7}) == {b.pk}


def test_scores_and_the_next_purchase_are_last_nights():
    a, b = CustomerFactory(), CustomerFactory()
    for ago in (90, 60, 30):
        bought(a, ago=ago)
    bought(b, ago=400)
    assert who({"is": "rfm_r", "in": ["1", "2", "3", "4", "5"]}) == set()

    values.compute(at=NOON)

    assert who({"is": "rfm_r", "in": ["1"]}) == {b.pk}
    assert who({"is": "rfm_f", "in": ["3"]}) == {a.pk}
    assert who({"is": "rfm_m", "in": ["3", "5"]}) == {a.pk}
    assert who({"is": "expected_next", "op": "due", "days": 0}) == {a.pk}  # 30 days after the last
    assert who({"is": "expected_next", "op": "overdue", "days": 369}) == {b.pk}
    assert who({"is": "expected_next", "op": "overdue", "days": 370}) == set()


SALES = st.lists(
    st.tuples(
        st.integers(0, 3),  # whose
        st.integers(1, 40),  # days ago
        st.sampled_from((1000, 5000)),
        st.sampled_from(("web", "till")),
        st.sampled_from((0, 400, 1000, 5000)),  # given back
        st.sampled_from(("fulfilled", "cancelled")),
    ),
    max_size=8,
)


@given(sales=SALES)
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_sales_are_summed_alike_by_conditions_by_the_night_and_by_hand(sales):
    """Record 3 is merged into 0: its sales are that person's."""
    with transaction.atomic():
        people = [CustomerFactory() for _ in range(3)]
        records = [*people, CustomerFactory(merged_into=people[0])]
        mine = {person.pk: [] for person in people}
        for whose, ago, total, channel, back, status in sales:
            order = bought(records[whose], ago=ago, total=total, channel=channel, status=status)
            back = min(back, total)
            if back:
                gave_back(order, back)
            if status == "fulfilled" and back < total:
                mine[people[whose % 3].pk].append((ago, total - back, channel))

        values.compute(at=NOON)

        kept = {row.customer_id: row for row in CustomerValue.objects.all()}
        assert set(kept) == {pk for pk, own in mine.items() if own}
        for pk, own in mine.items():
            count, amount = len(own), sum(net for _ago, net, _channel in own)
            if own:
                last = min(ago for ago, _net, _channel in own)
                row = (kept[pk].frequency, kept[pk].monetary_minor, kept[pk].last_on)
                assert row == (count, amount, TODAY - timedelta(days=last))
                assert pk in who({"is": "last_order", "op": "within", "days": last + 1})
                assert pk not in who({"is": "last_order", "op": "within", "days": last})
            assert pk in who({"is": "orders", "op": "at_most", "count": count})
            assert pk not in who({"is": "orders", "op": "at_least", "count": count + 1})
            lately = sum(net for ago, net, channel in own if ago < 20 and channel == "web")
            window = {"is": "amount", "days": 20, "channel": "web"}
            assert pk in who(window | {"op": "at_least", "amount": lately})
            assert pk not in who(window | {"op": "at_least", "amount": lately + 1})
        transaction.set_rollback(True)


def test_every_kind_of_condition_is_asked_above():
    """Each can be asked, alone and the other way round, and halves the people."""
    CustomerFactory.create_batch(3)
    sampled = {
        "in": lambda field: [field.choices[0][0] if field.choices else "x"],
        "op": lambda field: field.choices[0][0],
        "channel": lambda field: field.choices[-1][0],
    }
    for kind in KINDS.values():
        condition = {"is": kind.name} | {
            field.name: sampled.get(field.name, lambda field: 1)(field) for field in kind.fields
        }
        yes, no = who(condition), who({"not": condition})
        assert (len(yes | no), yes & no) == (3, set()), kind.name


# --- The language --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data, path",
    [
        (None, ""),
        ([], ""),
        ({}, ""),
        ({"all": [], "any": []}, ""),
        ({"all": {}}, ""),
        ({"all": [{"is": "no_such"}]}, "0"),
        ({"any": [{"all": []}, {"all": [{"is": "language", "in": []}]}]}, "1.0"),
        ({"is": "language", "in": ["xx"]}, ""),
        ({"is": "language", "in": ["fr"], "sql": "1"}, ""),
        ({"is": "orders", "op": "at_least", "count": "1; DROP"}, ""),
        ({"is": "orders", "op": "at_least", "count": True}, ""),
        ({"is": "orders", "op": "more", "count": 1}, ""),
        ({"is": "last_order", "op": "within"}, ""),
        ({"is": "postcode", "in": ["a\x00"]}, ""),
        ({"not": {"not": {"not": {"not": {"not": {"not": {"all": []}}}}}}}, ""),
        ({"all": [{"is": "never_bought"}] * 41}, ""),
    ],
)
def test_what_is_no_rule_is_refused_and_says_where(data, path):
    with pytest.raises(WrongRule) as refusal:
        read(data)

    assert refusal.value.path == path
    assert str(refusal.value)


def test_hostile_text_is_a_value():
    CustomerFactory()
    for kind in ("postcode", "product", "coupon", "group", "home_store"):
        assert (
            who({"is": kind, "in": ["'); DROP TABLE customers_customer; --", "%s", "{}"]}) == set()
        )


LEAVES = st.sampled_from(
    [
        {"is": "language", "in": ["en"]},
        {"is": "never_bought"},
        {"is": "last_order", "op": "longer", "days": 30},
        {"is": "orders", "op": "at_least", "count": 2, "channel": "web"},
        {"is": "amount", "op": "at_least", "amount": 6000, "days": 60},
        {"is": "consent", "channel": "email"},
        {"is": "birthday", "in": ["3"]},
        {"is": "member", "op": "yes"},
        {"is": "rfm_f", "in": ["3", "4", "5"]},
        {"is": "returned", "op": "at_least", "percent": 10},
    ]
)
RULES = st.recursive(
    LEAVES,
    lambda inside: st.one_of(
        st.builds(lambda rules: {"all": rules}, st.lists(inside, max_size=3)),
        st.builds(lambda rules: {"any": rules}, st.lists(inside, max_size=3)),
        st.builds(lambda rule: {"not": rule}, inside),
    ),
    max_leaves=6,
)


@pytest.fixture
def crowd():
    """Twelve people of all sorts, one of them in three records."""
    people = [
        CustomerFactory(
            language="en" if n % 3 else "fr",
            birth_date=date(1980, 1 + n % 12, 1) if n % 2 else None,
        )
        for n in range(12)
    ]
    records = [CustomerFactory(merged_into=people[0]), CustomerFactory(merged_into=people[0])]
    for n, person in enumerate([*people[:8], *records]):
        for k in range(n % 3 + 1):
            order = bought(person, ago=n * 11 + k * 20, total=1500 * (n + 1),
                           channel="web" if k % 2 else "till")  # fmt: skip
            if n % 4 == 1:
                gave_back(order, 500)
        if n % 2:
            answer(person, granted=bool(n % 5))
        if n % 3 == 0:
            AccountFactory(customer=person)
    values.compute(at=NOON)
    return {person.pk for person in people}


def meets(rule, everybody):
    """The set algebra that the one statement must agree with."""
    if "all" in rule:
        found = everybody
        for one in rule["all"]:
            found = found & meets(one, everybody)
        return found
    if "any" in rule:
        return set().union(*(meets(one, everybody) for one in rule["any"]))
    if "not" in rule:
        return everybody - meets(rule["not"], everybody)
    return who(rule)


@given(rule=RULES)
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_groups_are_set_algebra_and_a_count_is_the_number_of_members(crowd, rule):
    try:
        kept = write(read(rule))
    except WrongRule:  # too deep
        return
    found = list(segments.people(kept, at=NOON).values_list("pk", flat=True))

    assert set(found) == meets(rule, crowd)
    assert len(found) == len(set(found)) == segments.count(kept, at=NOON).people
    assert kept == write(read(kept))


def test_a_count_is_one_statement_whatever_is_asked(django_assert_num_queries):
    CustomerFactory.create_batch(3)
    rules = {
        "any": [
            {"is": "orders", "op": "at_least", "count": n, "days": 30 * n, "channel": "web"}
            for n in range(1, 9)
        ]
        + [{"is": "consent", "channel": "email"}, {"is": "home_store", "in": ["LYO"]}]
    }
    with django_assert_num_queries(4):  # savepoint, memory, count, savepoint
        segments.count(rules, at=NOON)
    with django_assert_num_queries(1):
        list(segments.people(rules, at=NOON))


def test_rules_that_cannot_be_read_count_nobody():
    with pytest.raises(Invalid):
        segments.count({"is": "nothing"}, at=timezone.now())
