"""What promotions gave a basket, what its codes do, and what a little more would give: the same
words in every channel.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalog.announced import line_of
from catalog.book import remembered
from catalog.offers import Level, Missed, Why, eligible
from catalog.pricing import Quote, name_in
from catalog.promotion_words import why
from omnishop.kernel.templatetags.omnishop import money

MOST_NEAR = 3  # hints beside a basket
NEAR_UNITS = 2  # articles that may be missing for a hint
ORDER = (Why.GIFT, Why.UNITS, Why.AMOUNT, Why.SIGN_IN)


@dataclass(frozen=True, slots=True)
class Discount:
    """What one promotion, set or associate took off, by name."""

    name: str
    amount_minor: int
    code: str = ""
    claim_days: int = 0  # of what is paid back afterwards


@dataclass(frozen=True, slots=True)
class TypedCode:
    """A code of the basket: what it gives, or in words why nothing yet."""

    code: str
    name: str
    amount_minor: int
    words: str


@dataclass(frozen=True, slots=True)
class Hint:
    """A promotion that is nearly had."""

    words: str
    gift_id: int | None = None
    sign_in: bool = False


@dataclass(frozen=True, slots=True)
class Advantages:
    """All that a page says of promotions beside a total."""

    taken: tuple[Discount, ...]  # off the goods
    delivery: tuple[Discount, ...]  # off the delivery
    later: tuple[Discount, ...]  # paid back afterwards, on request
    codes: tuple[TypedCode, ...]
    hints: tuple[Hint, ...]

    @property
    def delivery_minor(self) -> int:
        return sum(one.amount_minor for one in self.delivery)


def advantages(quote: Quote, codes: Sequence[str] = (), *, sent: bool = True) -> Advantages:
    """What a quote says of promotions, for the codes that were typed. Where nothing is `sent`,
    all of it leaves with the customer, nobody is told how near free delivery is.
    """
    found = [
        (one, Discount(name_in(one.names), one.amount_minor, one.code, one.claim_days))
        for one in quote.applied
    ]
    by_hand = [
        Discount(line.hand_reason, line.hand_minor) for line in quote.lines if line.hand_minor
    ]
    now = [(one, told) for one, told in found if not one.deferred]
    return Advantages(
        taken=(*by_hand, *(told for one, told in now if one.shares)),
        delivery=tuple(told for one, told in now if not one.shares),
        later=tuple(told for one, told in found if one.deferred),
        codes=tuple(_code(code, quote) for code in codes),
        hints=_hints(quote, sent),
    )


def _code(code: str, quote: Quote) -> TypedCode:
    for one in quote.applied:
        if one.code == code:
            return TypedCode(code, name_in(one.names), one.amount_minor, "")
    for missed in quote.missed:
        if missed.code == code:
            return TypedCode(code, name_in(missed.names), 0, why(missed))
    return TypedCode(code, "", 0, "")


def _hints(quote: Quote, sent: bool) -> tuple[Hint, ...]:
    """What is worth a word: a gift to take, few articles, less than was spent already, a sign-in.

    A code's own promotion says what it lacks beside the code.
    """
    near = [
        missed
        for missed in quote.missed
        if missed.why in ORDER
        and missed.names
        and not missed.code
        and not (missed.why == Why.UNITS and missed.lacking > NEAR_UNITS)
        and not (missed.why == Why.AMOUNT and missed.lacking > quote.goods_minor)
        and not (missed.why == Why.SIGN_IN and not _worth_a_sign_in(missed, quote))
        and (sent or not _about_delivery(missed))
    ]
    near.sort(key=lambda missed: (ORDER.index(missed.why), missed.lacking))
    return tuple(
        Hint(_words(missed), missed.gift_id, missed.why == Why.SIGN_IN)
        for missed in near[:MOST_NEAR]
    )


def _about_delivery(missed: Missed) -> bool:
    offer = remembered(missed.promotion_id)
    return offer is not None and offer.level == Level.DELIVERY


def _worth_a_sign_in(missed: Missed, quote: Quote) -> bool:
    """Whether it is about something in the basket, and needs no code that nobody typed."""
    offer = remembered(missed.promotion_id)
    lines = [line_of(line.unit) for line in quote.lines]
    return offer is not None and not offer.by_coupon and bool(eligible(offer, lines))


def _words(missed: Missed) -> str:
    name = {"name": name_in(missed.names)}
    if missed.why == Why.UNITS:
        return ngettext(
            "Just one more article for “%(name)s”",
            "Just %(count)s more articles for “%(name)s”",
            missed.lacking,
        ) % (name | {"count": missed.lacking})
    if missed.why == Why.AMOUNT:
        return _("Just %(amount)s more for “%(name)s”") % (name | {"amount": money(missed.lacking)})
    if missed.why == Why.GIFT:
        return _("Your gift: “%(name)s”") % name
    return _("“%(name)s” is for known customers") % name


def reasons(quote: Quote) -> list[tuple[str, str]]:
    """Every promotion that gives nothing here, and why: for staff."""
    return [(name_in(one.names) or one.code, why(one)) for one in quote.missed]
