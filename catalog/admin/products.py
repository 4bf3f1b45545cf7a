"""Products, their articles and what these cost."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef, Q, Subquery
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminSplitDateTimeWidget,
)

from catalog import selectors, services, sheet
from catalog.about import about
from catalog.admin.changes import history_of
from catalog.admin.describing import (
    AssortmentInline,
    BundleItemInline,
    DescribeForm,
    DocumentInline,
    RelatedInline,
    VideoInline,
)
from catalog.admin.labels import PrintsLabels
from catalog.book import prices
from catalog.models import Picture, PictureSource, Price, PriceList, Product, Variant
from omnishop.kernel.admin import (
    AskForm,
    ReadOnlyInline,
    ScopedFilter,
    StoreInline,
    StoreModelAdmin,
    list_link,
)
from omnishop.kernel.letters import without_accents
from omnishop.kernel.templatetags.omnishop import money
from omnishop.network.models import Store
from omnishop.network.selectors import sees_all_stores


def plain(text: str) -> str:
    """Lower case without accents, as `search_words` holds it."""
    return without_accents(text.lower())


def found_products(rows: Any, term: str) -> Any:
    """Products, drafts and archived ones too, by words of their name or by an article's code."""
    matches = Q(pk__in=Variant.objects.filter(sku__startswith=term.upper()).values("product"))
    if variant := selectors.by_code(term):
        matches |= Q(pk=variant.product_id)
    words = Q()
    for word in plain(term).split()[:5]:
        words &= Q(search_words__contains=word)
    return rows.filter(matches | words) if words else rows.filter(matches)


class VariantInline(StoreInline):
    model = Variant
    fields = ("sku", "gtin", "active", "position", "eco_minor", "weight_g", "content", "measure")
    show_change_link = True


