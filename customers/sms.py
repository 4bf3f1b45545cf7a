"""What an SMS costs and may hold: GSM 03.38's alphabet, parts, the mention of STOP."""

import re
from dataclasses import dataclass

E164 = re.compile(r"\+[1-9]\d{6,14}")

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_TWICE = frozenset("^{}\\[~]|€\f")  # behind an escape: two characters each
# Typography that would make every part cost twice, and its plain form.
_PLAIN = str.maketrans(
    {
        "\u202f": " ", "\u00a0": " ", "\u2009": " ", "’": "'", "‘": "'", "“": '"', "”": '"',
        "«": '"', "»": '"', "–": "-", "—": "-", "−": "-", "…": "...", "œ": "oe", "Œ": "OE",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Size:
    """How a text is counted by operators: each part is paid."""

    encoding: str  # "GSM-7" or "UCS-2"
    characters: int
    parts: int


def plain(text: str) -> str:
    """The text with simple quotes, dashes and spaces, on as few lines as it needs."""
    lines = (" ".join(line.split()) for line in text.translate(_PLAIN).splitlines())
    return re.sub(r'" ([^"]*?) "', r'"\1"', "\n".join(line for line in lines if line))


def size(text: str) -> Size:
    """Parts of 160 or 153 characters in GSM-7, of 70 or 67 as soon as one is not in it."""
    if all(letter in _BASIC or letter in _TWICE for letter in text):
        widths = [2 if letter in _TWICE else 1 for letter in text]
        total = sum(widths)
        return Size("GSM-7", total, 1 if total <= 160 else _parts(widths, 153))
    widths = [2 if ord(letter) > 0xFFFF else 1 for letter in text]
    total = sum(widths)
    return Size("UCS-2", total, 1 if total <= 70 else _parts(widths, 67))


def _parts(widths: list[int], room: int) -> int:
    """Parts of a long text; a pair of codes is never cut in two."""
    parts, used = 1, 0
    for width in widths:
        if used + width > room:
            parts, used = parts + 1, 0
        used += width
    return parts


def with_mention(text: str, mention: str) -> str:
    """The text with the free way to refuse, which each advertising SMS must name (CPCE L34-5)."""
    return text if "STOP" in text else f"{text}\n{mention}"
