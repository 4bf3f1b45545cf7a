"""A new customer; for whom a sale's ordered articles are."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from omnishop.channels.till.forms.fields import BIG, always


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
