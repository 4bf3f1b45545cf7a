"""Money is an integer of minor units; this module alone rounds (DESIGN 3.11, VAT-3, ALG-10)."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

BASIS_POINTS = 10_000


def vat_in(gross_minor: int, tax_bp: int) -> int:
    """VAT contained in a tax-included amount, half-up to the minor unit (VAT-3).

    Symmetric around zero, so that a document and its full refund cancel out.
    """
    sign = -1 if gross_minor < 0 else 1
    divisor = BASIS_POINTS + tax_bp
    return sign * ((2 * abs(gross_minor) * tax_bp + divisor) // (2 * divisor))


def allocate(amount_minor: int, weights: Sequence[int]) -> list[int]:
    """Share an amount by weight; the shares add up to it exactly (ALG-10, largest remainder).

    Every share lies within one minor unit of its exact part. Equal remainders go to the
    earlier line. With no positive weight the first line takes all.
    """
    if any(weight < 0 for weight in weights):
        raise ValueError("Weights are never negative.")
    if not weights:
        if amount_minor:
            raise ValueError("There is no line to carry the amount.")
        return []
    total = sum(weights)
    if total == 0:
        return [amount_minor] + [0] * (len(weights) - 1)
    sign, amount = (-1, -amount_minor) if amount_minor < 0 else (1, amount_minor)
    shares = [amount * weight // total for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: (-(amount * weights[i] % total), i))
    for i in by_remainder[: amount - sum(shares)]:
        shares[i] += 1
    return [sign * share for share in shares]


def unit_share(total_minor: int, quantity: int, first: int, count: int) -> int:
    """What units `first` … `first + count - 1` (from 0) of a line carry of its total (ALG-10).

    Each unit carries the floor and the last one takes the rest: 4 over 3 units is 1, 1, 2.
    Returning units one by one or together therefore refunds the same sum.
    """
    if not 0 <= first <= first + count <= quantity:
        raise ValueError("The line has no such units.")
    floor = total_minor // quantity if total_minor >= 0 else -(-total_minor // quantity)
    share = floor * count
    if count and first + count == quantity:
        share += total_minor - floor * quantity
    return share


@dataclass(frozen=True, slots=True)
class VatRow:
    """One VAT rate of a document, in minor units."""

    tax_bp: int
    gross_minor: int
    tax_minor: int

    @property
    def net_minor(self) -> int:
        return self.gross_minor - self.tax_minor


def vat_rows(lines: Sequence[tuple[int, int]]) -> list[VatRow]:
    """VAT of a document from its (gross, rate) lines: once per rate, highest rate first (VAT-3)."""
    gross: dict[int, int] = defaultdict(int)
    for gross_minor, tax_bp in lines:
        gross[tax_bp] += gross_minor
    return [
        VatRow(tax_bp=tax_bp, gross_minor=total, tax_minor=vat_in(total, tax_bp))
        for tax_bp, total in sorted(gross.items(), reverse=True)
    ]


def vat_by_line(lines: Sequence[tuple[int, int]]) -> list[int]:
    """The document's VAT shared back to its (gross, rate) lines; sums per rate are exact (VAT-3).

    Lines of one document are all sales or all refunds, never mixed.
    """
    shares = [0] * len(lines)
    for row in vat_rows(lines):
        at = [i for i, (_gross, tax_bp) in enumerate(lines) if tax_bp == row.tax_bp]
        parts = allocate(row.tax_minor, [abs(lines[i][0]) for i in at])
        for i, part in zip(at, parts, strict=True):
            shares[i] = part
    return shares
