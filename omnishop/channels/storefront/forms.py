"""Forms of checkout, account and withdrawal; the rules behind them are the services'."""

from datetime import date
from typing import Any
from uuid import uuid4

from django import forms
from django.core.validators import RegexValidator
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from catalog.models.review import LONGEST, LONGEST_QUESTION
from customers.services.identities import normal_phone
from omnishop.channels.cases import WriteForm
from omnishop.kernel.errors import Refusal
from omnishop.network.models import Store


def name_field(max_length: int = 160) -> forms.CharField:
    """The first and last name of whom we write to."""
    return forms.CharField(
        label=_("First and last name"),
        max_length=max_length,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        error_messages={"required": _("Enter your name.")},
    )


def email_field(help_text: Any) -> forms.EmailField:
    """The address that we write to, with what goes there."""
    return forms.EmailField(
        label=_("E-mail address"),
        help_text=help_text,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={
            "required": _("Enter your e-mail address. Example: camille@example.org"),
            "invalid": _("This is not an e-mail address. Example: camille@example.org"),
        },
    )


class ContactForm(forms.Form):
    """Who orders and how to reach them; an account is offered afterwards (C1)."""

    name = name_field(120)
    email = email_field(_("For the confirmation and the pick-up code."))
    phone = forms.CharField(
        label=_("Telephone"),
        required=False,
        max_length=20,
        help_text=_("Only to reach you about this order."),
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel", "inputmode": "tel"}),
    )

    def clean_phone(self) -> str:
        value: str = self.cleaned_data["phone"].strip()
        if not value:
            return ""
        try:
            normal_phone(value)
        except Refusal as refusal:
            raise forms.ValidationError(str(refusal)) from refusal
        return value


class PickupForm(forms.Form):
    """Collected at a store; someone else may come for it (C3)."""

    store = forms.IntegerField(
        widget=forms.HiddenInput,
        error_messages={
            "required": _("Choose the store where you collect."),
            "invalid": _("Choose the store where you collect."),
        },
    )
    collector = forms.CharField(
        label=_("Another person collects: their name"),
        required=False,
        max_length=120,
        help_text=_("They bring the code and an identity document."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class DeliveryForm(forms.Form):
    """Brought home."""

    method = forms.IntegerField(
        widget=forms.HiddenInput,
        error_messages={
            "required": _("Choose a delivery."),
            "invalid": _("Choose a delivery."),
        },
    )
    line1 = forms.CharField(
        label=_("Number and street"),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "address-line1"}),
        error_messages={"required": _("Enter the number and the street.")},
    )
    line2 = forms.CharField(
        label=_("Building, floor, access code"),
        required=False,
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "address-line2"}),
    )
    postcode = forms.CharField(
        label=_("Postcode"),
        max_length=5,
        validators=[RegexValidator(r"^\d{5}$", _("Enter the five digits of the postcode."))],
        widget=forms.TextInput(
            attrs={"autocomplete": "postal-code", "inputmode": "numeric", "pattern": r"\d{5}"}
        ),
        error_messages={"required": _("Enter the five digits of the postcode.")},
    )
    city = forms.CharField(
        label=_("Town"),
        max_length=80,
        widget=forms.TextInput(attrs={"autocomplete": "address-level2"}),
        error_messages={"required": _("Enter the town.")},
    )


