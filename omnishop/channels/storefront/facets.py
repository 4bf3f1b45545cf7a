"""The facets beside a listing, in reading order, each value with its count."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from omnishop.channels.storefront.context import Shelf
from omnishop.channels.storefront.selection import BANDS, OPTION, Selection

SHOWN = 7  # values of a facet before the others are folded


@dataclass(frozen=True, slots=True)
class FacetValue:
    """One value of a facet, with how many products it would leave."""

    name: str  # in the address
    value: str
    label: str
    count: int
    chosen: bool
    swatch: str = ""

    @property
    def id(self) -> str:
        return f"f-{self.name}-{self.value}"


@dataclass(frozen=True, slots=True)
class Facet:
    """A group of values; several may be chosen."""

    label: str
    values: tuple[FacetValue, ...]

    @property
    def chosen(self) -> int:
        return sum(value.chosen for value in self.values)

    @property
    def first(self) -> tuple[FacetValue, ...]:
        """What is shown at once."""
        return self.values if len(self.values) <= SHOWN + 2 else self.values[:SHOWN]

    @property
    def more(self) -> tuple[FacetValue, ...]:
        """What is folded away; it stays open while something of it is chosen."""
        return self.values[len(self.first) :]

    @property
    def more_open(self) -> bool:
        return any(value.chosen for value in self.more)


def arranged(
    rows: list[tuple[Any, ...]], choice: Selection, shelves: Sequence[Shelf], store_name: str
) -> tuple[tuple[Facet, ...], int]:
    """The facets in reading order, chosen values in place even when they leave nothing."""
    total = next(row[3] for row in rows if row[0] == "total")
    facets: list[Facet] = []

    def values(name: str, chosen: Sequence[str], labels: dict[str, str]) -> tuple[FacetValue, ...]:
        found = {row[1]: row for row in rows if row[0] == name}
        keys = [key for key in labels if key in found or key in chosen]
        return tuple(
            FacetValue(
                name=name,
                value=key,
                label=labels[key],
                count=found[key][3] if key in found else 0,
                chosen=key in chosen,
                swatch=found[key][5] if key in found else "",
            )
            for key in keys
        )

    if store_name:
        label = _("Available at %(store)s") % {"store": store_name}
        facets.append(
            Facet(_("Availability"), values("here", ["1"] if choice.here else [], {"1": label}))
        )
    offers = {"1": _("Reduced price")} if _counted(rows, "offer") or choice.offer else {}
    facets.append(Facet(_("Offers"), values("offer", ["1"] if choice.offer else [], offers)))
    in_shelf = {shelf.slug: shelf.name for shelf in shelves}
    facets.append(Facet(_("Category"), values("shelf", choice.shelves, in_shelf)))
    groups: dict[str, str] = {}
    for row in sorted((row for row in rows if row[0].startswith(OPTION)), key=lambda row: row[6]):
        groups.setdefault(row[0], row[4])
    for name, label in groups.items():
        chosen = choice.options.get(name[len(OPTION) :], ())
        ordered = sorted((row for row in rows if row[0] == name), key=lambda row: row[6])
        facets.append(Facet(label, values(name, chosen, {row[1]: row[2] for row in ordered})))
    brands = {row[1]: row[2] for row in sorted(rows, key=lambda row: row[2]) if row[0] == "brand"}
    facets.append(Facet(_("Brand"), values("brand", choice.brands, brands)))
    bands = {str(i): band_label(i) for i in range(len(BANDS))}
    facets.append(Facet(_("Price"), values("price", [str(band) for band in choice.bands], bands)))
    alone = (_("Availability"), _("Offers"))  # said even where there is one value
    kept = [f for f in facets if len(f.values) > 1 or f.chosen or (f.values and f.label in alone)]
    return tuple(kept), total


def _counted(rows: list[tuple[Any, ...]], name: str) -> int:
    return sum(row[3] for row in rows if row[0] == name)


def band_label(band: int) -> str:
    """A price band in words."""
    low, below = BANDS[band]
    if not low:
        return _("Under %(price)s €") % {"price": (below or 0) // 100}
    if not below:
        return _("%(price)s € and over") % {"price": low // 100}
    return _("%(low)s to %(high)s €") % {"low": low // 100, "high": below // 100}
