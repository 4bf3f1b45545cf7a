"""Consent: what stands, through merges, by channel; the law's exception after a sale."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from customers.models import ConsentEvent, ConsentText, Customer, SaleNotice
from customers.models.consent import QUESTIONS
from customers.services import consents
from customers.services.consents import may_be_sent_marketing, record_consent
from tests.factories import LONG_AGO, NOON, CustomerFactory

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def says(customer, granted, at=LONG_AGO, **more):
    return record_consent(
        customer=customer, granted=granted, source="account", actor="customer", at=at, **more
    )


def merged(source, target, at):
    Customer.objects.filter(pk=source.pk).update(merged_into=target, merged_at=at)
    source.refresh_from_db()


def test_each_channel_and_purpose_has_its_own_answer():
    person = CustomerFactory()
    says(person, True, channel="sms")

    assert may_be_sent_marketing(person.pk, "sms", at=NOON)
    for channel in ("email", "push", "phone"):
        assert not may_be_sent_marketing(person.pk, channel, at=NOON)
    assert not consents.may_be_profiled(person.pk, at=NOON)


def test_an_answer_keeps_the_words_that_were_shown():
    person = CustomerFactory(language="en")

    event = says(person, True, at=NOON)

    assert event.text.text == "I agree to receive offers, basket reminders and news by e-mail."
    assert (event.text.language, event.text_version) == ("en", event.text.version)
    ConsentText.objects.create(
        purpose="marketing", channel="email", language="en", version="2", text="New words.",
        valid_from=NOON + DAY,
    )  # fmt: skip
    assert says(person, False, at=NOON + DAY / 2).text == event.text
    assert says(person, True, at=NOON + 2 * DAY).text.text == "New words."


def test_an_answer_given_after_a_merge_wins_over_older_ones_of_merged_records():
    live, old = CustomerFactory(), CustomerFactory()
    says(live, True)
    says(old, False)
    merged(old, live, NOON)
    assert not may_be_sent_marketing(live.pk, at=NOON)  # the strictest

    says(live, True, at=NOON + DAY)

    assert may_be_sent_marketing(live.pk, at=NOON + DAY)
    assert not may_be_sent_marketing(live.pk, at=NOON)


def test_undoing_a_merge_gives_each_their_own_answer_back():
    live, old = CustomerFactory(), CustomerFactory()
    says(live, True)
    says(old, False)
    merged(old, live, NOON)

    merged(old, None, None)

    assert may_be_sent_marketing(live.pk, at=NOON)
    assert not may_be_sent_marketing(old.pk, at=NOON)


def test_a_no_while_merged_stays_the_live_record_s_own():
    live, old = CustomerFactory(), CustomerFactory()
    says(live, True)
    says(old, False)
    merged(old, live, NOON)

    assert says(old, False, at=NOON + DAY).customer == live  # written for the live record

    merged(old, None, None)
    assert not may_be_sent_marketing(live.pk, at=NOON + DAY)


def test_many_people_are_asked_in_one_statement(django_assert_num_queries):
    people = CustomerFactory.create_batch(6)
    for person in people[:4]:
        says(person, True)
    says(people[3], False, at=NOON)

    with django_assert_num_queries(1):
        found = consents.allowed([person.pk for person in people], at=NOON)

    assert found == {person.pk for person in people[:3]}
    chosen = Customer.objects.live().filter(pk__in=consents.agreeing(at=NOON))
    assert set(chosen) == set(people[:3])


def test_one_press_stops_everything():
    person = CustomerFactory()
    for purpose, channel in QUESTIONS:
        says(person, True, purpose=purpose, channel=channel)

    consents.stop_everything(customer=person, source="preferences", actor="customer", at=NOON)

    answers = consents.standing(person.pk, at=NOON)
    assert {answers[each].granted for each in QUESTIONS} == {False}
    assert {answers[each].event.granted for each in QUESTIONS} == {False}


# --- After a sale (GDP-2) -----------------------------------------------------------------------


def notice(refused=False, document="O-1"):
    consents.asked_at_sale(
        document=document, refused=refused, source="checkout", actor="customer", language="fr",
        at=NOON,
    )  # fmt: skip
    return SaleNotice.objects.get(document=document)


def test_who_bought_and_did_not_refuse_may_be_written_to():
    person = CustomerFactory()

    event = consents.take_notice(notice=notice(), customer=person, at=NOON)

    assert (event.basis, event.document, event.text.basis) == ("soft_opt_in", "O-1", "soft_opt_in")
    assert may_be_sent_marketing(person.pk, at=NOON)
    assert not may_be_sent_marketing(person.pk, "sms", at=NOON)


def test_who_refused_at_the_sale_is_not_written_to_even_after_a_yes():
    person = CustomerFactory()
    says(person, True)

    consents.take_notice(notice=notice(refused=True), customer=person, at=NOON)

    assert not may_be_sent_marketing(person.pk, at=NOON)


def test_silence_at_a_sale_never_undoes_an_opposition_of_any_record():
    person, old = CustomerFactory(), CustomerFactory()
    says(old, False)
    merged(old, person, NOON)

    assert consents.take_notice(notice=notice(), customer=person, at=NOON) is None

    assert not may_be_sent_marketing(person.pk, at=NOON)


def test_a_refusal_counts_when_the_page_was_sent_twice():
    assert not notice().refused
    assert notice(refused=True).refused
    assert notice().refused  # said first, never taken back


@pytest.mark.parametrize(
    "wrong",
    [{"channel": "phone"}, {"channel": "push"}, {"purpose": "profiling"}, {"document": ""}],
)
def test_the_database_refuses_the_exception_where_the_law_has_none(wrong):
    event = {
        "customer": CustomerFactory(), "purpose": "marketing", "channel": "email",
        "granted": True, "basis": "soft_opt_in", "document": "O-1", "text_version": "1",
        "source": "checkout", "actor": "customer", "at": NOON,
    }  # fmt: skip
    with pytest.raises(IntegrityError), transaction.atomic():
        ConsentEvent.objects.create(**(event | wrong))

    assert ConsentEvent.objects.create(**event)


ANSWERS = st.tuples(st.integers(0, 4), st.integers(0, 6), st.booleans())


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    merges=st.dictionaries(st.integers(1, 4), st.integers(0, 6) | st.none(), max_size=3),
    answers=st.lists(ANSWERS, max_size=12),
)
def test_what_stands_is_the_rule_of_merged_records_whatever_was_answered_when(merges, answers):
    """Record 0 is live, others may be merged into it (the day unknown: None); asked of everybody
    and of some, the same (ALG-11).
    """
    with transaction.atomic():
        people = [CustomerFactory() for _ in range(5)]
        for place, day in merges.items():
            merged(people[place], people[0], day if day is None else LONG_AGO + day * DAY)
        newest = {}
        for place, day, granted in answers:
            ConsentEvent.objects.create(
                customer=people[place], purpose="marketing", channel="email", granted=granted,
                text_version="1", source="account", actor="customer", at=LONG_AGO + day * DAY,
            )  # fmt: skip
            if place not in newest or day >= newest[place][0]:
                newest[place] = (day, granted)
        expected = set()
        for live in set(range(5)) - set(merges):
            own = newest.get(live)
            standing = [own[1]] if own else []
            if live == 0:
                standing += [
                    newest[place][1]
                    for place, day in merges.items()
                    if place in newest and (not own or day is None or own[0] <= day)
                ]
            if standing and all(standing):
                expected.add(people[live].pk)

        keys = [person.pk for person in people]
        everybody = Customer.objects.filter(pk__in=consents.agreeing(at=NOON))
        assert consents.allowed(keys, at=NOON) == expected
        assert set(everybody.values_list("pk", flat=True)) == expected
        transaction.set_rollback(True)
