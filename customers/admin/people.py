"""People, what they agreed to, and every mail that was written to them."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _

from customers import selectors
from customers.models import ConsentEvent, ConsentText, Customer, CustomerGroup, Identity, Message
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
    fields = ("kind", "value", "verified_at")


class NewCustomerForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs alone
    """A person with the keys they give; keys of somebody else are refused."""

    email = forms.EmailField(label=_("e-mail"), required=False)
    phone = forms.CharField(label=_("telephone"), required=False, max_length=30)

    class Meta:
        model = Customer
        fields = ("first_name", "last_name", "language", "home_store")

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
    autocomplete_fields = ("home_store", "groups")
    readonly_fields = ("number", "user", "merged_into", "created_at", "purchases", "mails")
    inlines = (IdentityInline,)
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("first_name", "last_name"),
                    ("language", "home_store"),
                    "groups",
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
            super().save_model(request, obj, form, change)
            return
        made = identities.create_customer(
            first_name=obj.first_name,
            last_name=obj.last_name,
            language=obj.language,
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


@admin.register(Identity)
class IdentityAdmin(ReadOnlyAdmin):
    list_display = ("value", "kind", "customer", "verified_at")
    list_filter = ("kind",)
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

    list_display = ("queued_at", "to", "title", "purpose", "status", "reason", cause)
    list_filter = ("status", "purpose", "template", "language")
    list_select_related = ("customer",)
    search_fields = ("to",)
    search_help_text = _("Address, document or customer number")
    change_form_before_template = "admin/customers/message/mail.html"
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("to", "person"),
                    ("purpose", "template", "language"),
                    ("status", "reason", "attempts"),
                    ("queued_at", "due_at", "sent_at"),
                    "about",
                )
            },
        ),
    )
    readonly_fields = ("person", "about")

    def find(self, rows: Any, term: str) -> Any:
        matches = Q(document=term) | Q(to=term.lower())
        return rows.filter(matches | Q(customer__number=term.upper()))

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
