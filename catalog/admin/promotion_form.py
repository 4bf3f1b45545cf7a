"""The form of a promotion: euros and percent as people write them, and what each kind needs."""

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import capfirst
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from catalog.models import Promotion

Kind = Promotion.Kind
# What each kind asks for; the others' fields are emptied.
ASKED: dict[str, tuple[str, ...]] = {
    Kind.PERCENT: ("percent",),
    Kind.AMOUNT: ("amount",),
    Kind.UNIT_AMOUNT: ("amount",),
    Kind.BUY_GET: ("buy_units", "get_units", "percent"),
    Kind.FIXED: ("buy_units", "amount"),
    Kind.TIERED: ("steps", "by_amount"),
    Kind.FREE_DELIVERY: (),
    Kind.GIFT: ("gift", "get_units"),
    Kind.REFUND: ("claim_days", "percent", "amount"),
}
VALUES = ("percent", "amount", "buy_units", "get_units", "steps", "by_amount", "gift", "claim_days")
STEP = re.compile(r"\s*(\d+(?:[.,]\d{1,2})?)\s*€?\s*[:=]\s*(\d{1,2}(?:[.,]\d{1,2})?|100)\s*%?\s*")


def shown_for(field: str) -> str:
    """The condition under which a field is shown, for the page's script."""
    kinds = [kind for kind, asked in ASKED.items() if field in asked]
    return " || ".join(f"kind == '{kind}'" for kind in kinds)


def euros(label: Any, **kwargs: Any) -> forms.DecimalField:
    """A field for an amount as people write it."""
    return forms.DecimalField(
        label=label,
        required=False,
        min_value=0,
        max_digits=8,
        decimal_places=2,
        localize=True,
        widget=UnfoldAdminDecimalFieldWidget(attrs={"inputmode": "decimal"}),
        **kwargs,
    )


def percentage(label: Any, **kwargs: Any) -> forms.DecimalField:
    """A field for a percentage up to 100."""
    return forms.DecimalField(
        label=label,
        required=False,
        min_value=0,
        max_value=100,
        decimal_places=2,
        localize=True,
        widget=UnfoldAdminDecimalFieldWidget(attrs={"inputmode": "decimal"}),
        **kwargs,
    )


def hundredths(value: Any) -> int | None:
    """What is stored of a typed amount or percentage."""
    return None if value is None else int(value * 100)


class SaidForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs alone
    """A form whose own fields begin with a capital, like those of the model."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.label = capfirst(str(field.label))


class PromotionForm(SaidForm):
    """A promotion as a merchant says it."""

    percent = percentage(_("percentage"), help_text=_("100 is for nothing"))
    amount = euros(_("amount in euros"))
    min_amount = euros(_("from an amount of, in euros"))
    steps = forms.CharField(
        label=_("steps"),
        required=False,
        help_text=_("One a line: “2: 10” takes ten per cent off from two articles on"),
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
    )

    class Meta:
        model = Promotion
        fields = (
            *("operation", "name_fr", "name_en", "active", "kind"),
            *("buy_units", "get_units", "by_amount", "gift", "claim_days"),
            *("products", "categories", "brands", "except_cut", "min_units"),
            *("groups", "loyalty_tiers", "members", "first_order", "by_coupon"),
            *("stacking_group", "exclusive", "priority"),
        )
        labels = {"priority": _("rank")}
        help_texts = {
            "groups": _("Codes, parted by commas"),
            "loyalty_tiers": _("Codes, parted by commas"),
            "priority": _("Low comes first"),
        }
        widgets = {
            "groups": UnfoldAdminTextInputWidget,
            "loyalty_tiers": UnfoldAdminTextInputWidget,
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known: Promotion = self.instance
        for name, stored in (
            ("percent", known.percent_bp),
            ("amount", known.amount_minor),
            ("min_amount", known.min_minor),
        ):
            if stored is not None:
                self.initial.setdefault(name, stored / 100)
        unit = 100 if known.by_amount else 1
        self.initial.setdefault(
            "steps", "\n".join(f"{start / unit:g}: {bp / 100:g}" for start, bp in known.tiers)
        )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        kind = data.get("kind", "")
        asked = ASKED.get(kind, ())
        for name in VALUES:
            if name not in asked:
                data[name] = False if name == "by_amount" else "" if name == "steps" else None
        self._require(kind, data)
        rule: Promotion = self.instance
        rule.percent_bp = hundredths(data.get("percent"))
        rule.amount_minor = hundredths(data.get("amount"))
        rule.min_minor = hundredths(data.get("min_amount")) or None
        rule.tiers = self._tiers(data) if kind == Kind.TIERED else []
        return data

    def _require(self, kind: str, data: dict[str, Any]) -> None:
        """Say in words what the database would refuse."""
        needed: dict[str, list[str]] = {
            Kind.PERCENT: ["percent"],
            Kind.AMOUNT: ["amount"],
            Kind.UNIT_AMOUNT: ["amount"],
            Kind.BUY_GET: ["buy_units", "get_units", "percent"],
            Kind.FIXED: ["buy_units", "amount"],
            Kind.GIFT: ["gift"],
            Kind.REFUND: ["claim_days"],
        }
        for name in needed.get(kind, []):
            if not data.get(name) and name not in self.errors:
                self.add_error(name, _t("This kind of promotion needs it."))
        if kind == Kind.FIXED and data.get("buy_units") == 1:
            self.add_error("buy_units", _t("At least two articles make a lot."))
        if kind == Kind.REFUND and bool(data.get("percent")) == bool(data.get("amount")):
            self.add_error("percent", _t("Give a percentage or an amount, one of both."))

    def _tiers(self, data: dict[str, Any]) -> list[list[int]]:
        found = []
        for line in filter(str.strip, (data.get("steps") or "").splitlines()):
            match = STEP.fullmatch(line)
            if not match:
                raise ValidationError({"steps": _t("“%(line)s” is no step.") % {"line": line}})
            start, percent = (float(text.replace(",", ".")) for text in match.groups())
            found.append(
                [round(start * (100 if data.get("by_amount") else 1)), round(percent * 100)]
            )
        if not found or any(start < 1 or bp < 1 for start, bp in found):
            raise ValidationError({"steps": _t("Give at least one step, such as “2: 10”.")})
        if len({start for start, _bp in found}) < len(found):
            raise ValidationError({"steps": _t("Two steps begin at the same point.")})
        return sorted(found)
