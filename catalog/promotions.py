"""What promotions give on a basket, and why others give nothing: pure, given its data (DESIGN 3.4).

Order of application (ALG-10): sets, then advantages on chosen articles, then on the whole basket,
then on delivery; inside a level by `priority`, then by age. Of a stacking group a line takes one,
the one that gives most. Every discount is shared to lines by largest remainder, and never reaches
into the eco-participation (VAT-9).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from catalog.offers import (
    Applied,
    BundleSet,
    CodeState,
    Context,
    Level,
    Line,
    Missed,
    Offer,
    Why,
    eligible,
    outside,
)
from omnishop.kernel.money import BASIS_POINTS, allocate


@dataclass(slots=True)
class Outcome:
    """What was applied, in order, and what was not; lines carry what is left to pay."""

    applied: list[Applied] = field(default_factory=list)
    missed: list[Missed] = field(default_factory=list)
    delivery_free: bool = False


def share(amount_minor: int, bp: int) -> int:
    """A percentage of an amount, half up."""
    return (2 * amount_minor * bp + BASIS_POINTS) // (2 * BASIS_POINTS)


@dataclass(frozen=True, slots=True)
class _Result:
    """What an offer would give: shares by line, or why nothing."""

    shares: Mapping[int, int] = field(default_factory=dict)
    why: Why | None = None
    lacking: int = 0

    @property
    def total(self) -> int:
        return sum(self.shares.values())


def _spread(amount: int, parts: Mapping[int, int], lines: Sequence[Line]) -> dict[int, int]:
    """An amount shared over lines by weight, none beyond what may be taken off it."""
    shares = dict.fromkeys(parts, 0)
    left = min(amount, sum(lines[i].room for i in parts))
    weights = {i: min(weight, lines[i].room) for i, weight in parts.items()}
    while left:
        keys = [i for i in parts if weights[i] > 0 and shares[i] < lines[i].room]
        if not keys:
            keys = [i for i in parts if shares[i] < lines[i].room]
        given = 0
        for i, part in zip(keys, allocate(left, [weights[i] or 1 for i in keys]), strict=True):
            part = min(part, lines[i].room - shares[i])
            shares[i] += part
            given += part
        left -= given
    return {i: part for i, part in shares.items() if part}


def _units(keys: Collection[int], lines: Sequence[Line]) -> list[tuple[int, int]]:
    """The units of lines as (price, line), the dearest first."""
    return sorted(
        ((lines[i].unit_minor, i) for i in keys for _unit in range(lines[i].quantity)),
        key=lambda unit: (-unit[0], unit[1]),
    )


def _buy_get(offer: Offer, keys: list[int], lines: Sequence[Line]) -> _Result:
    """Of every `buy + get` units the cheapest are cut; the cheapest of all, counted together.

    The discount is shared over all units of the sets, so that giving back the ones that were
    paid does not leave the others for nothing (FIELD 33).
    """
    units = _units(keys, lines)
    size = offer.buy_units + offer.get_units
    sets = len(units) // size
    if not sets:
        return _Result(why=Why.UNITS, lacking=size - len(units))
    units = units[: sets * size] if sets * size < len(units) else units
    amount = sum(share(price, offer.percent_bp) for price, _i in units[-sets * offer.get_units :])
    return _Result(_spread(amount, _weights(units), lines))


def _fixed(offer: Offer, keys: list[int], lines: Sequence[Line]) -> _Result:
    """`buy_units` units for one price; the dearest units make the sets."""
    units = _units(keys, lines)
    if len(units) < offer.buy_units:
        return _Result(why=Why.UNITS, lacking=offer.buy_units - len(units))
    amount, taken = 0, 0
    for start in range(0, len(units) - offer.buy_units + 1, offer.buy_units):
        worth = sum(price for price, _i in units[start : start + offer.buy_units])
        if worth <= offer.amount_minor:
            break
        amount += worth - offer.amount_minor
        taken = start + offer.buy_units
    if not amount:
        return _Result(why=Why.NOTHING_LEFT)
    return _Result(_spread(amount, _weights(units[:taken]), lines))


def _weights(units: Sequence[tuple[int, int]]) -> dict[int, int]:
    weights: dict[int, int] = {}
    for price, i in units:
        weights[i] = weights.get(i, 0) + price
    return weights


def _tiered(offer: Offer, keys: list[int], lines: Sequence[Line]) -> _Result:
    reached = (
        sum(lines[i].left for i in keys)
        if offer.by_amount
        else sum(lines[i].quantity for i in keys)
    )
    steps = [bp for threshold, bp in offer.tiers if reached >= threshold]
    if not steps:
        first = min(threshold for threshold, _bp in offer.tiers)
        return _Result(why=Why.AMOUNT if offer.by_amount else Why.UNITS, lacking=first - reached)
    return _percent(max(steps), keys, lines)


def _percent(bp: int, keys: list[int], lines: Sequence[Line]) -> _Result:
    parts = {i: lines[i].room for i in keys}
    return _Result(_spread(share(sum(parts.values()), bp), parts, lines))


def _gift(offer: Offer, lines: Sequence[Line]) -> _Result:
    """The gift is free once it lies in the basket, as listed: no pack of whatever weight is."""
    for i, line in enumerate(lines):
        if line.variant_id == offer.gift_id and not line.closed and not line.packed:
            units = min(offer.get_units or 1, line.quantity)
            return _Result({i: min(line.left, line.unit_minor * units)})
    return _Result(why=Why.GIFT)


def _give(offer: Offer, lines: Sequence[Line]) -> _Result:
    """What an offer gives on the lines as they stand."""
    scope = eligible(offer, lines)
    if offer.kind == "gift":  # the gift itself does not count towards its condition
        scope = [i for i in scope if lines[i].variant_id != offer.gift_id]
    if not scope:
        return _Result(why=Why.NO_ARTICLE)
    units = sum(lines[i].quantity for i in scope)
    if units < offer.min_units:
        return _Result(why=Why.UNITS, lacking=offer.min_units - units)
    amount = sum(lines[i].left for i in scope)
    if amount < offer.min_minor:
        return _Result(why=Why.AMOUNT, lacking=offer.min_minor - amount)
    if offer.kind == "gift":
        return _gift(offer, lines)
    if offer.kind == "free_delivery":
        return _Result()
    keys = [
        i
        for i in scope
        if not lines[i].closed
        and not (offer.stacking_group and offer.stacking_group in lines[i].groups)
        and not (offer.exclusive and lines[i].touched)
    ]
    if not keys:
        return _Result(why=Why.BETTER)
    match offer.kind:
        case "percent":
            found = _percent(offer.percent_bp, keys, lines)
        case "amount":
            found = _Result(_spread(offer.amount_minor, {i: lines[i].left for i in keys}, lines))
        case "unit_amount":
            found = _Result(
                {i: min(offer.amount_minor * lines[i].quantity, lines[i].room) for i in keys}
            )
        case "buy_get":
            found = _buy_get(offer, keys, lines)
        case "fixed":
            found = _fixed(offer, keys, lines)
        case "tiered":
            found = _tiered(offer, keys, lines)
        case _:  # refund: an amount or a percentage, paid back afterwards
            found = (
                _percent(offer.percent_bp, keys, lines)
                if offer.percent_bp
                else _Result(_spread(offer.amount_minor, {i: lines[i].left for i in keys}, lines))
            )
    return found if found.total or found.why else _Result(why=Why.NOTHING_LEFT)


def apply(
    lines: Sequence[Line],
    offers: Sequence[Offer],
    sets: Sequence[tuple[BundleSet, int]],
    context: Context,
    *,
    delivery_minor: int | None = None,
    free_from_minor: int | None = None,
) -> Outcome:
    """Take off every line what sets and offers give; `sets` come with their price.

    `delivery_minor` is what delivery costs below sent goods of `free_from_minor`, None when
    nothing is delivered. The same input always gives the same outcome, in whatever order the
    offers come.
    """
    outcome = Outcome()
    for bundle, price in sorted(sets, key=lambda one: one[0].variant_id):
        _apply_set(bundle, price, lines, outcome)
    known = {code.promotion_id: code for code in context.shopper.codes if code.promotion_id}
    waiting: list[Offer] = []
    for offer in sorted(offers, key=lambda one: (one.level, one.priority, one.id)):
        why = outside(offer, context)
        if why is None and not eligible(offer, lines):
            why = Why.NO_ARTICLE  # nothing that others give changes that
        if why:
            code = known.get(offer.id)
            outcome.missed.append(
                Missed(offer.names, why, offer.id, code=code.code if code else "")
            )
        else:
            waiting.append(offer)
    while waiting:
        first = waiting[0]
        rivals = [
            offer
            for offer in waiting
            if offer is first
            or (
                (first.stacking_group and offer.stacking_group == first.stacking_group)
                and offer.level == first.level
            )
        ]
        results = [(offer, _give(offer, lines)) for offer in rivals]
        offer, result = max(results, key=lambda one: one[1].total)  # the first of the best
        if not result.total and offer.level != Level.DELIVERY:
            offer, result = results[0]
        waiting.remove(offer)
        code = known.get(offer.id)
        if offer.level == Level.DELIVERY and result.why is None:
            sent = sum(line.left for line in lines if line.sent)
            if free_from_minor is not None and sent >= free_from_minor:
                delivery_minor = delivery_minor and 0
            _apply_delivery(offer, outcome, delivery_minor, code)
        elif result.why:
            outcome.missed.append(
                Missed(
                    offer.names,
                    result.why,
                    offer.id,
                    lacking=result.lacking,
                    code=code.code if code else "",
                    gift_id=offer.gift_id if result.why == Why.GIFT else None,
                )
            )
        else:
            _take(offer, result, lines, outcome, code)
    here = {offer.id for offer in offers}
    outcome.missed += [  # typed codes of nothing, or of an operation that is not approved
        Missed({}, Why.CODE_UNKNOWN, code=code.code)
        for code in context.shopper.codes
        if code.promotion_id not in here
    ]
    return outcome


def _apply_set(bundle: BundleSet, price: int, lines: Sequence[Line], outcome: Outcome) -> None:
    """Whole sets of the basket cost what the set costs; packs of a scale are no part of them."""
    at = {line.variant_id: i for i, line in enumerate(lines) if not line.packed}
    if not all(item in at for item, _count in bundle.items):
        return
    count = min(lines[at[item]].quantity // units for item, units in bundle.items)
    parts = {at[item]: lines[at[item]].unit_minor * units * count for item, units in bundle.items}
    amount = sum(parts.values()) - price * count
    if count < 1 or amount <= 0:
        return
    shares = _spread(amount, parts, lines)
    for i, part in shares.items():
        lines[i].left -= part
    if shares:
        outcome.applied.append(
            Applied(bundle.names, sum(shares.values()), tuple(sorted(shares.items())))
        )


def _apply_delivery(
    offer: Offer, outcome: Outcome, delivery_minor: int | None, code: CodeState | None
) -> None:
    why = None
    if delivery_minor is None:
        why = Why.NO_DELIVERY
    elif delivery_minor == 0 or outcome.delivery_free:
        why = Why.DELIVERY_FREE
    if why or delivery_minor is None:
        outcome.missed.append(
            Missed(offer.names, why or Why.NO_DELIVERY, offer.id, code=code.code if code else "")
        )
        return
    outcome.delivery_free = True
    outcome.applied.append(
        Applied(
            offer.names,
            delivery_minor,
            promotion_id=offer.id,
            coupon_id=code.coupon_id if code else None,
            code=code.code if code else "",
        )
    )


def _take(
    offer: Offer,
    result: _Result,
    lines: Sequence[Line],
    outcome: Outcome,
    code: CodeState | None,
) -> None:
    deferred = offer.kind == "refund"
    for i, part in result.shares.items():
        line = lines[i]
        if not deferred:
            line.left -= part
            line.touched = True
            line.closed = line.closed or offer.exclusive
        if offer.stacking_group:
            line.groups.add(offer.stacking_group)
    outcome.applied.append(
        Applied(
            offer.names,
            result.total,
            tuple(sorted((i, part) for i, part in result.shares.items() if part)),
            promotion_id=offer.id,
            coupon_id=code.coupon_id if code else None,
            code=code.code if code else "",
            deferred=deferred,
            claim_days=offer.claim_days,
        )
    )
