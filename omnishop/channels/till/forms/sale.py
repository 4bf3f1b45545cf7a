"""A sale's lines, its payment and its receipt; a return."""

from django import forms
from django.utils.translation import gettext_lazy as _

from omnishop.channels.till.forms.fields import BIG, AmountField, always
from orders.models import ReturnLine
from orders.models.basket import MAX_QUANTITY


class LineForm(forms.Form):
    variant_id = forms.IntegerField(min_value=1, max_value=BIG)
    quantity = forms.IntegerField(
        min_value=0,
        max_value=MAX_QUANTITY,
        error_messages=always(_("Choose a quantity from 1 to 999.")),
    )
    label = forms.RegexField(r"^\d{13}$", required=False)


class TenderForm(forms.Form):
    method = forms.ChoiceField(choices=[(name, name) for name in ("card", "cash", "points")])
    amount = AmountField(required=False)
    note = forms.IntegerField(min_value=1, max_value=1_000_000, required=False)
    key = forms.CharField(max_length=36)


class ReceiptForm(forms.Form):
    email = forms.CharField(max_length=254)


DISPOSITIONS = [
    (ReturnLine.Disposition.SELLABLE, _("Back on the shelf")),
    (ReturnLine.Disposition.DAMAGED, _("Damaged, not for sale")),
]


class ReturnForm(forms.Form):
    """How many units of each line come back, why and in what state."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=120,
        widget=forms.TextInput(attrs={"class": "input", "list": "reasons", "autocomplete": "off"}),
    )
    disposition = forms.ChoiceField(
        label=_("State of the goods"),
        choices=DISPOSITIONS,
        initial=ReturnLine.Disposition.SELLABLE,
        widget=forms.RadioSelect,
    )

    @property
    def disposition_words(self) -> str:
        """The state that was chosen, as it was shown."""
        return str(dict(DISPOSITIONS)[self.cleaned_data["disposition"]])
