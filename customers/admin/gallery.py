"""Every message that we write, as its reader would get it, in both languages (UX E3)."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from customers.models import Message
from customers.samples import SAMPLES
from customers.services import trying
from customers.services.messages import preview
from omnishop.kernel.errors import Refusal

FOLDER = Path(settings.BASE_DIR) / "templates" / "messages"
SUFFIX = {"email": ".txt", "sms": ".sms.txt", "push": ".push.txt"}


def names() -> list[str]:
    """The templates, each with a body for one channel or more."""
    return sorted(path.name.split(".")[0] for path in FOLDER.glob("*.subject.txt"))


def _sample(name: str, channel: str, language: str) -> Message:
    return Message(
        pk=0,
        channel=channel,
        purpose=Message.Purpose.SERVICE,
        template=name,
        language=language,
        context=SAMPLES["common"] | SAMPLES.get(name, {}),
    )


def gallery(owner: Any) -> Callable[[HttpRequest], HttpResponse]:
    """The page of the templates, on the admin of messages."""

    def view(request: HttpRequest) -> HttpResponse:
        if not owner.has_view_permission(request):
            raise Http404
        name = request.GET.get("name", "")
        language = "en" if request.GET.get("language") == "en" else "fr"
        if name and name not in names():
            raise Http404
        shown = [
            _sample(name, channel, language)
            for channel, suffix in SUFFIX.items()
            if name and (FOLDER / f"{name}{suffix}").exists()
        ]
        if request.method == "POST":
            chosen = [one for one in shown if one.channel == request.POST.get("channel")]
            if not chosen:
                raise Http404
            try:
                trying.send(chosen[0], to=request.POST.get("to", ""), at=timezone.now())
            except Refusal as refusal:
                owner.message_user(request, str(refusal), messages.ERROR)
            else:
                owner.message_user(request, _("The test is on its way."), messages.SUCCESS)
            return HttpResponseRedirect(request.get_full_path())
        return TemplateResponse(
            request,
            "admin/customers/message/templates.html",
            {
                **owner.admin_site.each_context(request),
                "title": _("Templates of messages"),
                "opts": owner.model._meta,
                "names": names(),
                "name": name,
                "language": language,
                "shown": [(one, preview(one)) for one in shown],
                "mine": getattr(request.user, "email", ""),
            },
        )

    return view
