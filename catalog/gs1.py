"""Numbers on labels (STD-1): GTINs, and codes that a shop prints with a value inside. Pure.

Source: GS1 General Specifications, sections 2.1.14 (variable measure in stores) and 7.9 (check
digits, price verifier digits).
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from stdnum import ean

# Weighted digits of the price verifier: times 2 less the tens, times 3, times 5 and the tens,
# times 5 less the tens.
TWO_MINUS = (0, 2, 4, 6, 8, 9, 1, 3, 5, 7)
THREE = (0, 3, 6, 9, 2, 5, 8, 1, 4, 7)
FIVE_PLUS = (0, 5, 1, 6, 2, 7, 3, 8, 4, 9)
FIVE_MINUS = (0, 5, 9, 4, 8, 3, 7, 2, 6, 1)


class Unreadable(ValueError):
    """A label whose digits contradict each other."""


@dataclass(frozen=True, slots=True)
class Layout:
    """What stands where in thirteen digits after the prefix."""

    prefix: str
    item_digits: int
    value_digits: int
    carries: Literal["price", "weight"]
    decimals: int  # of euros or of kilograms
    value_checked: bool = False


@dataclass(frozen=True, slots=True)
class Label:
    """What such a label says."""

    item_number: str
    price_minor: int | None  # in cents
    weight_g: int | None


def in_store(code: str) -> bool:
    """Whether a GTIN is of a range kept for a shop's own use: 02 and 20 to 29.

    Such a number means nothing outside the shop and is never told as a GTIN.
    """
    if len(code) == 8:
        return code[0] in "02"
    thirteen = code.zfill(14)[1:]
    return thirteen.startswith(("02", "2"))


def public(code: str | None) -> str | None:
    """The GTIN to tell the world, or None for a number of the shop's own."""
    return code if code and not in_store(code) else None


def by_kilogram(content: int | None, measure: str) -> bool:
    """Whether an article of this content is priced by the kilogram: packs of any weight can be sold
    at its price (PRC-3).
    """
    return measure == "g" and content == 1000


def variable(code: str) -> bool:
    """Whether a scanned code may carry a value: thirteen right digits of an in-store range."""
    return len(code) == 13 and code.isdigit() and in_store(code) and ean.is_valid(code)


def decode(code: str, layout: Layout) -> Label:
    """The item number and the value of a scanned code of this layout.

    Raises Unreadable when it is not of the layout or a check digit is wrong: what was printed or
    scanned badly is never sold at another price.
    """
    if not variable(code) or not code.startswith(layout.prefix):
        raise Unreadable(code)
    start = len(layout.prefix)
    item, rest = code[start : start + layout.item_digits], code[start + layout.item_digits : -1]
    if layout.value_checked:
        verifier, rest = rest[:1], rest[1:]
        if verifier != str(value_check_digit(rest)):
            raise Unreadable(code)
    if len(rest) != layout.value_digits:
        raise Unreadable(code)
    value = Decimal(rest).scaleb(-layout.decimals)
    if layout.carries == "price":
        return Label(item, price_minor=int(value * 100), weight_g=None)
    return Label(item, price_minor=None, weight_g=int(value * 1000))


def encode(item_number: str, value: int, layout: Layout) -> str:
    """The thirteen digits that a scale prints; `value` in the layout's smallest unit."""
    digits = str(value).zfill(layout.value_digits)
    if len(digits) != layout.value_digits or len(item_number) != layout.item_digits:
        raise ValueError(f"{item_number} {value}")
    verifier = str(value_check_digit(digits)) if layout.value_checked else ""
    body = f"{layout.prefix}{item_number}{verifier}{digits}"
    return body + str(ean.calc_check_digit(body))


def value_check_digit(digits: str) -> int:
    """The verifier of a price or measure of four or five digits."""
    numbers = [int(digit) for digit in digits]
    if len(numbers) == 4:
        weights: tuple[tuple[int, ...], ...] = (TWO_MINUS, TWO_MINUS, THREE, FIVE_MINUS)
        total = sum(weight[n] for weight, n in zip(weights, numbers, strict=True))
        return total * 3 % 10
    if len(numbers) == 5:
        weights = (FIVE_PLUS, TWO_MINUS, FIVE_MINUS, FIVE_PLUS, TWO_MINUS)
        total = sum(weight[n] for weight, n in zip(weights, numbers, strict=True))
        return FIVE_MINUS.index(-total % 10)
    raise ValueError(digits)
