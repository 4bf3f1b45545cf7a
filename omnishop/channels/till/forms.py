"""What associates type, parsed. Amounts are in minor units."""

import re
from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from catalog.models import Category
from inventory.models import StockCount
from omnishop.channels.till.access import Desk
from omnishop.network.selectors import approvers
from orders.models import Carrier, ReturnLine
from orders.models.basket import MAX_QUANTITY
from orders.services.approvals import Ask

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


class LineForm(forms.Form):
    variant_id = forms.IntegerField(min_value=1, max_value=BIG)
    quantity = forms.IntegerField(
        min_value=0,
        max_value=MAX_QUANTITY,
        error_messages=always(_("Choose a quantity from 1 to 999.")),
    )


class ApprovalForm(forms.Form):
    """Why, and by whose PIN (UX T7)."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=80,
        error_messages={"required": _("Say why: the reason is kept.")},
        help_text=_("It is kept with the sale."),
        widget=forms.TextInput(
            attrs={"class": "input", "list": "reasons", "maxlength": 80, "autocomplete": "off"}
        ),
    )
    approver = forms.TypedChoiceField(
        label=_("Approved by"),
        coerce=int,
        empty_value=None,
        error_messages={"required": _("Choose who approves it.")},
        widget=forms.Select(attrs={"class": "select"}),
    )
    pin = forms.CharField(
        label=_("Their PIN"),
        max_length=8,
        error_messages={"required": _("Type the PIN.")},
        widget=forms.PasswordInput(
            attrs={"class": "input", "inputmode": "numeric", "autocomplete": "off"}
        ),
    )

    def __init__(self, *args: Any, desk: Desk, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.desk = desk
        members = list(approvers(desk.store))
        self.nobody = not members
        approver = cast("forms.ChoiceField", self.fields["approver"])
        approver.choices = [(member.pk, str(member)) for member in members]
        approver.initial = next(
            (member.pk for member in members if member.user_id == desk.user.pk), None
        )
        self.focus("amount" if "amount" in self.fields else "reason")

    def focus(self, wanted: str) -> None:
        """Where the cursor stands when the page is shown."""
        for name, field in self.fields.items():
            field.widget.attrs["autofocus"] = name == wanted

    def ask(self) -> Ask:
        """What the service is asked with."""
        return Ask(
            till=self.desk.till,
            asked_by=self.desk.user,
            reason=self.cleaned_data["reason"],
            approver_id=self.cleaned_data["approver"],
            pin=self.cleaned_data["pin"],
        )


class DiscountForm(ApprovalForm):
    """A discount on a line; 0 takes it away, and needs neither reason nor PIN."""

    amount = AmountField(
        label=_("Amount off the line"),
        help_text=_("In euros, for example 5 or 5,50. Enter 0 to take the discount away."),
        widget=forms.TextInput(attrs={"class": "input", "inputmode": "decimal"}),
    )
    field_order = ("amount", "reason", "approver", "pin")

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if data.get("amount") == 0:
            for name in ("reason", "approver", "pin"):
                self.errors.pop(name, None)
                data.setdefault(name, None if name == "approver" else "")
        return data


class PinForm(forms.Form):
    """A PIN of one's own, set by who knows the login's password."""

    password = forms.CharField(
        label=_("Password of your login"),
        max_length=128,
        widget=forms.PasswordInput(attrs={"class": "input", "autocomplete": "current-password"}),
    )
    pin = forms.CharField(
        label=_("New PIN"),
        max_length=8,
        help_text=_("4 to 8 digits. Only you know it."),
        widget=forms.PasswordInput(
            attrs={"class": "input", "inputmode": "numeric", "autocomplete": "off"}
        ),
    )
    again = forms.CharField(
        label=_("New PIN again"),
        max_length=8,
        widget=forms.PasswordInput(
            attrs={"class": "input", "inputmode": "numeric", "autocomplete": "off"}
        ),
    )

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if data.get("pin") != data.get("again") and not self.errors:
            self.add_error("again", _("The two PINs are not the same."))
        return data


class CustomerForm(forms.Form):
    """A new person: a name and one key are enough."""

    first_name = forms.CharField(label=_("First name"), max_length=80, required=False)
    last_name = forms.CharField(label=_("Last name"), max_length=80)
    phone = forms.CharField(
        label=_("Telephone"),
        max_length=20,
        required=False,
        help_text=_("To find the loyalty account again in any shop."),
        widget=forms.TextInput(attrs={"inputmode": "tel"}),
    )
    email = forms.CharField(label=_("E-mail"), max_length=254, required=False)
    sponsor = forms.CharField(
        label=_("Brought by"),
        max_length=200,
        required=False,
        help_text=_("Card number or code of the member who brings this person."),
    )
    marketing = forms.BooleanField(
        label=_("Agrees to receive our news and offers by e-mail"),
        required=False,
        help_text=_("Not needed for the loyalty account. Can be withdrawn at any time."),
    )
    key = forms.CharField(max_length=40)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("first_name", "last_name", "phone", "email", "sponsor"):
            self.fields[name].widget.attrs |= {"class": "input", "autocomplete": "off"}
        self.fields["marketing"].widget.attrs["class"] = "checkbox"
        self.fields["key"].widget = forms.HiddenInput()

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if not (data.get("phone") or data.get("email")) and not self.errors:
            self.add_error("phone", _("Enter a telephone number or an e-mail address."))
        return data


class OrderForm(forms.Form):
    """For whom a sale's ordered articles are, and where they go; only what these need is asked."""

    name = forms.CharField(
        label=_("Customer's name"),
        max_length=160,
        error_messages={"required": _("Enter the customer's name.")},
    )
    email = forms.CharField(
        label=_("E-mail"),
        max_length=254,
        required=False,
        help_text=_("For the messages of this order: confirmation, code or tracking number."),
        widget=forms.TextInput(attrs={"inputmode": "email"}),
    )
    phone = forms.CharField(
        label=_("Telephone"),
        max_length=20,
        required=False,
        help_text=_("Enough on its own, to tell the customer by voice."),
        widget=forms.TextInput(attrs={"inputmode": "tel"}),
    )
    method = forms.IntegerField(
        label=_("Delivery"),
        min_value=1,
        max_value=BIG,
        error_messages=always(_("Choose a delivery.")),
    )
    line1 = forms.CharField(
        label=_("Number and street"),
        max_length=120,
        error_messages={"required": _("Enter the number and the street.")},
    )
    line2 = forms.CharField(label=_("Building, floor, access code"), max_length=120, required=False)
    postcode = forms.RegexField(
        r"^\d{5}$",
        label=_("Postcode"),
        max_length=5,
        error_messages=always(_("Enter the five digits of the postcode.")),
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
    )
    city = forms.CharField(
        label=_("Town"), max_length=80, error_messages={"required": _("Enter the town.")}
    )
    store = forms.IntegerField(
        label=_("Shop"),
        min_value=1,
        max_value=BIG,
        error_messages=always(_("Choose the shop where the articles are collected.")),
    )

    def __init__(self, *args: Any, sent: bool, collected: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        unasked = () if sent else ("method", "line1", "line2", "postcode", "city")
        for name in (*unasked, *(() if collected else ("store",))):
            del self.fields[name]
        for field in self.fields.values():
            field.widget.attrs |= {"class": "input", "autocomplete": "off"}
        self.fields["name"].widget.attrs["autofocus"] = not self.is_bound

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if not (data.get("phone") or data.get("email") or {"phone", "email"} & set(self.errors)):
            self.add_error("email", _("Enter a telephone number or an e-mail address."))
        return data


class TenderForm(forms.Form):
    method = forms.ChoiceField(choices=[(name, name) for name in ("card", "cash", "points")])
    amount = AmountField(required=False)
    note = forms.IntegerField(min_value=1, max_value=1_000_000, required=False)
    key = forms.CharField(max_length=36)


class ReceiptForm(forms.Form):
    email = forms.CharField(max_length=254)


class ReturnForm(forms.Form):
    """How many units of each line come back, why and in what state."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=120,
        widget=forms.TextInput(attrs={"class": "input", "list": "reasons", "autocomplete": "off"}),
    )
    disposition = forms.ChoiceField(
        label=_("State of the goods"),
        choices=[
            (ReturnLine.Disposition.SELLABLE, _("Back on the shelf")),
            (ReturnLine.Disposition.DAMAGED, _("Damaged, not for sale")),
        ],
        initial=ReturnLine.Disposition.SELLABLE,
        widget=forms.RadioSelect,
    )


class HandOverForm(forms.Form):
    code = forms.CharField(max_length=200, required=False)
    handed_to = forms.CharField(max_length=120, required=False)
    known = forms.BooleanField(required=False)


class UntilForm(forms.Form):
    until = forms.DateTimeField(
        input_formats=["%Y-%m-%dT%H:%M"],
        error_messages=always(_("Choose a day and a time.")),
    )


class CancelForm(forms.Form):
    reason = forms.CharField(
        max_length=120, error_messages={"required": _("Say why it is cancelled.")}
    )


class PickForm(forms.Form):
    code = forms.CharField(max_length=80, error_messages={"required": _("Scan or type a code.")})


class NotFoundForm(forms.Form):
    line_id = forms.IntegerField(min_value=1, max_value=BIG)
    quantity = forms.IntegerField(
        min_value=1,
        max_value=MAX_QUANTITY,
        error_messages=always(_("Choose a quantity from 1 to 999.")),
    )


class ReadyForm(forms.Form):
    shelf = forms.CharField(
        max_length=20,
        required=False,
        error_messages={"max_length": _("A shelf has 20 characters at the most.")},
    )


class AgainForm(forms.Form):
    """From where a parcel is sent instead; empty: the best place."""

    place = forms.IntegerField(
        min_value=1,
        max_value=BIG,
        required=False,
        error_messages=always(_("Choose a place of the list.")),
    )


def carriers() -> list[tuple[str, str]]:
    """Who may be chosen to carry a parcel."""
    return [(one.name, one.name) for one in Carrier.objects.filter(active=True)]


class ShipForm(forms.Form):
    carrier = forms.ChoiceField(
        choices=carriers,
        error_messages=always(_("Say who carries it.")),
    )
    tracking = forms.CharField(
        max_length=60,
        error_messages={
            "required": _("Enter the tracking number."),
            "max_length": _("A tracking number has 60 characters at the most."),
        },
    )


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
