"""Shelves, brands, options, taxes, price lists and what was read in."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action
from unfold.widgets import UnfoldAdminSelectWidget

from catalog import services, sheet
from catalog.history import in_words
from catalog.models import (
    Attribute,
    AttributeValue,
    Brand,
    Category,
    Price,
    PriceList,
    Product,
    TaxCategory,
    VatRate,
)
from omnishop.kernel.admin import (
    ReadOnlyAdmin,
    ScopedFilter,
    StoreInline,
    StoreModelAdmin,
    amount,
)
from omnishop.kernel.templatetags.omnishop import percent
from omnishop.network.models import Store
from omnishop.network.selectors import names, sees_all_stores


def refresh_products(**which: Any) -> None:
    """Write the search columns of the products that something was changed on."""
    services.refresh_search(list(Product.objects.filter(**which).values_list("pk", flat=True)))


class CategoryForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs alone
    """A shelf, and the shelf it belongs to."""

    parent = forms.ModelChoiceField(
        label=_("belongs to"),
        queryset=Category.objects.order_by("path"),
        required=False,
        empty_label=_("a shelf of its own"),
        widget=UnfoldAdminSelectWidget,
    )

    place = forms.ChoiceField(
        label=_("place among its neighbours"),
        choices=[
            ("", _("where it is")),
            ("first-sibling", _("first")),
            ("left", _("one up")),
            ("right", _("one down")),
            ("last-sibling", _("last")),
        ],
        required=False,
        widget=UnfoldAdminSelectWidget,
    )

    class Meta:
        model = Category
        fields = ("slug", "name_fr", "name_en", "description_fr", "description_en")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        parent: Any = self.fields["parent"]
        parent.label_from_instance = indented
        if self.instance.pk and "parent" not in self.initial:
            self.initial["parent"] = Category.objects.get_parent(self.instance)

    def clean_parent(self) -> Category | None:
        parent: Category | None = self.cleaned_data["parent"]
        below = parent and self.instance.pk and parent.path.startswith(self.instance.path)
        if below:
            raise ValidationError(_("A shelf cannot belong to itself or to a shelf below it."))
        return parent


@admin.display(description=_("name"))
def indented(category: Category) -> str:
    """The name, moved in by its depth."""
    return f"{'— ' * (category.depth - 1)}{category.name}"


@admin.register(Category)
class CategoryAdmin(StoreModelAdmin):
    form = CategoryForm
    list_display = (indented, "slug")
    search_fields = ("name_fr", "name_en", "slug")
    ordering = ("path",)
    actions_row = ("below",)
    prepopulated_fields = {"slug": ("name_fr",)}
    required_fields = ("name_fr",)
    fieldsets = (
        (None, {"fields": (("parent", "place"), "slug")}),
        (_("In French"), {"classes": ["tab"], "fields": ("name_fr", "description_fr")}),
        (_("In English"), {"classes": ["tab"], "fields": ("name_en", "description_en")}),
    )

    @action(description=_("Add a shelf below"), url_path="below", permissions=["add"])
    def below(self, request: HttpRequest, object_id: int) -> HttpResponse:
        shelf = self.found(request, object_id)
        return HttpResponseRedirect(f"{reverse('admin:catalog_category_add')}?parent={shelf.pk}")

    def save_model(self, request: Any, obj: Category, form: Any, change: bool) -> None:
        parent = form.cleaned_data["parent"]
        if not change:
            if parent:
                Category.objects.add_child(parent, instance=obj)
            else:
                Category.objects.add_root(instance=obj)
            return
        obj.save()
        if "parent" in form.changed_data:
            if parent:
                Category.objects.move(obj, parent, "last-child")
            else:
                Category.objects.move(obj, Category.objects.order_by("path").last(), "last-sibling")
            obj.refresh_from_db()
        if place := form.cleaned_data["place"]:
            self._move(obj, place)

    def _move(self, shelf: Category, place: str) -> None:
        """Change places with a neighbour, with all that lies below; the first stays the first."""
        around = list(Category.objects.get_siblings(shelf))
        at = [one.pk for one in around].index(shelf.pk)
        wanted = {"left": at - 1, "right": at + 1, "first-sibling": 0}.get(place, len(around) - 1)
        if wanted != at and 0 <= wanted < len(around):
            Category.objects.move(shelf, around[wanted], place)
            shelf.refresh_from_db()

    def save_related(self, request: Any, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        refresh_products(category__path__startswith=form.instance.path)


@admin.register(Brand)
class BrandAdmin(StoreModelAdmin):
    list_display = ("name", "slug")
    search_fields = ("name",)
    ordering = ("name",)
    prepopulated_fields = {"slug": ("name",)}

    def save_related(self, request: Any, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        refresh_products(brand=form.instance)


class AttributeValueInline(StoreInline):
    model = AttributeValue
    fields = ("name_fr", "name_en", "code", "swatch", "position")


@admin.register(Attribute)
class AttributeAdmin(StoreModelAdmin):
    list_display = ("name", "code", "kind", "unit", "filterable", "position")
    list_filter = ("kind", "filterable")
    search_fields = ("name_fr", "name_en", "code")
    ordering = ("position", "pk")
    fields = (("name_fr", "name_en"), ("code", "kind", "unit"), ("filterable", "position"))
    required_fields = ("name_fr",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """What was described by it keeps its type."""
        return ("kind",) if obj and sheet.described(obj) else ()

    def get_inlines(self, request: HttpRequest, obj: Any = None) -> Any:
        """Values only for what is a choice; yes and no are made by themselves."""
        listed = obj is None or obj.kind in {Attribute.Kind.CHOICE, Attribute.Kind.COLOUR}
        return (AttributeValueInline,) if listed else ()

    def save_related(self, request: Any, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if form.instance.kind == Attribute.Kind.BOOLEAN:
            sheet.yes_and_no(form.instance)
        sheet.refresh_of(form.instance)


@admin.register(AttributeValue)
class AttributeValueAdmin(StoreModelAdmin):
    list_display = ("name", "attribute", "code", "position")
    list_filter = (("attribute", ScopedFilter),)
    list_select_related = ("attribute",)
    search_fields = ("name_fr", "name_en", "code", "attribute__name_fr")
    autocomplete_fields = ("attribute",)
    fields = ("attribute", ("name_fr", "name_en"), ("code", "swatch", "position"))
    required_fields = ("name_fr",)

    def save_related(self, request: Any, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        sheet.refresh_of(form.instance.attribute)


class VatRateInline(StoreInline):
    model = VatRate
    fields = ("territory", "tax_bp", "valid_from", "valid_to")


@admin.register(TaxCategory)
class TaxCategoryAdmin(StoreModelAdmin):
    list_display = ("name", "code")
    search_fields = ("name", "code")
    inlines = (VatRateInline,)


@admin.register(VatRate)
class VatRateAdmin(StoreModelAdmin):
    list_display = ("category", "territory", "rate", "valid_from", "valid_to")
    list_filter = (("category", ScopedFilter),)
    list_select_related = ("category",)
    autocomplete_fields = ("category",)

    @admin.display(description=_("rate"))
    def rate(self, rate: VatRate) -> str:
        return percent(rate.tax_bp)


class ListScope:
    """Price lists of the reader's stores, and those for every store."""

    way = ""

    def in_scope(self, rows: Any, request: HttpRequest) -> Any:
        if sees_all_stores(request.user):
            return rows
        stores = Store.objects.visible_to(request.user)
        lists = PriceList.objects.filter(store__in=stores) | PriceList.objects.filter(store=None)
        return rows.filter(**{f"{self.way}__in": lists.values("pk")})


@admin.register(PriceList)
class PriceListAdmin(ListScope, StoreModelAdmin):
    way = "pk"
    list_display = ("name", "code", "currency", "channel", "store", "group")
    list_filter = ("channel", "group", ("store", ScopedFilter))
    list_select_related = ("store",)
    search_fields = ("name", "code")
    autocomplete_fields = ("store",)


@admin.register(Price)
class PriceAdmin(ListScope, ReadOnlyAdmin):
    """The price history; a new price is set on the article's page."""

    way = "price_list"
    list_display = (
        "variant",
        amount("amount_minor", _("price"), currency="price_list__currency"),
        "price_list",
        "valid_from",
        "valid_to",
        "who",
    )
    list_filter = (("price_list", ScopedFilter),)
    list_select_related = ("variant", "price_list")
    search_fields = ("variant__sku__startswith",)

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Names read for the page at once, not one by one."""
        changes = super().get_changelist_instance(request)
        rows = list(changes.result_list)
        people = names({row.actor for row in rows})
        for row in rows:
            row.by = in_words(row.actor, people)
        changes.result_list = rows
        return changes

    @admin.display(description=_("by"))
    def who(self, row: Any) -> str:
        return row.by or "–"
