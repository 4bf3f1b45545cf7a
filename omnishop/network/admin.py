"""Stores, tills, staff and logins."""

from typing import Any

from allauth.account.admin import EmailAddress, EmailConfirmation
from allauth.mfa.admin import Authenticator
from axes.admin import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from omnishop.kernel.admin import ReadOnlyAdmin, ScopedFilter, StoreInline, StoreModelAdmin
from omnishop.kernel.templatetags.omnishop import clock
from omnishop.network.models import LegalEntity, StaffMember, Store, Till, User
from omnishop.network.selectors import sees_all_stores

admin.site.unregister(Group)


@admin.register(LegalEntity)
class LegalEntityAdmin(StoreModelAdmin):
    list_display = ("name", "siren", "vat_number")
    search_fields = ("name", "siren")


class TillInline(StoreInline):
    model = Till
    fields = ("number", "active")


@admin.register(Store)
class StoreAdmin(StoreModelAdmin):
    list_display = ("name", "code", "city", "entity", "offers_pickup", "active")
    list_filter = ("active", "offers_pickup", ("entity", ScopedFilter))
    list_select_related = ("entity",)
    search_fields = ("name", "code", "city", "postcode")
    autocomplete_fields = ("entity",)
    prepopulated_fields = {"slug": ("name",)}
    inlines = (TillInline,)
    ordering = ("name",)
    fieldsets = (
        (None, {"fields": (("name", "code"), ("slug", "entity"), "active")}),
        (
            _("Address"),
            {
                "fields": (
                    "address",
                    ("postcode", "city", "country"),
                    ("latitude", "longitude"),
                    "phone",
                )
            },
        ),
        (
            _("Opening"),
            {"fields": ("opening_hours", "timezone")},
        ),
        (
            _("Pick-up"),
            {
                "fields": (
                    "offers_pickup",
                    ("preparation_minutes", "minutes_per_order"),
                    ("pickup_capacity", "hold_days"),
                )
            },
        ),
        (_("In French"), {"classes": ["tab"], "fields": ("services_fr", "access_fr")}),
        (_("In English"), {"classes": ["tab"], "fields": ("services_en", "access_en")}),
    )


@admin.register(Till)
class TillAdmin(StoreModelAdmin):
    list_display = ("__str__", "store", "number", "active")
    list_filter = ("active", ("store", ScopedFilter))
    list_select_related = ("store",)
    search_fields = ("store__name", "store__code")
    autocomplete_fields = ("store",)

    def in_scope(self, rows: Any, request: HttpRequest) -> Any:
        return rows.filter(store__in=Store.objects.visible_to(request.user))


@admin.register(StaffMember)
class StaffMemberAdmin(StoreModelAdmin):
    list_display = ("user", "role", "where", "all_stores", "pin_state")
    readonly_fields = ("pin_state",)
    list_filter = ("role", "all_stores", ("stores", ScopedFilter))
    list_select_related = ("user",)
    search_fields = ("user__email", "user__first_name", "user__last_name")
    autocomplete_fields = ("user", "stores")

    @admin.display(description=_("stores"))
    def where(self, member: StaffMember) -> str:
        return ", ".join(store.name for store in member.stores.all())

    @admin.display(description=_("PIN for the till"))
    def pin_state(self, member: StaffMember) -> str:
        """Whether there is one; who it belongs to sets it, in the settings of a till."""
        until = member.pin_locked_until
        if until and until > timezone.now():
            return _t("locked until %(time)s") % {"time": clock(until)}
        return _t("PIN set") if member.pin else _t("no PIN")

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("stores")

    def in_scope(self, rows: Any, request: HttpRequest) -> Any:
        """Those who see all stores see all staff; others those who share a store with them."""
        if sees_all_stores(request.user):
            return rows
        stores = Store.objects.visible_to(request.user)
        return rows.filter(pk__in=StaffMember.objects.filter(stores__in=stores).values("pk"))


@admin.register(User)
class LoginAdmin(StoreModelAdmin, UserAdmin):  # type: ignore[type-arg]  # generic in the stubs alone
    """Logins. Only a superuser makes superusers or hands out permissions one by one."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("email", "first_name", "last_name", "is_staff", "is_active", "last_login")
    list_filter = ("is_staff", "is_superuser", "is_active")
    search_fields = ("email", "first_name", "last_name")
    filter_horizontal = ()
    autocomplete_fields = ("groups",)
    readonly_fields = ("last_login", "date_joined")
    fieldsets = (
        (None, {"fields": ("email", "password", ("first_name", "last_name"))}),
        (_("Rights"), {"fields": (("is_active", "is_staff", "is_superuser"), "groups")}),
        (_("Dates"), {"fields": (("last_login", "date_joined"),)}),
    )
    add_fieldsets = (
        (None, {"fields": ("email", ("first_name", "last_name"), "password1", "password2")}),
        (_("Rights"), {"fields": ("is_staff",)}),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fields = super().get_readonly_fields(request, obj)
        return fields if request.user.is_superuser else (*fields, "is_superuser", "groups")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if obj is not None and obj.is_superuser and not request.user.is_superuser:
            return False
        return bool(super().has_change_permission(request, obj))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_change_permission(request, obj) and super().has_delete_permission(
            request, obj
        )


@admin.register(Group)
class RoleAdmin(StoreModelAdmin, GroupAdmin):
    list_display = ("name",)


# The packages list these in the plain look; the two of use to staff get ours.
for model in (
    *(EmailAddress, EmailConfirmation, Authenticator),
    *(AccessAttempt, AccessFailureLog, AccessLog),
):
    if admin.site.is_registered(model):
        admin.site.unregister(model)


@admin.register(EmailAddress)
class EmailAddressAdmin(StoreModelAdmin):
    list_display = ("email", "user", "primary", "verified")
    list_filter = ("verified",)
    list_select_related = ("user",)
    search_fields = ("email",)
    autocomplete_fields = ("user",)


@admin.register(AccessAttempt)
class AccessAttemptAdmin(ReadOnlyAdmin):
    list_display = ("attempt_time", "ip_address", "username", "failures_since_start")
    search_fields = ("username", "ip_address")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Deleting the attempts lets someone in who locked themselves out."""
        return bool(request.user.is_superuser)
