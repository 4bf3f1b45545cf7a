"""What the back office shares: ledgers are read, never typed in; big tables are not counted;
staff find, choose and count nothing outside their stores.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.core.paginator import Paginator
from django.db import connection
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline
from unfold.contrib.filters.admin import RelatedDropdownFilter
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminTextInputWidget

from omnishop.kernel.errors import Refusal
from omnishop.kernel.templatetags.omnishop import money

COUNTED_UP_TO = 10_000  # rows; beyond it the planner's estimate is shown


class EstimatedPaginator(Paginator):  # type: ignore[type-arg]  # generic in the stubs alone
    """Counts small results exactly and takes PostgreSQL's estimate for big ones (UX D2)."""

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        exact = rows.order_by()[: COUNTED_UP_TO + 1].count()
        if exact <= COUNTED_UP_TO:
            return exact
        sql, params = rows.order_by().query.sql_with_params()
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", params)
            estimate = cursor.fetchone()[0][0]["Plan"]["Plan Rows"]
        return max(COUNTED_UP_TO + 1, int(estimate))


class ScopedFilter(RelatedDropdownFilter):
    """A filter that offers only what the reader may see (INVARIANTS F-26)."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> Any:
        related = model_admin.admin_site.get_model_admin(field.remote_field.model)
        return [(row.pk, str(row)) for row in related.get_queryset(request)]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        rows = super().queryset(request, queryset)
        return rows.filter(**{self.lookup_kwarg_isnull: True}) if self.lookup_val_isnull else rows


class _Scoped:
    """Rows and choices of the reader's stores alone; stands before an admin or an inline."""

    def in_scope(self, rows: Any, request: HttpRequest) -> Any:
        """The rows that the reader may see; by default the model's own `visible_to`."""
        return rows.visible_to(request.user) if hasattr(rows, "visible_to") else rows

    def get_queryset(self, request: HttpRequest) -> Any:
        return self.in_scope(super().get_queryset(request), request)  # type: ignore[misc]  # of an admin

    def get_field_queryset(self, db: Any, db_field: Any, request: HttpRequest) -> Any:
        """A form accepts no more than its list offers."""
        related = self.admin_site._registry.get(db_field.remote_field.model)  # type: ignore[attr-defined]  # too
        if related:
            return related.get_queryset(request)
        return super().get_field_queryset(db, db_field, request)  # type: ignore[misc]  # of an admin


class AskForm(forms.Form):
    """What an action asks before it does something; `key` makes a second press harmless."""

    key = forms.CharField(widget=forms.HiddenInput, max_length=40, initial=lambda: uuid4().hex)


def units_field(label: Any, *, least: int, most: int, **options: Any) -> forms.IntegerField:
    """A number of units, points…, with the digits of a telephone's keyboard."""
    return forms.IntegerField(
        label=label,
        min_value=least,
        max_value=most,
        widget=UnfoldAdminIntegerFieldWidget(attrs={"inputmode": "numeric"}),
        **options,
    )


def reason_field(*, most: int = 120, help_text: Any = "") -> forms.CharField:
    """Why somebody does it, as the ledger keeps it."""
    return forms.CharField(
        label=capfirst(_("reason")),
        max_length=most,
        help_text=help_text,
        widget=UnfoldAdminTextInputWidget,
    )


