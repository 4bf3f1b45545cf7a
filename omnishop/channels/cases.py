"""What a case shows at every door: its words, what was done in them, its files."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import uuid4

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.http import FileResponse, Http404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext

from customers import cases
from customers.models import Case, CaseAttachment, CaseEntry
from customers.services.attachments import MAX_BYTES, Upload
from omnishop.kernel.templatetags.omnishop import money, number
from omnishop.network.selectors import names

ACCEPT = "image/jpeg,image/png,image/webp,image/heic,application/pdf"


class FilesInput(forms.ClearableFileInput):
    """Several files in one field."""

    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Up to five files; what they may be is the service's to say."""

    widget = FilesInput

    def clean(self, data: object, initial: object = None) -> list[Upload]:
        """The files as they arrived; of one that is too large no more than shows it."""
        given = data if isinstance(data, list | tuple) else [data] if data else []
        return [
            Upload(one.name or "file", one.read(MAX_BYTES + 1))
            for one in given
            if isinstance(one, UploadedFile)
        ]


def new_key() -> str:
    """The key of a form: two presses are one."""
    return uuid4().hex


class WriteForm(forms.Form):
    """Words, files, and the key that makes a second press harmless."""

    text = forms.CharField(
        label=gettext_lazy("Your message"),
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 5}),
        error_messages={"required": gettext_lazy("Write your message.")},
    )
    attachments = FilesField(
        label=gettext_lazy("Pictures or PDF files"),
        required=False,
        help_text=gettext_lazy("Five at the most, 5 MB each."),
        widget=FilesInput(attrs={"accept": ACCEPT}),
    )
    key = forms.CharField(widget=forms.HiddenInput, max_length=40, initial=new_key)


@dataclass(frozen=True, slots=True)
class Said:
    """An entry as a page shows it."""

    entry: CaseEntry
    who: str
    words: str  # of an event; the text of a message is the entry's own
    icon: str


ICONS = {
    Case.Channel.FORM: "monitor",
    Case.Channel.EMAIL: "mail",
    Case.Channel.PHONE: "phone",
    Case.Channel.SHOP: "store",
    Case.Channel.CHAT: "send",
    "": "pencil",
}
DONE_ICONS = {
    "cancelled": "ban",
    "refunded": "hand-coins",
    "points": "gift",
    "voucher": "ticket-percent",
    "resent": "mail",
    "ordered": "shopping-bag",
    "basket_sent": "send",
    "merged": "arrow-left-right",
    "solved": "circle-check",
    "closed": "lock",
    "reopened": "rotate-ccw",
}


def done(entry: CaseEntry, people: dict[str, str]) -> str:
    """What was done, in words."""
    data = entry.data
    amount = money(data.get("amount_minor", 0), data.get("currency"))
    to = people.get(data.get("to", ""), "")
    words = {
        "solved": _("Marked as solved"),
        "closed": pgettext("case", "Closed"),
        "reopened": _("Opened again"),
        "assigned": _("Given to %(name)s") % {"name": to} if to else _("Nobody deals with it now"),
        "changed": _("Priority or team changed"),
        "person": _("Customer: %(number)s") % {"number": data.get("number", "")},
        "order": _("Order: %(number)s") % {"number": data.get("number", "")},
        "merged": _("Case %(number)s joined to this one") % {"number": data.get("number", "")},
        "cancelled": _("Order %(order)s: cancelled, %(amount)s given back")
        % {"order": data.get("order", ""), "amount": amount},
        "refunded": _("Order %(order)s: %(amount)s given back")
        % {"order": data.get("order", ""), "amount": amount},
        "points": ngettext(
            "%(points)s point given: %(reason)s",
            "%(points)s points given: %(reason)s",
            data.get("points", 0),
        )
        % {"points": number(data.get("points", 0)), "reason": data.get("reason", "")},
        "voucher": _("Voucher of %(amount)s given, code %(code)s: %(reason)s")
        % {"amount": amount, "code": data.get("code", ""), "reason": data.get("reason", "")},
        "ordered": _("Order %(order)s placed: %(amount)s to pay at %(store)s")
        % {"order": data.get("order", ""), "amount": amount, "store": data.get("store", "")},
        "basket_sent": ngettext(
            "Link to a basket of %(count)s article sent (%(amount)s)",
            "Link to a basket of %(count)s articles sent (%(amount)s)",
            data.get("units", 0),
        )
        % {"count": data.get("units", 0), "amount": amount},
        "resent": _("Sent again: %(subject)s") % {"subject": data.get("subject", "")},
    }
    return words.get(entry.what, entry.what)


def said(case: Case, *, internal: bool) -> list[Said]:
    """The words of a case for staff (`internal`) or for its customer. Three statements."""
    entries = list(cases.entries(case, internal=internal))
    actors = {entry.actor for entry in entries} | {entry.data.get("to", "") for entry in entries}
    people = names(actors)
    return [_said(case, entry, people, internal=internal) for entry in entries]


def missed(case: Case, entries: Iterable[CaseEntry]) -> list[Said]:
    """What was written while an agent wrote."""
    entries = list(entries)
    people = names({entry.actor for entry in entries})
    return [_said(case, entry, people, internal=True) for entry in entries]


def _said(case: Case, entry: CaseEntry, people: dict[str, str], *, internal: bool) -> Said:
    event = entry.kind == CaseEntry.Kind.EVENT
    icon = DONE_ICONS.get(entry.what, "history") if event else ICONS.get(entry.channel, "pencil")
    if entry.side == CaseEntry.Side.CUSTOMER:
        who = (case.name or case.email or _("Customer")) if internal else _("You")
    elif entry.actor.startswith("user:"):
        full = people.get(entry.actor, "")
        who = full if internal else _("Customer service") if not full else full.split()[0]
    else:
        who = _("Automatic") if internal else ""
    return Said(entry, who, done(entry, people) if event else "", icon)


def file_response(link: str) -> FileResponse:
    """The file of a short-lived signed address: downloaded, never shown as a page of ours."""
    attachment = cases.file_of(link)
    if attachment is None:
        raise Http404
    response = FileResponse(
        attachment.file.open("rb"),
        as_attachment=True,
        filename=attachment.name,
        content_type=attachment.kind,
    )
    response["Cache-Control"] = "no-store, private"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def attachment_of(case: Case, pk: int, *, internal: bool) -> CaseAttachment:
    """A file of a case that somebody was let in to; 404 for another's."""
    wanted = CaseAttachment.objects.filter(pk=pk, entry__in=cases.entries(case, internal=internal))
    found = wanted.first()
    if found is None:
        raise Http404
    return found


def uploads(form: forms.Form) -> Sequence[Upload]:
    """The files of a checked form."""
    found: Sequence[Upload] = form.cleaned_data.get("attachments") or ()
    return found
