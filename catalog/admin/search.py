"""Words that mean the same, and what was searched without being found."""

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import admin
from django.contrib.postgres.forms import SimpleArrayField
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextInputWidget

from catalog.models import SearchLog, Synonym
from catalog.search import forget_synonyms, phrase_of
from omnishop.kernel.admin import ReadOnlyAdmin, StoreModelAdmin


class SynonymForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs alone
    """Words that mean the same; each said once, and each a word."""

    words = SimpleArrayField(
        forms.CharField(max_length=60, strip=True),
        label=_("words"),
        help_text=_("Separated by commas: sac de couchage, duvet"),
        widget=UnfoldAdminTextInputWidget,
    )

    class Meta:
        model = Synonym
        fields = ("language", "typed", "words")

    def clean_typed(self) -> str:
        typed: str = self.cleaned_data["typed"].strip()
        if typed and not phrase_of(typed):
            raise ValidationError(_("“%(word)s” is no word."), params={"word": typed})
        return typed

    def clean_words(self) -> list[str]:
        kept: dict[tuple[str, ...], str] = {}
        for word in self.cleaned_data["words"]:
            if not (phrase := phrase_of(word)):
                raise ValidationError(_("“%(word)s” is no word."), params={"word": word})
            if phrase in kept:
                raise ValidationError(
                    _("“%(word)s” is there twice: case, accents and plural do not matter."),
                    params={"word": word},
                )
            kept[phrase] = " ".join(word.split())
        return list(kept.values())

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        typed, words = data.get("typed"), data.get("words")
        if words is None:
            return data
        if not typed and len(words) < 2:
            raise ValidationError(_("Enter at least two words that mean the same."))
        if typed and phrase_of(typed) in {phrase_of(word) for word in words}:
            raise ValidationError(_("“%(word)s” would find itself."), params={"word": typed})
        return data


@admin.register(Synonym)
class SynonymAdmin(StoreModelAdmin):
    """Shoppers find with a change at once, or within a minute where several servers run."""

    form = SynonymForm
    list_display = ("__str__", "language", "changed_at")
    list_filter = ("language",)
    search_fields = ("words__icontains", "typed__icontains")
    ordering = ("language", "pk")

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        asked = request.GET.get("language")
        return super().get_changeform_initial_data(request) | (
            {"language": asked} if asked in ("fr", "en") else {}
        )

    def save_model(self, request: Any, obj: Synonym, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        forget_synonyms()

    def delete_model(self, request: HttpRequest, obj: Synonym) -> None:
        super().delete_model(request, obj)
        forget_synonyms()

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Synonym]) -> None:
        super().delete_queryset(request, queryset)
        forget_synonyms()


class FoundFilter(admin.SimpleListFilter):
    """What was not found comes first: that is what can be mended."""

    title = _("result")
    parameter_name = "found"

    def lookups(self, _request: HttpRequest, _admin: Any) -> list[tuple[str, Any]]:
        return [("no", _("not found")), ("yes", _("found"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "no":
            return queryset.filter(not_found__gt=0)
        return queryset.filter(not_found=0) if self.value() == "yes" else queryset


@admin.register(SearchLog)
class SearchLogAdmin(ReadOnlyAdmin):
    list_display = (
        *("day", "words", "language", "searches", "not_found", "results", "clicks"),
        "make_synonym",
    )
    list_filter = (FoundFilter, "language", "day")
    search_fields = ("words",)
    ordering = ("-day", "-not_found", "-searches", "pk")

    @admin.display(description=_("synonym"))
    def make_synonym(self, row: SearchLog) -> str:
        """A link to a new synonym of words that found nothing, for who may make one."""
        if row.results:
            return "–"
        return format_html(
            '<a href="{}?{}" class="underline">{}</a>',
            reverse("admin:catalog_synonym_add"),
            urlencode({"language": row.language, "typed": row.words}),
            _("Make a synonym"),
        )

    def get_list_display(self, request: HttpRequest) -> Any:
        shown = super().get_list_display(request)
        may_add = request.user.has_perm("catalog.add_synonym")
        return shown if may_add else tuple(name for name in shown if name != "make_synonym")
