"""Forms of the service desk; the rules behind them are the services'."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from customers.models import Case
from omnishop.channels.cases import WriteForm, new_key
from omnishop.network.models import Store, User

Status = Case.Status


class AnswerForm(WriteForm):
    """An answer that the customer reads; `version` is what the agent saw."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2**31)
    then = forms.ChoiceField(
        label=_("Then"),
        choices=[
            (Status.WAITING, pgettext_lazy("case", "wait for the customer")),
            (Status.SOLVED, pgettext_lazy("case", "mark as solved")),
            (Status.OPEN, pgettext_lazy("case", "keep to answer")),
        ],
        initial=Status.WAITING,
    )
    field_order = ("text", "attachments", "then")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["text"].label = _("Answer")
        self.fields["text"].widget.attrs["rows"] = 7


class NoteForm(WriteForm):
    """A call, a talk in the shop, or a note among staff."""

    way = forms.ChoiceField(
        label=_("What it was"),
        choices=[
            ("note", _("Note for staff only")),
            ("phone", _("Call: the customer reads it too")),
            ("shop", _("In the shop: the customer reads it too")),
        ],
        initial="note",
    )
    then = forms.ChoiceField(
        label=_("Then"),
        required=False,
        choices=[
            ("", pgettext_lazy("case", "leave as it is")),
            (Status.WAITING, pgettext_lazy("case", "wait for the customer")),
            (Status.SOLVED, pgettext_lazy("case", "mark as solved")),
            (Status.CLOSED, pgettext_lazy("case", "close")),
        ],
    )
    field_order = ("way", "text", "attachments", "then")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["text"].label = _("What was said")


class NewCaseForm(forms.Form):
    """A case that staff begin: somebody calls, or stands in the shop."""

    channel = forms.ChoiceField(
        label=_("By which way"),
        choices=[
            (Case.Channel.PHONE, Case.Channel.PHONE.label),
            (Case.Channel.SHOP, Case.Channel.SHOP.label),
            (Case.Channel.EMAIL, Case.Channel.EMAIL.label),
        ],
    )
    subject = forms.CharField(label=_("Subject"), max_length=120)
    text = forms.CharField(
        label=_("What was said"), max_length=10_000, widget=forms.Textarea(attrs={"rows": 5})
    )
    name = forms.CharField(label=_("Name"), max_length=160, required=False)
    email = forms.EmailField(label=_("E-mail address"), required=False)
    phone = forms.CharField(
        label=_("Telephone"),
        max_length=30,
        required=False,
        widget=forms.TextInput(attrs={"type": "tel", "inputmode": "tel"}),
    )
    priority = forms.TypedChoiceField(
        label=_("Priority"), coerce=int, choices=Case.Priority, initial=Case.Priority.NORMAL
    )
    store: "forms.ModelChoiceField[Store]" = forms.ModelChoiceField(
        label=_("Team"), queryset=Store.objects.none(), required=False,
        empty_label=_("Customer service"),
    )  # fmt: skip
    customer = forms.CharField(widget=forms.HiddenInput, max_length=12, required=False)
    order = forms.CharField(widget=forms.HiddenInput, max_length=20, required=False)
    key = forms.CharField(widget=forms.HiddenInput, max_length=40, initial=new_key)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        teams(self.fields["store"], user)


class ChangeForm(forms.Form):
    """Subject, urgency and team."""

    subject = forms.CharField(label=_("Subject"), max_length=160)
    priority = forms.TypedChoiceField(label=_("Priority"), coerce=int, choices=Case.Priority)
    store: "forms.ModelChoiceField[Store]" = forms.ModelChoiceField(
        label=_("Team"), queryset=Store.objects.none(), required=False,
        empty_label=_("Customer service"),
    )  # fmt: skip

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        teams(self.fields["store"], user)


def teams(field: forms.Field, user: User) -> None:
    """A case may go to any store's people: whoever sends it may no longer see it."""
    assert isinstance(field, forms.ModelChoiceField)  # noqa: S101  for the type checker
    field.queryset = Store.objects.filter(active=True)


class ActForm(forms.Form):
    """Why, and the key that makes a second press harmless."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=100,
        help_text=_("The customer reads it with points; it stands in the case."),
    )
    key = forms.CharField(widget=forms.HiddenInput, max_length=40, initial=new_key)


class PointsForm(ActForm):
    """How many points, and why."""

    points = forms.IntegerField(label=_("Points"), min_value=1, max_value=100_000)
    field_order = ("points", "reason")


class VoucherForm(ActForm):
    """How much, and why."""

    amount = forms.DecimalField(
        label=_("Amount in euros"), min_value=1, max_value=10_000, max_digits=7, decimal_places=2
    )
    field_order = ("amount", "reason")
