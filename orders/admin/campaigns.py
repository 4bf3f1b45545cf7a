"""Campaigns in the back office: written, counted, switched on, looked at (UX R2, E3)."""

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import admin, messages
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
    StreamingHttpResponse,
)
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from unfold.admin import StackedInline
from unfold.decorators import action

from customers.models import Customer, Message
from customers.services import trying
from omnishop.kernel.admin import ReadOnlyAdmin, StoreModelAdmin, actor, link_to
from omnishop.kernel.csv_tables import csv_file, csv_lines
from omnishop.kernel.errors import Invalid, Refusal
from omnishop.kernel.templatetags.omnishop import clock, money, number
from omnishop.network.selectors import sees_all_stores
from orders import campaign_board
from orders.campaign_texts import OURS, PLACES
from orders.models import Attribution, Campaign, CampaignStep, Relaunch
from orders.services import campaigns, relaunch, segments

Status = Campaign.Status


class StepForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs alone
    """A step; its texts use only placeholders that have a value."""

    class Meta:
        model = CampaignStep
        fields = (
            *("number", "delay_minutes", "channel", "coupon"),
            *("subject_fr", "body_fr", "subject_en", "body_en"),
        )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        # Of a new campaign the kind is in the form around this one.
        kind = self.data.get("kind") or getattr(self.instance.campaign, "kind", "")
        if kind in PLACES:
            for name in ("subject_fr", "body_fr", "subject_en", "body_en"):
                try:
                    campaigns.check_words(cleaned.get(name) or "", kind)
                except Invalid as error:
                    self.add_error(name, str(error))
        return cleaned


class StepInline(StackedInline):
    model = CampaignStep
    verbose_name_plural = pgettext_lazy("campaign", "steps")
    form = StepForm
    extra = 0
    min_num = 1
    fieldsets = (
        (None, {"fields": (("number", "delay_minutes"), ("channel", "coupon"))}),
        (_("In French"), {"fields": ("subject_fr", "body_fr")}),
        (_("In English"), {"fields": ("subject_en", "body_en")}),
    )


