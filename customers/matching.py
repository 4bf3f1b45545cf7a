"""How likely two records are one person (ALG-11): Fellegi and Sunter's sum of evidence. Pure.

A likeness is a proposal to staff, never a link: links need a verified key.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from hashlib import blake2b
from math import log2

from rapidfuzz.distance import OSA, JaroWinkler

from omnishop.kernel.letters import without_accents

# Odds that two records which share a key are one person, before anything is compared.
PRIOR = log2(1 / 3000)
PROPOSE_FROM = 0.5  # likelihood from which staff are asked

# For each field, from a likeness on: how often it is seen in one person's records, and in two's.
Level = tuple[float, str, float, float]
NAME: tuple[Level, ...] = (
    (1, "same", 0.70, 0.004),
    (0.88, "close", 0.17, 0.006),
    (0.7, "faint", 0.07, 0.03),
    (0, "different", 0.06, 0.96),
)
PLACE: tuple[Level, ...] = (
    (1, "same", 0.70, 0.10),
    (0.88, "close", 0.20, 0.01),
    (0, "different", 0.10, 0.89),
)
# An e-mail address or telephone: whole families and providers have long parts in common, so only
# what one or two slips of the hand make of it is close.
KEY = {
    "same": log2(0.65 / 0.0005),
    "close": log2(0.25 / 0.002),
    "different": log2(0.10 / 0.99),
}
SLIPS = {"email": 2, "phone": 1}
BORN = {
    "same": log2(0.62 / 0.0003),
    "close": log2(0.13 / 0.003),  # one figure, or two of them changed places
    "faint": log2(0.08 / 0.006),  # two months, with or without ten years, apart
    "different": log2(0.07 / 0.94),
}
NAMES = {"first_name", "last_name"}
SWAPPED = -4.0  # first and last name in each other's field: known, but rarer


@dataclass(frozen=True, slots=True)
class Traits:
    """What a record says of its person, as it was typed; empty where it says nothing."""

    first_name: str = ""
    last_name: str = ""
    birth_date: date | None = None
    postcode: str = ""
    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Match:
    """How likely it is, from 0 to 1, and what speaks for and against it: (field, level)."""

    likelihood: float
    evidence: tuple[tuple[str, str], ...]

    @property
    def is_proposed(self) -> bool:
        """Whether staff are asked: it is likely, and more than the names speaks for it (ALG-11)."""
        beside = {field for field, level in self.evidence if level != "different"} - NAMES
        return self.likelihood >= PROPOSE_FROM and bool(beside)


def compare(one: Traits, other: Traits) -> Match:
    """The likelihood that two records are one person, with the evidence staff read.

    A field that either record leaves empty says nothing. Where names are swapped, "first_name" is
    the first record's.
    """
    weight, names = _names(one, other)
    parts = [
        (weight, names),
        _texts("postcode", (one.postcode,), (other.postcode,), PLACE),
        _born(one.birth_date, other.birth_date),
        _keys("email", one.emails, other.emails),
        _keys("phone", one.phones, other.phones),
    ]
    total = PRIOR + sum(part for part, _evidence in parts)
    return Match(
        likelihood=1 / (1 + 2**-total),
        evidence=tuple(item for _part, evidence in parts for item in evidence),
    )


Part = tuple[float, list[tuple[str, str]]]


def _names(one: Traits, other: Traits) -> Part:
    straight = _two_names(one.first_name, one.last_name, other)
    weight, evidence = _two_names(one.last_name, one.first_name, other)
    swapped = weight + SWAPPED
    if swapped > straight[0]:
        return swapped, [*evidence, ("names", "swapped")]
    return straight


def _two_names(first: str, last: str, other: Traits) -> Part:
    first_part = _texts("first_name", (first,), (other.first_name,), NAME)
    last_part = _texts("last_name", (last,), (other.last_name,), NAME)
    return first_part[0] + last_part[0], first_part[1] + last_part[1]


def _texts(
    field: str, ones: tuple[str, ...], others: tuple[str, ...], levels: tuple[Level, ...]
) -> Part:
    pairs = [(one, other) for one in ones for other in others if one and other]
    if not pairs:
        return 0, []
    likeness = max(_likeness(_plain(one), _plain(other)) for one, other in pairs)
    _from, word, of_one, of_two = next(level for level in levels if likeness >= level[0])
    return log2(of_one / of_two), [(field, word)]


def _keys(field: str, ones: tuple[str, ...], others: tuple[str, ...]) -> Part:
    pairs = [(one, other) for one in ones for other in others]
    if not pairs:
        return 0, []
    slips = min(OSA.distance(one, other) for one, other in pairs)
    level = "same" if slips == 0 else "close" if slips <= SLIPS[field] else "different"
    return KEY[level], [(field, level)]


@lru_cache(maxsize=100_000)
def _likeness(one: str, other: str) -> float:
    """From 0 to 1, for what hands do: letters left out, doubled, changed, in another order."""
    likeness = max(JaroWinkler.similarity(one, other), OSA.normalized_similarity(one, other))
    if likeness < 1 and abs(len(one) - len(other)) <= 2:
        jumbled = JaroWinkler.similarity("".join(sorted(one)), "".join(sorted(other)))
        likeness = max(likeness, 0.97 * jumbled)
    return float(likeness)


def _born(one: date | None, other: date | None) -> Part:
    if one is None or other is None:
        return 0, []
    level = "different"
    if one == other:
        level = "same"
    elif OSA.distance(one.isoformat(), other.isoformat()) == 1:
        level = "close"
    elif any(abs((one - other).days + shift) <= 62 for shift in (0, 3652, -3652)):
        level = "faint"
    return BORN[level], [("birth_date", level)]


def keys(traits: Traits) -> set[int]:
    """What two records must share one of to be compared at all: hashes, not readable.

    Letters are put in order first, so that a jumbled name or address still meets its own.
    """
    return {
        int.from_bytes(blake2b(key.encode(), digest_size=8).digest(), signed=True)
        for key in _readable_keys(traits)
    }


def _readable_keys(traits: Traits) -> Iterator[str]:
    names = [_letters(name) for name in (traits.first_name, traits.last_name) if _letters(name)]
    if len(names) == 2:
        yield f"names {_letters(''.join(names))}"
    if traits.birth_date:
        born = traits.birth_date
        yield f"born {born}"
        for name in names:
            yield f"name, day {name} {born:%m-%d}"
            yield f"name, year {name} {born:%Y}"
    if traits.postcode:
        for name in names:
            yield f"name, place {name} {''.join(sorted(traits.postcode.lower()))}"
    for email in traits.emails:
        local, _at, domain = email.lower().partition("@")
        yield f"e-mail {_letters(email)}"
        if len(local) > 4:
            yield f"mailbox {_letters(local)}"
        yield f"domain {_letters(domain)}"
    for phone in traits.phones:
        yield f"phone {''.join(sorted(phone[-8:]))}"


def _plain(text: str) -> str:
    """Without capitals and accents: Amélie and AMELIE are the same name."""
    return without_accents(text.lower())


def _letters(text: str) -> str:
    return "".join(sorted(letter for letter in _plain(text) if letter.isalpha()))
