"""What somebody approves with a PIN."""

from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from omnishop.channels.till.access import Desk
from omnishop.channels.till.forms.fields import AmountField
from omnishop.network.selectors import approvers
from orders.services.approvals import Ask


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
