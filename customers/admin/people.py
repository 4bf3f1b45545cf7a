"""People, what they agreed to, and every mail that was written to them."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _
from stdnum.eu import vat
from stdnum.exceptions import ValidationError
from stdnum.fr import siren
from unfold.decorators import action
from unfold.widgets import UnfoldAdminTextInputWidget

from customers import selectors
from customers.admin.board import board_page
from customers.admin.gallery import gallery
from customers.message_board import why
from customers.models import (
    Company,
    ConsentEvent,
    ConsentText,
    Customer,
    CustomerGroup,
    Household,
    Identity,
    Message,
)
from customers.services import identities, messages
from omnishop.kernel.admin import (
    ReadOnlyAdmin,
    ReadOnlyInline,
    ScopedFilter,
    StoreModelAdmin,
    cause,
    link_to,
    list_link,
)
from omnishop.kernel.errors import Invalid

# A mail's own page in a frame: it may run, load and send nothing; its links open a new window.
BODY_POLICY = {
    "default-src": ["'none'"],
    "style-src": ["'unsafe-inline'"],
    "img-src": ["'self'", "data:"],
    "frame-ancestors": ["'self'"],
    "sandbox": ["allow-popups"],
}


class IdentityInline(ReadOnlyInline):
    model = Identity
    fields = ("kind", "value", "verified_at", "unreachable_since")


class NewCustomerForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs alone
    """A person with the keys they give; keys of somebody else are refused."""

    email = forms.EmailField(label=_("e-mail"), required=False)
    phone = forms.CharField(label=_("telephone"), required=False, max_length=30)

    class Meta:
        model = Customer
        fields = (
            *("first_name", "last_name", "birth_date", "postcode"),
            *("language", "home_store"),
        )

    def _key(self, kind: str, value: str) -> str:
        try:
            normal = identities.normal_email if kind == "email" else identities.normal_phone
            value = normal(value) if value else ""
        except Invalid as error:
            raise forms.ValidationError(str(error)) from error
        if value and Identity.objects.filter(kind=kind, value=value).exists():
            raise forms.ValidationError(_("This already belongs to another customer."))
        return value

    def clean_email(self) -> str:
        return self._key("email", self.cleaned_data["email"])

    def clean_phone(self) -> str:
        return self._key("phone", self.cleaned_data["phone"])


@admin.register(Customer)
class CustomerAdmin(StoreModelAdmin):
    """All staff see all customers: they may walk into any store."""

    list_display = ("number", "__str__", "home_store", "language", "created_at", "merged_into")
    list_filter = ("language", ("home_store", ScopedFilter))
    list_select_related = ("home_store", "merged_into")
    search_fields = ("number",)
    search_help_text = _("Name, e-mail, telephone, card or customer number")
    autocomplete_fields = ("home_store", "groups", "household", "company")
    readonly_fields = ("number", "user", "merged_into", "created_at", "purchases", "mails")
    inlines = (IdentityInline,)
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("first_name", "last_name"),
                    ("birth_date", "postcode"),
                    ("home_store", "home_store_rule"),
                    ("language", "groups"),
                    ("household", "company"),
                    ("number", "created_at"),
                    ("user", "merged_into"),
                    ("purchases", "mails"),
                )
            },
        ),
    )
    add_fieldsets = (
        (
            None,
            {
                "fields": (
                    ("first_name", "last_name"),
                    ("email", "phone"),
                    ("birth_date", "postcode"),
                    ("language", "home_store"),
                )
            },
        ),
    )

    def find(self, rows: Any, term: str) -> Any:
        people = {person.pk for person in selectors.find(term)}
        return rows.filter(Q(pk__in=people) | Q(number=term.upper()))

    def get_form(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        if obj is None:
            kwargs["form"] = NewCustomerForm
        return super().get_form(request, obj, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fieldsets if obj else self.add_fieldsets

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        return self.inlines if obj else ()

    def save_model(self, request: Any, obj: Customer, form: Any, change: bool) -> None:
        if change:
            obj.matched_at = None  # likely duplicates are looked for anew
            super().save_model(request, obj, form, change)
            return
        made = identities.create_customer(
            first_name=obj.first_name,
            last_name=obj.last_name,
            language=obj.language,
            birth_date=obj.birth_date,
            postcode=obj.postcode,
            home_store_id=obj.home_store_id,
            email=form.cleaned_data["email"],
            phone=form.cleaned_data["phone"],
        )
        obj.__dict__.update(made.__dict__)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # orders and ledgers point here; erasing is a service of its own

    @admin.display(description=_("purchases"))
    def purchases(self, customer: Customer) -> str:
        return list_link("orders_order", _("Orders of every channel"), q=customer.number)

    @admin.display(description=_("messages"))
    def mails(self, customer: Customer) -> str:
        return list_link("customers_message", _("Every message"), q=customer.number)


@admin.register(CustomerGroup)
class CustomerGroupAdmin(StoreModelAdmin):
    list_display = ("name", "code", "members")
    search_fields = ("name", "code")
    ordering = ("name",)
    prepopulated_fields = {"code": ("name",)}
    readonly_fields = ("members",)

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).annotate(people=Count("customers"))

    @admin.display(description=_("customers"))
    def members(self, group: Any) -> str:
        if not group.pk:
            return "–"
        return list_link("customers_customer", group.people, groups__id__exact=group.pk)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # price lists and promotions name its code


class PersonInline(ReadOnlyInline):
    """People of a household or a company; each is attached on their own page."""

    model = Customer
    fields = ("number", "first_name", "last_name")


@admin.register(Household)
class HouseholdAdmin(StoreModelAdmin):
    list_display = ("name", "created_at")
    search_fields = ("name__istartswith",)
    inlines = (PersonInline,)


class CompanyForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs alone
    """A firm whose SIREN, and VAT number where it has one, are in order; spaces are allowed."""

    siren = forms.CharField(label="SIREN", max_length=20, widget=UnfoldAdminTextInputWidget)

    class Meta:
        model = Company
        fields = ("name", "siren", "vat_number")

    def clean_siren(self) -> str:
        try:
            return str(siren.validate(self.cleaned_data["siren"]))
        except ValidationError as error:
            raise forms.ValidationError(
                _("This is not a SIREN: nine digits, of which the last one checks the others.")
            ) from error

    def clean_vat_number(self) -> str:
        try:
            number = self.cleaned_data["vat_number"]
            return str(vat.validate(number)) if number else ""
        except ValidationError as error:
            raise forms.ValidationError(
                _("This is not a VAT number of the European Union. Example: FR40303265045")
            ) from error


@admin.register(Company)
class CompanyAdmin(StoreModelAdmin):
    form = CompanyForm
    list_display = ("name", "siren", "vat_number", "created_at")
    search_fields = ("name__istartswith", "siren")
    inlines = (PersonInline,)


@admin.register(Identity)
class IdentityAdmin(ReadOnlyAdmin):
    list_display = ("value", "kind", "customer", "verified_at", "unreachable_since")
    list_filter = ("kind", ("unreachable_since", admin.EmptyFieldListFilter))
    list_select_related = ("customer",)
    search_fields = ("value__startswith",)


def of_person(rows: Any, term: str, *, way: str = "customer") -> Any:
    """Rows of the people that a search term finds."""
    people = {person.pk for person in selectors.find(term)}
    return rows.filter(**{f"{way}__in": people})


@admin.register(ConsentEvent)
class ConsentEventAdmin(ReadOnlyAdmin):
    list_display = ("at", "customer", "purpose", "channel", "granted", "basis", "source", "actor")
    list_filter = ("purpose", "channel", "granted")
    list_select_related = ("customer",)
    search_fields = ("customer__number",)
    search_help_text = _("Name, e-mail, telephone, card or customer number")

    def find(self, rows: Any, term: str) -> Any:
        return of_person(rows, term)


@admin.register(ConsentText)
class ConsentTextAdmin(StoreModelAdmin):
    """What people read when they are asked; a new version is a new row, none is changed."""

    list_display = ("purpose", "channel", "basis", "language", "version", "valid_from", "text")
    list_filter = ("purpose", "channel", "language")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Message)
class MessageAdmin(ReadOnlyAdmin):
    """What was written to whom, and the mail itself as the reader gets it."""

    list_display = (
        *("queued_at", "channel", "to", "title", "purpose", "status", "why", "arrival"),
        cause,
    )
    list_filter = ("status", "arrival", "channel", "purpose", "template", "language")
    list_select_related = ("customer",)
    search_fields = ("to",)
    search_help_text = _("Address, document or customer number")
    change_form_before_template = "admin/customers/message/mail.html"
    actions_list = ("board", "templates")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("to", "person"),
                    ("channel", "purpose"),
                    ("template", "language"),
                    ("status", "why"),
                    ("arrival", "arrival_note"),
                    ("queued_at", "due_at"),
                    ("sent_at", "arrival_at"),
                    ("attempts", "clicked_at"),
                    ("segments", "about"),
                )
            },
        ),
    )
    readonly_fields = ("person", "about", "why")

    def find(self, rows: Any, term: str) -> Any:
        matches = Q(document=term) | Q(to=term.lower())
        return rows.filter(matches | Q(customer__number=term.upper()))

    @admin.display(description=_("why"), ordering="reason")
    def why(self, message: Message) -> str:
        return why(message.reason) if message.reason else "–"

    @admin.display(description=_("subject"))
    def title(self, message: Message) -> str:
        return message.subject or message.template

    @admin.display(description=_("customer"))
    def person(self, message: Message) -> str:
        return link_to(message.customer)

    @admin.display(description=_("about"))
    def about(self, message: Message) -> str:
        return cause(message)

    def get_urls(self) -> Any:
        body = path(
            "<int:message_id>/body/",
            self.admin_site.admin_view(self.body),
            name="customers_message_body",
        )
        return [body, *super().get_urls()]

    @action(description=_("Results"), url_path="board", icon="monitoring", permissions=["view"])
    def board(self, request: HttpRequest) -> HttpResponse:
        """Sent or not, and why, by template; service messages too. The period is in the address."""
        return board_page(self, request)

    @action(description=_("Templates"), url_path="templates", icon="preview", permissions=["view"])
    def templates(self, request: HttpRequest) -> HttpResponse:
        """Every template as its reader would get it."""
        return gallery(self)(request)

    def change_view(
        self, request: Any, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> Any:
        message = self.get_object(request, object_id)
        mail = messages.preview(message) if message else None
        extra = {
            "mail": mail,
            "mail_url": reverse("admin:customers_message_body", args=[message.pk]) if mail else "",
        }
        return super().change_view(request, object_id, form_url, (extra_context or {}) | extra)

    def body(self, request: HttpRequest, message_id: int) -> HttpResponse:
        """The HTML of a mail, alone on a page that may run and load nothing."""
        if not self.has_view_permission(request):
            return HttpResponse(status=403)
        mail = messages.preview(self.found(request, message_id))
        response = render(request, "admin/customers/message/body.html", {"mail": mail})
        response["X-Frame-Options"] = "SAMEORIGIN"
        response._csp_config = BODY_POLICY  # type: ignore[attr-defined]  # for django-csp
        return response