@admin.register(Campaign)
class CampaignAdmin(StoreModelAdmin):
    """Campaigns are head office's: they write to everybody."""

    list_display = ("name", "kind", "status", "starts_at", "ends_at", "activated_at")
    list_filter = ("status", "kind")
    search_fields = ("name",)
    ordering = ("-pk",)
    inlines = (StepInline,)
    readonly_fields = (
        "status",
        "activated_at",
        "activated_by",
        "activated_count",
        "placeholders",
        "people",
    )
    autocomplete_fields = ("home_store",)
    actions_detail = ("board", "try_out", "switch_on", "pause", "finish")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "name",
                    ("kind", "status"),
                    "starts_at",
                    "ends_at",
                    ("holdout_percent", "attribution_days"),
                    ("activated_at", "activated_by"),
                    "activated_count",
                    "placeholders",
                )
            },
        ),
        (
            _("What it looks back on"),
            {"fields": (("horizon_days", "catch_up_hours"), "lead_days")},
        ),
        (
            _("Whom it is for"),
            {
                "fields": (
                    ("home_store", "group"),
                    ("segment", "people"),
                    ("bought_days", "not_bought_days"),
                )
            },
        ),
    )

    def in_scope(self, rows: Any, request: HttpRequest) -> Any:
        return rows if sees_all_stores(request.user) else rows.none()

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        started = obj is not None and obj.status != Status.DRAFT
        return (*self.readonly_fields, "kind") if started else self.readonly_fields

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        draft = obj is None or obj.status == Status.DRAFT
        return draft and super().has_delete_permission(request, obj)

    @admin.display(description=_("placeholders of the texts"))
    def placeholders(self, campaign: Campaign) -> str:
        if campaign.kind not in PLACES:
            return "–"
        return ", ".join(f"{{{name}}}" for name in PLACES[campaign.kind])

    @admin.display(description=_("people of it"))
    def people(self, campaign: Campaign) -> str:
        """Counting may read every sale there is: only who asks has them counted."""
        if campaign.segment is None:
            return "–"
        page = reverse("admin:orders_campaign_count", args=[campaign.pk])
        return format_html('<a class="underline" href="{}">{}</a>', page, _("Count them now"))

    def get_urls(self) -> Any:
        count = path(
            "<int:campaign_id>/count/",
            self.admin_site.admin_view(self.count),
            name="orders_campaign_count",
        )
        return [count, *super().get_urls()]

    def count(self, request: HttpRequest, campaign_id: int) -> HttpResponse:
        """Count the people of the segment as it is done when a message is planned; and back."""
        if not self.has_view_permission(request):
            return HttpResponse(status=403)
        campaign, at = self.found(request, campaign_id), timezone.now()
        if campaign.segment:
            people = segments.size(campaign.segment, at=at)
            said = _t("People of the segment “%(name)s” at %(time)s: %(people)s") % {
                "name": campaign.segment,
                "time": clock(at),
                "people": number(people),
            }
            self.message_user(request, said, messages.INFO)
        page = reverse("admin:orders_campaign_change", args=[campaign.pk])
        return HttpResponseRedirect(page)

    @action(description=_("Results"), url_path="board", icon="monitoring", permissions=["view"])
    def board(self, request: HttpRequest, object_id: int) -> HttpResponseBase:
        """What was planned, sent, not sent and why, clicked, sold; or the same as a file."""
        campaign = self.found(request, object_id)
        figures = campaign_board.board(campaign)
        if request.GET.get("format") == "csv":
            return _table(campaign, figures)
        return TemplateResponse(
            request,
            "admin/orders/campaign/board.html",
            {
                **self.admin_site.each_context(request),
                "title": campaign.name,
                "opts": self.model._meta,
                "original": campaign,
                "campaign": campaign,
                "board": figures,
                "steps": [_with_links(one) for one in figures.steps],
                "sales": _list("orders_attribution", relaunch__campaign_step__campaign=campaign.pk),
                "now": timezone.now(),
            },
        )

    @action(description=_("Try out"), url_path="try", icon="preview", permissions=["view"])
    def try_out(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Each step as its reader gets it, in both languages; sent to oneself (E3)."""
        campaign = self.found(request, object_id)
        shown = [
            _try(step, language)
            for step in campaign.steps.order_by("number")
            for language in ("fr", "en")
        ]
        if request.method == "POST":
            wanted = request.POST.get("which", "")
            letter = next((one for one in shown if one["which"] == wanted), None)
            if letter is None:
                raise Http404
            try:
                trying.send(letter["message"], to=request.POST.get("to", ""), at=timezone.now())
            except Refusal as refusal:
                self.message_user(request, str(refusal), messages.ERROR)
            else:
                self.message_user(request, _t("The test is on its way."), messages.SUCCESS)
            return HttpResponseRedirect(request.path)
        return TemplateResponse(
            request,
            "admin/orders/campaign/try.html",
            {
                **self.admin_site.each_context(request),
                "title": campaign.name,
                "opts": self.model._meta,
                "original": campaign,
                "shown": shown,
                "mine": getattr(request.user, "email", ""),
            },
        )

    @action(description=_("Switch on"), url_path="on", icon="play_arrow", permissions=["change"])
    def switch_on(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """First the count of what leaves at once, then the button (FIELD 40)."""
        campaign, at = self.found(request, object_id), timezone.now()
        now = campaigns.forecast(campaign, at=at)
        form = ShownForm(request.POST or None, initial={"shown": now.planned})

        def work(data: dict[str, Any]) -> str:
            campaigns.activate(
                campaign_id=campaign.pk, shown=data["shown"], by=actor(request), at=at
            )
            return _t("The campaign is on.")

        return self.ask(
            request,
            campaign,
            title=_("Switch on"),
            submit=_("Switch on"),
            form=form,
            facts={
                _("planned at once"): now.planned,
                _("without an address in the channel"): now.no_address,
                _("without consent"): now.no_consent,
                _("had enough messages"): now.cap,
                _("would leave, less what was bought or is sold out"): now.sent,
                _("held out, %"): campaign.holdout_percent,
            },
            work=work,
        )

    @action(description=_("Pause"), url_path="pause", icon="pause", permissions=["change"])
    def pause(self, request: HttpRequest, object_id: int) -> HttpResponse:
        campaign = self.found(request, object_id)

        def work(_data: dict[str, Any]) -> str:
            campaigns.pause(campaign_id=campaign.pk)
            return _t("The campaign is paused. Nothing leaves.")

        return self.ask(
            request,
            campaign,
            title=_("Pause"),
            submit=_("Pause"),
            form=forms.Form(request.POST if request.method == "POST" else None),
            facts={_("What is planned"): _("waits until it is switched on again")},
            work=work,
        )

    @action(description=_("End"), url_path="end", icon="stop", permissions=["change"])
    def finish(self, request: HttpRequest, object_id: int) -> HttpResponse:
        campaign = self.found(request, object_id)

        def work(_data: dict[str, Any]) -> str:
            campaigns.finish(campaign_id=campaign.pk, at=timezone.now())
            return _t("The campaign is over.")

        return self.ask(
            request,
            campaign,
            title=_("End"),
            submit=_("End"),
            form=forms.Form(request.POST if request.method == "POST" else None),
            facts={_("What is planned"): _("does not leave, and the log says so")},
            work=work,
        )


class ShownForm(forms.Form):
    """The count that was shown when the button was pressed."""

    shown = forms.IntegerField(widget=forms.HiddenInput, min_value=0)


@admin.register(CampaignStep)
class CampaignStepAdmin(ReadOnlyAdmin):
    """Steps as filters and links need them; they are edited with their campaign."""

    list_display = ("campaign", "number", "channel", "delay_minutes", "planned_until")
    list_select_related = ("campaign",)

    def in_scope(self, rows: Any, request: HttpRequest) -> Any:
        return rows if sees_all_stores(request.user) else rows.none()


@admin.register(Attribution)
class AttributionAdmin(ReadOnlyAdmin):
    """Sales of every channel, with the message that each followed."""

    list_display = ("found_at", "of", "channel", "paid", "after", "touch")
    list_filter = ("touch", "order__channel", "relaunch__campaign_step__campaign")
    list_select_related = ("order", "relaunch__campaign_step__campaign")

    def in_scope(self, rows: Any, request: HttpRequest) -> Any:
        return rows if sees_all_stores(request.user) else rows.none()

    @admin.display(description=_("order"))
    def of(self, row: Attribution) -> str:
        return link_to(row.order)

    @admin.display(description=_("channel"))
    def channel(self, row: Attribution) -> str:
        return row.order.get_channel_display()

    @admin.display(description=_("paid"))
    def paid(self, row: Attribution) -> str:
        return money(row.order.total_minor, row.order.currency)

    @admin.display(description=_("message"))
    def after(self, row: Attribution) -> str:
        return link_to(row.relaunch, row.relaunch.campaign_step)


def _said(_done: Campaign, sentence: str) -> str:
    return sentence


def _list(model: str, **query: Any) -> str:
    keys = {f"{key}__exact": value for key, value in query.items()}
    return f"{reverse(f'admin:{model}_changelist')}?{urlencode(keys)}"


def _with_links(one: campaign_board.StepFigures) -> dict[str, Any]:
    """A step's figures; each number opens its rows."""
    pk, step = one.step.campaign_id, one.step.number

    def rows(**query: Any) -> str:
        return _list("orders_relaunch", campaign_step__campaign=pk, step=step, **query)

    return {
        "figures": one,
        "all": rows(),
        "scheduled": rows(status="scheduled"),
        "sent": rows(status="sent"),
        "held_out": rows(status="held_out"),
        "sales": _list("orders_attribution", relaunch__campaign_step__campaign=pk),
        "reasons": [
            (Relaunch.Reason(reason).label, count, rows(status="withheld", reason=reason))
            for reason, count in one.reasons.items()
        ],
    }


def _try(step: CampaignStep, language: str) -> dict[str, Any]:
    """A step written to an invented reader."""
    reader = Customer(first_name="Camille", language=language, number="C-000000", pk=0)
    message = Message(
        pk=0,
        channel=step.channel,
        purpose=Message.Purpose.MARKETING,
        template=relaunch.template_of(step),
        to="",
        language=language,
        context=relaunch.sample_of(step, reader),
    )
    return {
        "which": f"{step.number}-{language}",
        "step": step,
        "language": language,
        "message": message,
        "letter": trying.written(message),
        "ours": not getattr(step, f"subject_{language}") and str(OURS[step.campaign.kind][0]),
    }


def _table(campaign: Campaign, figures: campaign_board.Board) -> StreamingHttpResponse:
    """The board's figures, a row for each step."""
    header = [
        *(_t("campaign"), _t("step"), _t("channel"), _t("planned"), _t("waiting"), _t("sent")),
        *(_t("held out"), _t("not sent"), _t("why"), _t("clicked"), _t("orders"), _t("cents")),
    ]
    rows = []
    for one in figures.steps:
        why = ", ".join(f"{Relaunch.Reason(key).label}: {n}" for key, n in one.reasons.items())
        rows.append(
            [
                *(campaign.name, one.step.number, one.step.get_channel_display(), one.planned),
                *(one.scheduled, one.sent, one.held_out, one.withheld, why, one.clicked),
                *(one.orders, one.amount_minor),
            ]
        )
    return csv_file(csv_lines(header, rows), f"campaign-{campaign.pk}.csv")
