"""Counting, transfers between places, and asking a place for goods."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from catalog.models import Category
from inventory.models import StockCount
from omnishop.channels.till.forms.fields import BIG, always


class BeginCountForm(forms.Form):
    """Where and what to count."""

    place = forms.TypedChoiceField(
        label=_("Place"), coerce=int, widget=forms.Select(attrs={"class": "select"})
    )
    kind = forms.ChoiceField(
        label=_("What to count"),
        choices=[
            (StockCount.Kind.ROLLING, _("The articles that need it most")),
            (StockCount.Kind.FULL, _("Everything")),
        ],
        initial=StockCount.Kind.ROLLING,
        widget=forms.RadioSelect(attrs={"class": "choices choices-boxed"}),
    )
    category = forms.ModelChoiceField(
        label=_("Category"),
        queryset=Category.objects.order_by("path"),
        required=False,
        empty_label=_("All"),
        widget=forms.Select(attrs={"class": "select"}),
    )
    articles = forms.IntegerField(
        label=_("Articles at most"),
        min_value=1,
        max_value=500,
        required=False,
        initial=20,
        widget=forms.NumberInput(attrs={"class": "input", "inputmode": "numeric"}),
    )
    key = forms.CharField(max_length=40, widget=forms.HiddenInput)

    def __init__(self, *args: Any, places: Any, full: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        place: Any = self.fields["place"]
        place.choices = [(one.pk, one.name) for one in places]
        kind: Any = self.fields["kind"]
        if not full:  # a manager says when everything is counted
            kind.choices = [one for one in kind.choices if one[0] != StockCount.Kind.FULL]


class CountScanForm(forms.Form):
    """A scanned code; `counted` when the figure is typed instead of scanned unit by unit."""

    code = forms.CharField(max_length=80, error_messages={"required": _("Scan or type a code.")})
    counted = forms.IntegerField(
        min_value=0,
        max_value=100_000,
        required=False,
        error_messages=always(_("Enter how many there are, 0 for none.")),
    )
    key = forms.CharField(max_length=32, required=False)

    def clean_counted(self) -> int | None:
        """A figure left empty is no scan of one unit."""
        counted: int | None = self.cleaned_data["counted"]
        if counted is None and "counted" in self.data:
            raise forms.ValidationError(_("Enter how many there are, 0 for none."))
        return counted


class CountUndoForm(forms.Form):
    line_id = forms.IntegerField(min_value=1, max_value=BIG)
    units = forms.IntegerField(min_value=-100_000, max_value=100_000)


class UnitsForm(forms.Form):
    """How many units of each line of a transfer: `units-1`, `units-2` …"""

    def __init__(self, data: Any = None, *, most: dict[int, int]) -> None:
        super().__init__(data)
        for position, units in most.items():
            self.fields[f"units-{position}"] = forms.IntegerField(
                min_value=0,
                max_value=units,
                error_messages=always(
                    _("Say for each line how many there are, no more than expected.")
                ),
            )

    @property
    def units(self) -> dict[int, int]:
        """Position → units."""
        return {int(name[6:]): units for name, units in self.cleaned_data.items()}


class AskPlaceForm(forms.Form):
    """From which place goods are asked for; the articles beside it are read apart."""

    source = forms.TypedChoiceField(
        label=_("Ask this place"),
        coerce=int,
        error_messages={"required": _("Choose a place."), "invalid_choice": _("Choose a place.")},
        widget=forms.Select(attrs={"class": "select"}),
    )
    key = forms.CharField(max_length=40, widget=forms.HiddenInput)

    def __init__(self, *args: Any, places: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["source"]
        field.choices = [(place.pk, place.name) for place in places]
