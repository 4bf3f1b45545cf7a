"""Refusals of the stock."""

from dataclasses import dataclass

from django.utils.translation import ngettext

from omnishop.kernel.errors import Refusal


@dataclass(frozen=True, slots=True)
class Missing:
    """What one article lacks."""

    variant_id: int
    wanted: int
    available: int


class InsufficientStock(Refusal):
    """Not everything can be had; nothing was held. `missing` says what lacks, per article."""

    code = "insufficient_stock"

    def __init__(self, missing: list[Missing]) -> None:
        self.missing = missing
        super().__init__(
            ngettext(
                "One article is no longer available in that quantity.",
                "%(count)s articles are no longer available in that quantity.",
                len(missing),
            )
            % {"count": len(missing)}
        )
