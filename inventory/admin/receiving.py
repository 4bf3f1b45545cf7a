"""What a person says has arrived: one row per line of the order, and articles nobody ordered."""

from collections.abc import Iterator, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from catalog.selectors import by_code
from inventory.models import PurchaseOrderLine
from inventory.services.purchasing import MOST

STRANGERS = (1, 2, 3)  # rows for articles that are not on the order


def difference(ordered: int, received: int) -> str:
    """What was received against what was ordered, in words."""
    if not ordered:
        return _t("not ordered")
    if received == ordered:
        return _t("complete")
    if received < ordered:
        return _t("%(units)s missing") % {"units": ordered - received}
    return _t("%(units)s too many") % {"units": received - ordered}


def _count(label: Any, **attributes: Any) -> forms.IntegerField:
    return forms.IntegerField(
        required=False,
        min_value=0,
        max_value=MOST,
        widget=UnfoldAdminIntegerFieldWidget(
            attrs={"inputmode": "numeric", "aria-label": label, "autocomplete": "off"} | attributes
        ),
    )


class ReceiptForm(forms.Form):
    """A delivery. `delivery` is its number on the order: it makes a second press harmless."""

    delivery = forms.IntegerField(widget=forms.HiddenInput)
    unexpected = forms.BooleanField(
        required=False,
        label=_("We keep these articles though they are not on the order"),
        widget=UnfoldBooleanWidget,
    )

    def __init__(
        self,
        data: Any,
        *,
        lines: Sequence[PurchaseOrderLine],
        delivery: int,
        everything: bool = False,
    ) -> None:
        super().__init__(data, initial={"delivery": delivery})
        self.lines = lines
        self.units: dict[int, int] = {}
        self.damaged: dict[int, int] = {}
        for line in lines:
            sku, pk = line.variant.sku, line.variant_id
            whole = (line.awaited or None) if everything else None
            self.fields[f"units-{pk}"] = _count(_t("%(sku)s: received now") % {"sku": sku})
            self.fields[f"units-{pk}"].initial = whole
            self.fields[f"damaged-{pk}"] = _count(_t("%(sku)s: damaged") % {"sku": sku})
        for row in STRANGERS:
            label = _t("Article %(row)s that is not on the order: SKU or GTIN") % {"row": row}
            self.fields[f"code-{row}"] = forms.CharField(
                required=False,
                max_length=64,
                widget=UnfoldAdminTextInputWidget(
                    attrs={"aria-label": label, "autocomplete": "off"}
                ),
            )
            self.fields[f"more-{row}"] = _count(_t("Article %(row)s: received") % {"row": row})
            self.fields[f"broken-{row}"] = _count(_t("Article %(row)s: damaged") % {"row": row})

    def rows(self) -> Iterator[dict[str, Any]]:
        """Each line with its fields, the codes a scanner may read, and what is different now."""
        for line in self.lines:
            variant = line.variant
            units = self[f"units-{line.variant_id}"]
            typed = str(units.value() or "")
            now = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 9 else 0
            codes = {variant.sku, variant.gtin or "", getattr(line, "reference", "")}
            yield {
                "line": line,
                "codes": "|".join(sorted(code for code in codes if code)),
                "units": units,
                "damaged": self[f"damaged-{line.variant_id}"],
                "difference": difference(line.quantity, line.received + now),
            }

    def words(self) -> dict[str, str]:
        """What the page's script says, with %(…)s for what it puts in."""
        return {
            "complete": _t("complete"),
            "missing": _t("%(units)s missing"),
            "over": _t("%(units)s too many"),
            "none": _t("not ordered"),
            "more": _t("%(sku)s: %(units)s received"),
            "unknown": _t("%(code)s is not on this order. If you keep it, enter it below."),
        }

    def strangers(self) -> list[tuple[Any, Any, Any]]:
        """The fields of articles that are not on the order."""
        return [(self[f"code-{row}"], self[f"more-{row}"], self[f"broken-{row}"])
                for row in STRANGERS]  # fmt: skip

    def opened(self) -> bool:
        """Whether somebody wrote something about articles that are not on the order."""
        return any(code.value() or more.value() for code, more, _broken in self.strangers())

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        known = {line.variant_id: line for line in self.lines}
        for pk in known:
            self._take(pk, cleaned.get(f"units-{pk}"), cleaned.get(f"damaged-{pk}"))
        for row in STRANGERS:
            code, more = cleaned.get(f"code-{row}", ""), cleaned.get(f"more-{row}")
            if not code and not more:
                continue
            variant = by_code(code) if code else None
            if variant is None:
                self.add_error(f"code-{row}", _t("No article has this code."))
            elif variant.pk in known or variant.pk in self.units:
                self.add_error(
                    f"code-{row}",
                    _t("%(sku)s is listed above: enter its units there.") % {"sku": variant.sku},
                )
            elif not more:
                self.add_error(f"more-{row}", _t("Enter the units that arrived."))
            else:
                self._take(variant.pk, more, cleaned.get(f"broken-{row}"))
        return cleaned

    def _take(self, variant_id: int, units: int | None, damaged: int | None) -> None:
        if units or damaged:
            self.units[variant_id] = units or 0
        if damaged:
            self.damaged[variant_id] = damaged

    def said(self) -> str:
        """What was received, and every difference that is left, for the page that follows."""
        units, damaged = sum(self.units.values()), sum(self.damaged.values())
        words = ngettext("%(units)s unit received.", "%(units)s units received.", units) % {
            "units": units
        }
        if damaged:
            words += " " + _t("%(units)s of them damaged, set aside.") % {"units": damaged}
        left = [
            _t("%(sku)s: %(difference)s")
            % {"sku": line.variant.sku, "difference": difference(line.quantity, received)}
            for line in self.lines
            if (received := line.received + self.units.get(line.variant_id, 0)) != line.quantity
        ]
        return f"{words} {'; '.join(left)}".strip()
