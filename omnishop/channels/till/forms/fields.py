"""What fields of the till's forms share: amounts, and one sentence for whatever is wrong."""

import re
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

BIG = 2**31 - 1


def always(words: Any) -> dict[str, Any]:
    """One sentence, whatever is wrong with a field."""
    wrong = ("required", "invalid", "invalid_choice", "min_value", "max_value", "max_length")
    return dict.fromkeys(wrong, words)


class AmountField(forms.CharField):
    """`12`, `12,5`, `12.50` or `1 234,50 €`: an amount in minor units; empty is None."""

    def to_python(self, value: Any) -> Any:
        text = re.sub(r"[\s€]", "", super().to_python(value) or "").replace(",", ".")
        if not text:
            return None
        if not re.fullmatch(r"\d{1,7}(\.\d{1,2})?", text):
            raise forms.ValidationError(_("Enter an amount, for example 12,50."))
        euros, _dot, cents = text.partition(".")
        return int(euros) * 100 + int(cents.ljust(2, "0") or 0)

    def validate(self, value: Any) -> None:
        if self.required and value is None:
            raise forms.ValidationError(_("Enter an amount, for example 12,50."))

    def run_validators(self, value: Any) -> None:
        """The pattern above is all there is to check."""