class WithdrawalForm(forms.Form):
    """What the law asks for and nothing more: no sign-in, no reason (A3)."""

    name = name_field()
    email = email_field(_("The receipt of your withdrawal goes there."))
    order_number = forms.CharField(
        label=_("Order number"),
        max_length=40,
        help_text=_("On the confirmation. Example: O-0001042"),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": _("Enter the order number.")},
    )
    lines = forms.CharField(
        label=_("Articles concerned"),
        required=False,
        max_length=2000,
        help_text=_("Leave empty to withdraw from the whole order."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class ServiceForm(WriteForm):
    """What somebody who is signed in asks us."""

    subject = forms.CharField(
        label=_("Subject"),
        max_length=120,
        error_messages={"required": _("Say in a few words what it is about.")},
    )
    order_number = forms.CharField(
        label=_("Order number"),
        max_length=20,
        required=False,
        help_text=_("If it is about an order. Example: O-0001042"),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    field_order: tuple[str, ...] = ("subject", "order_number", "text", "attachments")


class GuestServiceForm(ServiceForm):
    """What a guest asks us, and where we answer."""

    name = name_field()
    email = email_field(_("Our answer and the link to your request go there."))
    field_order = ("name", "email", "subject", "order_number", "text", "attachments")


class ProfileForm(forms.Form):
    """Name and language of the person who is signed in."""

    first_name = forms.CharField(
        label=_("First name"),
        max_length=80,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "given-name"}),
    )
    last_name = forms.CharField(
        label=_("Last name"),
        max_length=80,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "family-name"}),
    )
    birth_date = forms.DateField(
        label=_("Birth date"),
        required=False,
        help_text=_("For your birthday offer, if you agreed to offers."),
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", "autocomplete": "bday"}),
    )
    postcode = forms.CharField(
        label=_("Postcode"),
        max_length=10,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "postal-code", "inputmode": "numeric"}),
    )
    home_store = forms.ModelChoiceField(
        Store.objects.open_to_shoppers(),
        label=_("My store"),
        required=False,
        empty_label=_("Where I was last"),
        widget=forms.Select(attrs={"class": "select"}),
    )
    language = forms.ChoiceField(
        label=_("Language of our messages"), choices=[("fr", "Français"), ("en", "English")]
    )

    def clean_birth_date(self) -> date | None:
        born: date | None = self.cleaned_data["birth_date"]
        if born and not date(1900, 1, 1) <= born < timezone.localdate():
            raise forms.ValidationError(_("This birth date cannot be right. Example: 12/03/1984"))
        return born


class SignedForm(forms.Form):
    """Words that staff read before they are shown, and the name below them."""

    text = forms.CharField(
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 6}),
        error_messages={"required": _("Write a few words: 10 characters at least.")},
    )
    author = forms.CharField(
        label=_("Signed"),
        max_length=40,
        help_text=_("This name is shown. A first name is enough."),
        widget=forms.TextInput(attrs={"autocomplete": "given-name"}),
        error_messages={"required": _("Sign with 2 to 40 characters, such as a first name.")},
    )


class ReviewForm(SignedForm):
    """Stars and words about an article that was received."""

    rating = forms.TypedChoiceField(
        label=_("Your rating"),
        coerce=int,
        choices=[
            (5, _("5 stars: excellent")),
            (4, _("4 stars: good")),
            (3, _("3 stars: fair")),
            (2, _("2 stars: poor")),
            (1, _("1 star: bad")),
        ],
        widget=forms.RadioSelect(attrs={"class": "choices"}),
        error_messages={"required": _("Choose 1 to 5 stars.")},
    )
    title = forms.CharField(label=_("In a few words"), max_length=80, required=False)
    field_order = ("rating", "title", "text", "author")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["text"].label = _("Your review")
        self.fields["text"].help_text = _(
            "About the article: what you use it for, what pleases, what does not. No address, no"
            " telephone number, no link."
        )


class QuestionForm(SignedForm):
    """A question about a product; `key` makes a second press harmless."""

    key = forms.CharField(
        widget=forms.HiddenInput, max_length=40, initial=lambda: uuid4().hex, required=False
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["text"].label = _("Your question")
        self.fields["text"].help_text = _("500 characters at the most. No address, no telephone.")
        self.fields["text"].widget.attrs["rows"] = 3
        self.fields["text"].widget.attrs["maxlength"] = LONGEST_QUESTION


class AnswerForm(SignedForm):
    """A buyer's answer to somebody's question."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["text"].label = _("Your answer")
        self.fields["text"].widget.attrs["rows"] = 4
