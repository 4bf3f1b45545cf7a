"""The clocks: what is kept how long, from when, and what happens then (GDP-1).

A rule begins with the days named here; a row of RetentionPeriod, dated, changes them.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext_lazy as _

from omnishop.privacy.models import RetentionPeriod

WARNED_BEFORE = 30  # days, of a person who is to be erased


@dataclass(frozen=True, slots=True)
class Rule:
    """One clock."""

    code: str
    what: Any  # what is kept
    since: Any  # from when the days run
    then: Any  # what happens
    days: int


RULES: dict[str, Rule] = {
    rule.code: rule
    for rule in (
        Rule(
            "inactive",
            _("A person: name, keys, sign-in, points, opinions"),
            _("their last act: purchase, sign-in, visit, click, basket, opinion; members too"),
            _("told 30 days before, then erased"),
            1095,
        ),
        Rule(
            "archive",
            _("Who bought: name and address of invoices and withdrawals"),
            _("the purchase"),
            _("kept apart once the person is gone, then deleted: the law asks for ten years"),
            3653,
        ),
        Rule(
            "guest_orders",
            _("Orders of guests"),
            _("the purchase"),
            _("name and address go to the restricted archive, the rest is emptied"),
            1095,
        ),
        Rule(
            "baskets",
            _("Addresses of guests who did not order their basket"),
            _("the last change"),
            _("emptied"),
            90,
        ),
        Rule("messages", _("The words of messages"), _("when they left"), _("emptied"), 395),
        Rule("visits", _("Days of visits"), _("the visit"), _("deleted"), 1130),
        Rule(
            "duplicates",
            _("Evidence that two records may be one person"),
            _("when it was decided"),
            _("emptied"),
            180,
        ),
        Rule("cases", _("The words of cases"), _("when it was solved"), _("emptied"), 1095),
        Rule(
            "alerts",
            _("Who waits for an article: address and answer"),
            _("when it was told, or ended"),
            _("deleted"),
            180,
        ),
        Rule("searches", _("Words searched, without anybody"), _("the day"), _("deleted"), 395),
        Rule(
            "sign_ins",
            _("Sign-ins and refused ones, with the address they came from"),
            _("the attempt"),
            _("deleted"),
            90,
        ),
        Rule("sessions", _("Sign-ins on a device"), _("the last use"), _("deleted"), 14),
        Rule("keys", _("Keys against doing things twice"), _("the first time"), _("deleted"), 30),
        Rule("exports", _("Copies of data asked for"), _("when ready"), _("deleted"), 7),
    )
}


def days(code: str, *, on: date) -> int:
    """How long a clock runs on a day."""
    dated = RetentionPeriod.objects.filter(rule=code, valid_from__lte=on)
    found = dated.order_by("-valid_from").values_list("days", flat=True).first()
    return RULES[code].days if found is None else found


def table(*, on: date) -> list[tuple[Rule, int]]:
    """Every clock with the days it runs on that day; one statement."""
    dated: dict[str, int] = {}
    for period in RetentionPeriod.objects.filter(valid_from__lte=on).order_by("valid_from"):
        dated[period.rule] = period.days
    return [(rule, dated.get(rule.code, rule.days)) for rule in RULES.values()]
