"""A rule as one statement over live people, merges resolved; nobody is looked at alone."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings

from customers.models.consent import Channel as Answered
from customers.models.consent import Purpose
from orders.segments.conditions import KINDS, MARKETING, consents
from orders.segments.rules import All, AnyOf, Condition, Not, Rule
from orders.segments.statement import Part, Statement, both

COUNTED = tuple(
    str(code) for code, _label in MARKETING
)  # channels in which reachable people are counted


def members(rule: Rule, *, at: datetime) -> Part:
    """`SELECT p.id` of the people who meet a rule."""
    to = _statement(at)
    return to.people(_test(rule, to))


def counts(rule: Rule, *, at: datetime, profiled: bool = False) -> Part:
    """One row: how many people, and how many of them agreed to offers in each channel.

    `profiled`: and at the end how many agreed that what they do chooses what they are offered.
    """
    to = _statement(at)
    test = _test(rule, to)
    reach = [consents(to, channel) for channel in COUNTED]
    if profiled:
        reach.append(consents(to, Answered.ALL, Purpose.PROFILING))
    what = ", ".join(["count(*)", *(f"count(*) FILTER (WHERE {one.sql})" for one in reach)])
    return to.people(test, what=what)


def _statement(at: datetime) -> Statement:
    return Statement(at, at.astimezone(ZoneInfo(settings.TIME_ZONE)).date())


def _test(rule: Rule, to: Statement) -> Part:
    match rule:
        case All(rules):
            return both("AND", [_test(one, to) for one in rules], empty="true")
        case AnyOf(rules):
            return both("OR", [_test(one, to) for one in rules], empty="false")
        case Not(inner):
            test = _test(inner, to)
            return Part(f"NOT ({test.sql})", test.parameters)
        case Condition(kind, values):
            return KINDS[kind].ask(to, values)
