"""The pick-up desk."""

from django import forms
from django.utils.translation import gettext_lazy as _

from omnishop.channels.till.forms.fields import always


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


class ReadyForm(forms.Form):
    shelf = forms.CharField(
        max_length=20,
        required=False,
        error_messages={"max_length": _("A shelf has 20 characters at the most.")},
    )
