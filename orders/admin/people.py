"""Records that may be one person: the evidence, what would come along, and both decisions."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action
from unfold.widgets import UnfoldAdminRadioSelectWidget

from customers.models import Customer, CustomerMerge, DuplicateCandidate
from customers.selectors import find
from customers.services.merging import keep_apart, merge, unmerge
from omnishop.kernel.admin import (
    AskForm,
    ReadOnlyAdmin,
    StoreModelAdmin,
    actor,
    link_to,
    reason_field,
)
from orders.people import Belongings, belongings

FIELDS = {
    "first_name": _("first name"),
    "last_name": _("last name"),
    "names": _("names"),
    "birth_date": _("birth date"),
    "postcode": _("postcode"),
    "email": _("e-mail"),
    "phone": _("telephone"),
    "staff": _("staff"),
    "file": _("imported file"),
}
LEVELS = {
    "same": _("the same"),
    "close": _("nearly the same"),
    "faint": _("alike"),
    "different": _("different"),
    "swapped": _("changed places"),
    "said": _("say it is one person"),
    "together": _("keys of both in one row"),
}


class MergeForm(AskForm):
    """Which record goes on, and why they are one."""

    keep = forms.ChoiceField(label=_("record that goes on"), widget=UnfoldAdminRadioSelectWidget())
    reason = reason_field()

    def __init__(self, *args: Any, people: list[Customer], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        keep: Any = self.fields["keep"]
        keep.choices = [(str(person.pk), f"{person} ({person.number})") for person in people]
        keep.initial = str(people[0].pk)


@admin.register(DuplicateCandidate)
class DuplicateCandidateAdmin(StoreModelAdmin):
    """The review queue. Staff may also put two records here themselves."""

    list_display = ("likelihood", "one", "other", "why", "status", "found_at")
    list_display_links = ("likelihood",)
    list_filter = ("status",)
    list_select_related = ("first", "second")
    ordering = ("-score_bp", "pk")
    search_fields = ("first__number",)
    search_help_text = _("Name, e-mail, telephone, card or customer number")
    autocomplete_fields = ("first", "second")
    change_form_before_template = "admin/orders/duplicate.html"
    actions_detail = ("join", "apart")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("first", "second", "status", "found_at", "decided_at", "decided_by") if obj else ()

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return ((None, {"fields": (("first", "second"),)}),)
        return ((None, {"fields": (("status", "found_at"), ("decided_at", "decided_by"))}),)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def find(self, rows: Any, term: str) -> Any:
        people = {person.pk for person in find(term)}
        return rows.filter(Q(first__in=people) | Q(second__in=people))

    def get_form(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        if obj is None:
            kwargs["form"] = PairForm
        return super().get_form(request, obj, **kwargs)

    def save_model(self, request: Any, obj: Any, form: Any, change: bool) -> None:
        if not change:
            obj.score_bp, obj.evidence, obj.found_at = 10_000, [["staff", "said"]], timezone.now()
            super().save_model(request, obj, form, change)

    @admin.display(description=_("likelihood"), ordering="-score_bp")
    def likelihood(self, candidate: DuplicateCandidate) -> str:
        return f"{candidate.score_bp // 100} %"

    @admin.display(description=_("record"))
    def one(self, candidate: DuplicateCandidate) -> str:
        return str(candidate.first)

    @admin.display(description=_("other record"))
    def other(self, candidate: DuplicateCandidate) -> str:
        return str(candidate.second)

    @admin.display(description=_("what speaks for it"))
    def why(self, candidate: DuplicateCandidate) -> str:
        return ", ".join(
            _t("%(field)s: %(level)s")
            % {"field": FIELDS.get(field, field), "level": LEVELS.get(level, level)}
            for field, level in candidate.evidence
        )

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> Any:
        candidate = self.get_object(request, object_id)
        extra = {"sides": sides(candidate)} if candidate else {}
        return super().change_view(request, object_id, form_url, (extra_context or {}) | extra)

    @action(
        description=_("One person: merge"), url_path="merge", icon="merge", permissions=["change"]
    )
    def join(self, request: HttpRequest, object_id: int) -> HttpResponse:
        candidate = self.found(request, object_id)
        people = [candidate.first, candidate.second]

        def work(data: dict[str, Any]) -> str:
            target = next(person for person in people if str(person.pk) == data["keep"])
            source = next(person for person in people if person != target)
            merge(
                source_id=source.pk,
                target_id=target.pk,
                reason=data["reason"],
                by=actor(request),
                at=timezone.now(),
            )
            return _t("%(source)s is part of %(target)s now. The merge can be undone.") % {
                "source": source.number,
                "target": target.number,
            }

        return self.ask(
            request,
            candidate,
            title=_("Merge two records"),
            submit=_("Merge the records"),
            form=MergeForm(request.POST or None, people=people),
            facts={f"{person} ({person.number})": _summary(person) for person in people}
            | {
                _("What happens"): _(
                    "Cards, points, consents, baskets, orders and messages of both are found under "
                    "one person. Nothing is copied or lost; of two answers about marketing the "
                    "stricter one counts. No message is sent."
                )
            },
            work=work,
        )

    @action(description=_("Two people"), url_path="apart", icon="group", permissions=["change"])
    def apart(self, request: HttpRequest, object_id: int) -> HttpResponse:
        candidate = self.found(request, object_id)

        def work(_data: dict[str, Any]) -> str:
            keep_apart(candidate_id=candidate.pk, by=actor(request), at=timezone.now())
            return _t("They stay two people, and are not proposed again.")

        return self.ask(
            request,
            candidate,
            title=_("Two people"),
            submit=_("Keep them apart"),
            form=AskForm(request.POST or None),
            facts={_("records"): f"{candidate.first} / {candidate.second}"},
            work=work,
        )


class PairForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs alone
    """Two different live records."""

    class Meta:
        model = DuplicateCandidate
        fields = ("first", "second")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        people = [data[name] for name in ("first", "second") if data.get(name)]
        if len(people) < 2:
            return data
        if people[0] == people[1]:
            raise forms.ValidationError(_("Choose two different records."))
        if any(person.merged_into_id for person in people):
            raise forms.ValidationError(_("One of them is part of another record already."))
        first, second = sorted(people, key=lambda person: person.pk)
        if DuplicateCandidate.objects.filter(first=first, second=second).exists():
            raise forms.ValidationError(_("These two are in the list already."))
        return data | {"first": first, "second": second}


@dataclass(frozen=True, slots=True)
class Side:
    """One record of a pair, as the review page shows it."""

    customer: Customer
    belongings: Belongings


def sides(candidate: DuplicateCandidate) -> list[Side]:
    """Both records with what belongs to them."""
    return [Side(person, belongings(person)) for person in (candidate.first, candidate.second)]


def _summary(person: Customer) -> str:
    own = belongings(person)
    return _t(
        "%(cards)s cards, %(points)s points, %(consents)s consents, %(orders)s orders, "
        "%(baskets)s open baskets, %(messages)s messages"
    ) % {
        "cards": len(own.cards),
        "points": own.points,
        "consents": own.consents,
        "orders": own.orders,
        "baskets": own.baskets,
        "messages": own.messages,
    }


@admin.register(CustomerMerge)
class CustomerMergeAdmin(ReadOnlyAdmin):
    """Every merge, by whom and why; each can be undone, the latest of a chain first."""

    list_display = ("at", "source", "target", "reason", "by", "undone_at", "undone_by")
    list_select_related = ("source", "target")
    search_fields = ("source__number",)
    search_help_text = _("Name, e-mail, telephone, card or customer number")
    fields = (("from_record", "into_record"), "reason", ("at", "by"), ("undone_at", "undone_by"))
    readonly_fields = ("from_record", "into_record")
    actions_detail = ("undo",)

    def find(self, rows: Any, term: str) -> Any:
        number = Q(source__number=term.upper()) | Q(target__number=term.upper())
        return rows.filter(number | Q(target__in={person.pk for person in find(term)}))

    def has_undo_permission(self, request: HttpRequest, _object_id: Any = None) -> bool:
        return request.user.has_perm("customers.change_customermerge")

    @admin.display(description=_("record"))
    def from_record(self, done: CustomerMerge) -> str:
        return link_to(done.source)

    @admin.display(description=_("merged into"))
    def into_record(self, done: CustomerMerge) -> str:
        return link_to(done.target)

    @action(description=_("Undo"), url_path="undo", icon="undo", permissions=["undo"])
    def undo(self, request: HttpRequest, object_id: int) -> HttpResponse:
        done = self.found(request, object_id)

        def work(_data: dict[str, Any]) -> str:
            unmerge(merge_id=done.pk, by=actor(request), at=timezone.now())
            return _t("%(source)s and %(target)s are two people again.") % {
                "source": done.source.number,
                "target": done.target.number,
            }

        return self.ask(
            request,
            done,
            title=_("Undo the merge"),
            submit=_("Make them two again"),
            form=AskForm(request.POST or None),
            facts={
                f"{done.source} ({done.source.number})": _summary(done.source),
                _("What happens"): _(
                    "Each record gets back what was written for it. What was written since the "
                    "merge belongs to %(target)s and stays there."
                )
                % {"target": done.target.number},
            },
            work=work,
        )