class StoreModelAdmin(_Scoped, ModelAdmin):
    """A back-office page that stays fast on big tables."""

    paginator: Any = EstimatedPaginator
    show_full_result_count = False
    list_per_page = 50
    ordering: Any = ("-pk",)
    compressed_fields = True
    warn_unsaved_form = True
    list_filter_sheet = False
    required_fields: Sequence[str] = ()  # translations that a form cannot do without

    def get_sortable_by(self, request: HttpRequest) -> Any:
        """Columns that an index begins with: sorting by another would read the whole table."""
        meta = self.model._meta
        leading = {index.fields[0].lstrip("-") for index in meta.indexes if index.fields}
        leading |= {unique.fields[0] for unique in meta.total_unique_constraints}
        leading |= {field.name for field in meta.fields if field.unique or field.db_index}
        return [name for name in self.get_list_display(request) if name in leading]

    def find(self, rows: Any, term: str) -> Any:
        """Rows for a search term; an index answers it."""
        return rows

    def get_search_results(
        self, request: HttpRequest, queryset: Any, search_term: str
    ) -> tuple[Any, bool]:
        if type(self).find is StoreModelAdmin.find:
            return super().get_search_results(request, queryset, search_term)
        term = search_term.replace("\x00", "").strip()
        return (self.find(queryset, term) if term else queryset), False

    def get_form(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        form = super().get_form(request, *args, **kwargs)
        for name in self.required_fields:
            if name in form.base_fields:
                form.base_fields[name].required = True
        return form

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """What the address fills in, without keys that no row can have: `?store=abc`."""
        given: dict[str, Any] = super().get_changeform_initial_data(request)
        return {name: value for name, value in given.items() if self._may_be(name, value)}

    def _may_be(self, name: str, value: Any) -> bool:
        try:
            field: Any = self.model._meta.get_field(name)
            for one in value if isinstance(value, list) else [value]:
                field.target_field.to_python(one)
        except (FieldDoesNotExist, AttributeError):
            return True  # no key of a row
        except ValidationError:
            return False
        return True

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().changeform_view(request, *args, **kwargs)
        except Refusal as refusal:
            self.message_user(request, str(refusal), messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())

    def found(self, request: HttpRequest, object_id: Any) -> Any:
        """The row of an action, within the reader's scope; 404 otherwise."""
        row = self.get_object(request, str(object_id))
        if row is None:
            raise Http404
        return row

    def ask(
        self,
        request: HttpRequest,
        row: Model,
        *,
        title: Any,
        submit: Any,
        form: forms.Form,
        facts: Mapping[Any, Any],
        work: Callable[[dict[str, Any]], Any],
    ) -> HttpResponse:
        """Show what an action would do and ask for what it needs; when posted, do it.

        `work` gets the form's data and returns the sentence that says what was done. A refusal
        is shown on the same page and nothing is written.
        """
        meta = self.model._meta
        back = reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[row.pk])
        status = 200
        if request.method == "POST":
            status = 422
            if form.is_valid():
                try:
                    self.message_user(request, str(work(form.cleaned_data)), messages.SUCCESS)
                    return HttpResponseRedirect(back)
                except Refusal as refusal:
                    form.add_error(None, str(refusal))
                    status = refusal.status
        return TemplateResponse(
            request,
            "admin/ask.html",
            {
                **self.admin_site.each_context(request),
                "title": title,
                "opts": meta,
                "original": row,
                "form": form,
                "facts": facts,
                "submit": submit,
                "back": back,
            },
            status=status,
        )


class ReadOnlyAdmin(StoreModelAdmin):
    """A ledger: search and read; services write it (UX D5)."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class StoreInline(_Scoped, TabularInline):
    """Rows that are edited with their owner."""

    extra = 0
    tab = True


class ReadOnlyInline(StoreInline):
    """Rows that are read with their owner."""

    can_delete = False
    show_change_link = True
    max_num = 0

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def actor(request: HttpRequest) -> str:
    """Who does it, as ledgers write it."""
    return f"user:{request.user.pk}"


def amount(field: str, label: Any, *, currency: str = "") -> Callable[[Any], str]:
    """A column that shows a field of minor units as money; `currency` is the way to its field."""

    @admin.display(description=label, ordering=field)
    def column(row: Any) -> str:
        code: Any = row
        for name in currency.split("__") if currency else ():
            code = getattr(code, name)
        return money(getattr(row, field), code if currency else None)

    column.__name__ = field
    return column


def link_to(row: Model | None, text: Any = "") -> str:
    """A link to a row's own page."""
    if row is None:
        return "–"
    meta = row._meta
    url = reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[row.pk])
    return format_html('<a href="{}" class="underline">{}</a>', url, text or row)


def list_link(model: str, text: Any, **query: Any) -> str:
    """A link to a list of the back office: `list_link("orders_order", "O-42", q="O-42")`."""
    url = reverse(f"admin:{model}_changelist")
    return format_html('<a href="{}?{}" class="underline">{}</a>', url, urlencode(query), text)


@admin.display(description=_("cause"))
def cause(row: Any) -> str:
    """What brought a ledger row about: the order its document names, of a shopper or to a supplier,
    else the document itself.
    """
    if order := re.match(r"O-\d+", row.document):
        return list_link("orders_order", row.document, q=order.group())
    if purchase := re.match(r"P-\d+", row.document):
        return list_link("inventory_purchaseorder", row.document, q=purchase.group())
    return str(row.document)