class PictureInline(StoreInline):
    model = Picture
    fields = ("image", "alt_fr", "alt_en", "variant", "position")

    def formfield_for_foreignkey(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        if db_field.name == "variant":  # this product's own, never every article there is
            product = request.resolver_match.kwargs.get("object_id")
            kwargs["queryset"] = (
                Variant.objects.filter(product=product)
                if str(product).isdigit()
                else Variant.objects.none()
            )
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class PictureSourceInline(ReadOnlyInline):
    model = PictureSource
    fields = ("url", "alt", "variant", "position")
    show_change_link = False

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("variant")


@admin.register(Product)
class ProductAdmin(StoreModelAdmin):
    list_display = ("name", "category", "brand", "status", "popularity", "updated_at")
    list_filter = ("status", ("brand", ScopedFilter), ("tax_category", ScopedFilter))
    list_select_related = ("category", "brand")
    search_fields = ("name",)
    search_help_text = _("Words of the name, SKU or GTIN")
    autocomplete_fields = ("category", "brand", "tax_category", "product_type")
    prepopulated_fields = {"slug": ("name_fr",)}
    required_fields = ("name_fr",)
    readonly_fields = ("popularity", "stock", "facts")
    inlines = (
        VariantInline,
        PictureInline,
        VideoInline,
        DocumentInline,
        RelatedInline,
        AssortmentInline,
        PictureSourceInline,
    )
    actions_detail = ("describe", "archive")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("status", "slug"),
                    ("category", "brand"),
                    ("product_type", "tax_category"),
                    "sold_from",
                    "sold_until",
                    ("withdrawal", "popularity"),
                    ("facts", "stock"),
                )
            },
        ),
        (_("In French"), {"classes": ["tab"], "fields": ("name_fr", "description_fr")}),
        (_("In English"), {"classes": ["tab"], "fields": ("name_en", "description_en")}),
    )

    def find(self, rows: Any, term: str) -> Any:
        return found_products(rows, term)

    @admin.display(description=_("stock"))
    def stock(self, product: Product) -> str:
        return list_link(
            "inventory_stocklevel", _("Stock by location"), variant__product__id__exact=product.pk
        )

    @admin.display(description=_("description sheet"))
    def facts(self, product: Product) -> str:
        told = about(product.pk).facts if product.pk else ()
        if not told:
            return "–"
        lines = ((fact.label, ", ".join(fact.values)) for fact in told)
        return format_html_join("", "<p>{} · {}</p>", lines)

    def save_related(self, request: Any, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        services.refresh_search([form.instance.pk])

    def history_view(self, request: HttpRequest, object_id: str, *_args: Any) -> HttpResponse:
        """Who changed what, and when: every door, not this page alone."""
        product = self.found(request, object_id)
        if not self.has_view_or_change_permission(request, product):
            raise PermissionDenied
        title = _t("History of %(name)s") % {"name": product}
        return history_of(self.admin_site, request, product, title=title, opts=self.model._meta)

    @action(description=_("Describe"), url_path="describe", icon="tune", permissions=["change"])
    def describe(self, request: HttpRequest, object_id: int) -> HttpResponse:
        product = self.found(request, object_id)
        form = DescribeForm(request.POST or None, product=product)

        def work(_data: dict[str, Any]) -> str:
            changed = sheet.set_attributes(product, form.values())
            return _t("The sheet is written.") if changed else _t("Nothing was changed.")

        kind = product.product_type
        return self.ask(
            request,
            product,
            title=_("Describe this product"),
            submit=_("Write the sheet"),
            form=form,
            facts={
                _("product"): product.name,
                _("product type"): kind or _("none: every attribute is offered"),
            },
            work=work,
        )

    @action(description=_("Archive"), url_path="archive", icon="archive", permissions=["change"])
    def archive(self, request: HttpRequest, object_id: int) -> HttpResponse:
        product = self.found(request, object_id)

        def work(_data: dict[str, Any]) -> str:
            services.archive(product=product)
            return _t("%(name)s is archived.") % {"name": product}

        return self.ask(
            request,
            product,
            title=_("Archive this product"),
            submit=_("Archive"),
            form=AskForm(request.POST or None),
            facts={
                _("product"): product.name,
                _("articles"): product.variants.count(),
                _("What happens"): _("It leaves the site and the tills; past orders keep it."),
            },
            work=work,
        )


def price_lists(request: HttpRequest) -> Any:
    """The lists that the reader may price for: those of their stores, and the common ones for
    those who see every store.
    """
    stores = Store.objects.visible_to(request.user)
    rows = PriceList.objects.filter(store__in=stores)
    if sees_all_stores(request.user):
        rows = PriceList.objects.all()
    return rows.order_by("name")


class PriceForm(AskForm):
    """A new price for an article."""

    price = forms.DecimalField(
        label=_("Price, tax included"),
        min_value=0,
        max_digits=9,
        decimal_places=2,
        localize=True,
        widget=UnfoldAdminDecimalFieldWidget(attrs={"inputmode": "decimal"}),
    )
    price_list = forms.ModelChoiceField(
        label=_("price list"),
        queryset=PriceList.objects.none(),
        required=False,
        empty_label=_("For every channel and store"),
        widget=UnfoldAdminSelectWidget,
    )
    starts_at = forms.SplitDateTimeField(
        label=_("from"),
        required=False,
        help_text=_("Empty: from now on"),
        widget=UnfoldAdminSplitDateTimeWidget,
    )

    def clean_starts_at(self) -> Any:
        starts_at = self.cleaned_data["starts_at"]
        if starts_at and starts_at < timezone.now():
            raise forms.ValidationError(_("Prices are not changed in the past."))
        return starts_at


class PriceInline(ReadOnlyInline):
    model = Price
    fields = ("price_list", "money", "valid_from", "valid_to")
    readonly_fields = ("money",)
    show_change_link = False

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("price_list")

    @admin.display(description=_("price"))
    def money(self, price: Price) -> str:
        return money(price.amount_minor, price.price_list.currency)


@admin.register(Variant)
class VariantAdmin(PrintsLabels, StoreModelAdmin):
    list_display = ("sku", "gtin", "name", "active", "price_now")
    list_filter = ("active",)
    list_select_related = ("product",)
    search_fields = ("sku",)
    search_help_text = _("SKU, GTIN or words of the product's name")
    autocomplete_fields = ("product", "options")
    inlines = (BundleItemInline, PriceInline)
    readonly_fields = ("stock", "history")
    actions = ("print_labels",)
    actions_detail = ("new_price",)
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("product", "active"),
                    ("sku", "gtin"),
                    "options",
                    ("position", "eco_minor", "weight_g"),
                    ("content", "measure"),
                    ("stock", "history"),
                )
            },
        ),
    )

    def find(self, rows: Any, term: str) -> Any:
        matches = Q(sku__startswith=term.upper())
        if variant := selectors.by_code(term):
            matches |= Q(pk=variant.pk)
        return rows.filter(
            matches | Q(product__in=found_products(Product.objects.all(), term).values("pk"))
        )

    def get_queryset(self, request: HttpRequest) -> Any:
        common = (
            Price.objects.at(timezone.now())
            .filter(
                variant=OuterRef("pk"),
                price_list__channel="",
                price_list__store__isnull=True,
                price_list__currency=settings.CURRENCY,
            )
            .values("amount_minor")[:1]
        )
        rows = super().get_queryset(request).prefetch_related("options")
        return rows.annotate(common_minor=Subquery(common))

    @admin.display(description=_("price"))
    def price_now(self, variant: Any) -> str:
        return money(variant.common_minor)

    @admin.display(description=_("name"))
    def name(self, variant: Variant) -> str:
        options = ", ".join(str(value) for value in variant.options.all())
        return f"{variant.product.name} · {options}" if options else variant.product.name

    @admin.display(description=_("stock"))
    def stock(self, variant: Variant) -> str:
        return list_link("inventory_stocklevel", _("Stock by location"), q=variant.sku)

    @admin.display(description=_("movements"))
    def history(self, variant: Variant) -> str:
        return list_link("inventory_stockmovement", _("Every movement"), q=variant.sku)

    def save_related(self, request: Any, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        services.refresh_search([form.instance.product_id])

    @action(description=_("New price"), url_path="price", icon="sell", permissions=["change"])
    def new_price(self, request: HttpRequest, object_id: int) -> HttpResponse:
        variant = self.found(request, object_id)
        at = timezone.now()
        form = PriceForm(request.POST or None)
        price_list: Any = form.fields["price_list"]
        price_list.queryset = price_lists(request)
        unit = prices([variant.pk], at=at).get(variant.pk)

        def work(data: dict[str, Any]) -> str:
            changed = services.set_price(
                variant=variant,
                amount_minor=int(data["price"] * 100),
                at=data["starts_at"] or at,
                price_list=data["price_list"],
            )
            if changed and data["starts_at"]:
                return _t("The new price is planned.")
            return _t("The new price is in force.") if changed else _t("That is the price already.")

        return self.ask(
            request,
            variant,
            title=_("New price"),
            submit=_("Set the price"),
            form=form,
            facts={
                _("article"): f"{self.name(variant)} · {variant.sku}",
                _("price now"): money(unit.amount_minor) if unit else "–",
                _("lowest in 30 days"): money(unit.reference_minor) if unit else "–",
            },
            work=work,
        )
