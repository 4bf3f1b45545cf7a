"""The picking list and the parcel table."""

from django import forms
from django.utils.translation import gettext_lazy as _

from omnishop.channels.till.forms.fields import BIG, always
from orders.models import Carrier
from orders.models.basket import MAX_QUANTITY


class PickForm(forms.Form):
    code = forms.CharField(max_length=80, error_messages={"required": _("Scan or type a code.")})


class NotFoundForm(forms.Form):
    line_id = forms.IntegerField(min_value=1, max_value=BIG)
    quantity = forms.IntegerField(
        min_value=1,
        max_value=MAX_QUANTITY,
        error_messages=always(_("Choose a quantity from 1 to 999.")),
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
