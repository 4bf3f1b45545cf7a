"""Bringing a friend: who may be named, what counts once, when both are rewarded."""

from datetime import timedelta

import pytest

from customers.models import Customer, Identity
from customers.services.merging import merge
from loyalty.models import Account, EarnRule, PointsLot
from loyalty.services import points, referrals
from loyalty.services.points import Earning
from loyalty.services.referrals import UnknownSponsor, code_of, enrol, named
from loyalty.tasks import reward_events
from tests.factories import NOON, CustomerFactory, ProgrammeFactory

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def joined(sponsor="", **facts):
    return enrol(customer=CustomerFactory(**facts), sponsor=sponsor, at=NOON - 60 * DAY)


def card_of(account):
    return Identity.objects.get(customer=account.customer_id, kind="card").value


def rewarding(*events, count=100):
    for event in events:
        EarnRule.objects.create(programme=ProgrammeFactory(), name=event, event=event, points=count)


def bought(account, *, at):
    points.earn(
        [Earning(1, 9, "x", amount_minor=900)], customer_id=account.customer_id,
        document=f"O-{account.pk}", channel="web", actor="u", at=at,
    )  # fmt: skip


def test_a_card_number_a_code_and_a_link_name_the_same_member():
    member, friend = joined(), CustomerFactory()
    code = code_of(member)

    for text in (card_of(member), code, f" {code.lower()} ", f"https://x/points/?parrain={code}"):
        assert named(text, friend=friend) == member
    assert named("  ", friend=friend) is None


@pytest.mark.parametrize("text", ["x", "1-00000000", "2900000000000", "9" * 30, "1-", "\x00", "١"])
def test_who_is_no_member_is_refused_and_nobody_has_joined(text):
    joined()
    friend = CustomerFactory()

    with pytest.raises(UnknownSponsor) as refused:
        enrol(customer=friend, sponsor=text, at=NOON)

    assert refused.value.status == 422
    assert not Account.objects.filter(customer=friend).exists()


def test_a_code_outlives_a_change_of_the_secret_and_none_is_made_up(settings):
    member, friend = joined(), CustomerFactory()
    code = code_of(member)
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another"
    assert named(code, friend=friend) == member

    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(UnknownSponsor):
        named(code, friend=friend)


def test_nobody_names_themselves_under_any_of_their_records():
    member, other = joined(), CustomerFactory()
    merge(source_id=member.customer_id, target_id=other.pk, reason="x", by="u", at=NOON)
    other.refresh_from_db()
    source = Customer.objects.get(pk=member.customer_id)

    for record in (other, source):
        with pytest.raises(UnknownSponsor):
            named(code_of(member), friend=record)


def test_the_first_joining_counts():
    first, second = joined(), joined()
    friend = joined(sponsor=code_of(first))

    again = enrol(customer=friend.customer, sponsor=code_of(second), at=NOON)
    alone = enrol(customer=second.customer, sponsor=code_of(first), at=NOON)

    assert again == friend
    friend.refresh_from_db()
    assert (friend.referred_by, alone.referred_by) == (first, None)


def test_both_are_rewarded_once_when_the_first_purchase_is_past_its_return_period(time_machine):
    rewarding("referral", "referred")
    member = joined()
    friend = joined(sponsor=card_of(member))
    bought(friend, at=NOON - 14 * DAY)

    time_machine.move_to(NOON - timedelta(seconds=1), tick=False)
    assert reward_events() == 0
    time_machine.move_to(NOON, tick=False)
    assert (reward_events(), reward_events()) == (2, 0)

    given = PointsLot.objects.exclude(document__startswith="O-").values_list(
        "account", "document", "points"
    )
    assert set(given) == {
        (member.pk, f"referral:{friend.pk}", 100),
        (friend.pk, f"referred:{friend.pk}", 100),
    }


def test_what_is_given_back_and_two_records_of_one_person_reward_nobody(time_machine):
    rewarding("referral", "referred")
    member = joined()
    returns, same = (joined(sponsor=code_of(member)) for _ in range(2))
    for one in (returns, same):
        bought(one, at=NOON - 30 * DAY)
    points.take_back(
        document=f"O-{returns.pk}", line=1, points=9, reference="R", channel="web", actor="u",
        at=NOON - 29 * DAY,
    )  # fmt: skip
    merge(source_id=same.customer_id, target_id=member.customer_id, reason="x", by="u", at=NOON)

    time_machine.move_to(NOON, tick=False)
    assert reward_events() == 0


def test_the_offer_is_what_rules_in_force_give(django_assert_num_queries):
    member = joined()
    assert referrals.offer(member, at=NOON) is None
    rewarding("referral")
    EarnRule.objects.create(
        programme=member.programme, name="later", event="referred", points=5,
        starts_at=NOON + DAY,
    )  # fmt: skip

    with django_assert_num_queries(1):
        found = referrals.offer(member, at=NOON)

    assert found == referrals.Offer(code_of(member), 100, 0)
