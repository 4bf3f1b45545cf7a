"""What describes a product: its attributes by type, films, documents, relations, places of sale."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.options import BaseModelAdmin
from django.core.exceptions import ValidationError
from django.db.models import URLField
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from catalog import sheet
from catalog.guides import blocks
from catalog.models import (
    Assortment,
    Attribute,
    BundleItem,
    Document,
    Guide,
    Product,
    ProductAttribute,
    ProductType,
    RelatedProduct,
    VariableArticle,
    VariableCode,
    Video,
)
from omnishop.kernel.admin import AskForm, StoreInline, StoreModelAdmin
from omnishop.kernel.errors import Refusal

Kind = Attribute.Kind
CHANNELS = [
    ("", _("every channel")),
    ("web", _("web site")),
    ("till", _("till")),
    ("phone", _("telephone")),
    ("kiosk", _("kiosk")),
    ("social", _("social networks")),
    ("agent", _("shopping agents")),
]


@admin.register(ProductType)
class ProductTypeAdmin(StoreModelAdmin):
    list_display = ("name", "code")
    search_fields = ("name_fr", "name_en", "code")
    ordering = ("name_fr",)
    fields = (("name_fr", "name_en"), "code", "attributes")
    required_fields = ("name_fr",)
    autocomplete_fields = ("attributes",)
    prepopulated_fields = {"code": ("name_fr",)}


class _Secure(BaseModelAdmin):  # type: ignore[type-arg]  # generic in the stubs alone
    """An address typed without a scheme is one of https."""

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        if isinstance(db_field, URLField):
            kwargs["assume_scheme"] = "https"
        return super().formfield_for_dbfield(db_field, request, **kwargs)


class VideoInline(_Secure, StoreInline):
    model = Video
    fields = ("title_fr", "title_en", "url", "transcript_fr", "transcript_en", "position")


class DocumentForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs alone
    """A PDF by its content, not by its name."""

    class Meta:
        model = Document
        fields = ("title", "file", "language", "position")
        widgets = {
            "language": UnfoldAdminSelectWidget(choices=[("fr", "Français"), ("en", "English")])
        }

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if "file" in self.changed_data:
            try:
                sheet.check_document(file)
            except Refusal as refusal:
                raise ValidationError(str(refusal)) from refusal
        return file


class DocumentInline(StoreInline):
    model = Document
    form = DocumentForm


class RelatedInline(StoreInline):
    model = RelatedProduct
    fk_name = "product"
    fields = ("kind", "other", "position")
    autocomplete_fields = ("other",)


class AssortmentForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs alone
    """A channel by its name."""

    channel = forms.ChoiceField(
        label=_("channel"), choices=CHANNELS, required=False, widget=UnfoldAdminSelectWidget
    )

    class Meta:
        model = Assortment
        fields = ("channel", "store")


class AssortmentInline(StoreInline):
    model = Assortment
    form = AssortmentForm
    autocomplete_fields = ("store",)
    verbose_name_plural = _("sold only here")


class BundleItemInline(StoreInline):
    model = BundleItem
    fk_name = "bundle"
    fields = ("item", "quantity")
    autocomplete_fields = ("item",)


def swatched(value: Any) -> SafeString:
    """A colour's name behind its colour."""
    return format_html(
        '<svg class="office-swatch" viewBox="0 0 20 20" aria-hidden="true">'
        '<circle cx="10" cy="10" r="9" fill="{}" stroke="currentColor"/></svg> {}',
        value.swatch,
        value,
    )


class DescribeForm(AskForm):
    """A field for each attribute that the product's type offers."""

    def __init__(self, *args: Any, product: Product, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.attributes = sheet.described_by(product)
        held: dict[int, list[ProductAttribute]] = {}
        for row in ProductAttribute.objects.filter(product=product).select_related("value"):
            held.setdefault(row.attribute_id, []).append(row)
        for attribute in self.attributes:
            self._add(attribute, held.get(attribute.pk, []))

    def _add(self, attribute: Attribute, held: list[ProductAttribute]) -> None:
        name, label = f"a-{attribute.code}", attribute.name
        one = held[0] if held else None
        field: forms.Field
        if attribute.kind == Kind.BOOLEAN:
            field = forms.ChoiceField(
                choices=[("", "–"), (sheet.YES, _("yes")), (sheet.NO, _("no"))],
                widget=UnfoldAdminSelectWidget,
            )
            self.initial[name] = one.value.code if one and one.value else ""
        elif attribute.kind in Attribute.LISTED:
            field = forms.MultipleChoiceField(
                choices=[
                    (value.code, swatched(value) if value.swatch else str(value))
                    for value in attribute.values.all()
                ],
                widget=UnfoldAdminCheckboxSelectMultipleWidget,
            )
            self.initial[name] = [row.value.code for row in held if row.value]
        elif attribute.kind == Kind.NUMBER:
            label = f"{label} ({attribute.unit})" if attribute.unit else label
            field = forms.DecimalField(
                max_digits=12,
                decimal_places=3,
                localize=True,
                widget=UnfoldAdminDecimalFieldWidget(attrs={"inputmode": "decimal"}),
            )
            self.initial[name] = one.number.normalize() if one and one.number is not None else None
        elif attribute.kind == Kind.DATE:
            field = forms.DateField(
                widget=UnfoldAdminTextInputWidget(attrs={"type": "date"}),
                input_formats=["%Y-%m-%d"],
            )
            self.initial[name] = one.day.isoformat() if one and one.day else None
        else:
            for language, words in (("fr", _("in French")), ("en", _("in English"))):
                self.fields[f"{name}-{language}"] = forms.CharField(
                    label=f"{attribute.name} ({words})",
                    max_length=300,
                    required=False,
                    widget=UnfoldAdminTextInputWidget,
                    initial=getattr(one, f"text_{language}", "") if one else "",
                )
            return
        field.label, field.required = label, False
        self.fields[name] = field

    def values(self) -> dict[str, Any]:
        """What `sheet.set_attributes` takes."""
        data = self.cleaned_data
        found: dict[str, Any] = {}
        for attribute in self.attributes:
            name = f"a-{attribute.code}"
            if attribute.kind == Kind.TEXT:
                found[attribute.code] = {"fr": data[f"{name}-fr"], "en": data[f"{name}-en"]}
            elif attribute.kind == Kind.BOOLEAN:
                found[attribute.code] = data[name] == sheet.YES if data[name] else None
            else:
                found[attribute.code] = data[name]
        return found


@admin.register(Guide)
class GuideAdmin(_Secure, StoreModelAdmin):
    list_display = ("title", "published", "updated_at", "seen")
    list_filter = ("published",)
    search_fields = ("title_fr", "title_en", "slug")
    autocomplete_fields = ("products", "categories")
    prepopulated_fields = {"slug": ("title_fr",)}
    required_fields = ("title_fr", "summary_fr", "body_fr")
    readonly_fields = ("seen",)
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("published", "slug"),
                    "video_url",
                    "products",
                    "categories",
                    "seen",
                ),
                "description": _(
                    "Paragraphs are parted by an empty line; a line that begins with “## ” is a "
                    "heading, lines that begin with “- ” are a list."
                ),
            },
        ),
        (_("In French"), {"classes": ["tab"], "fields": ("title_fr", "summary_fr", "body_fr")}),
        (_("In English"), {"classes": ["tab"], "fields": ("title_en", "summary_en", "body_en")}),
    )

    @admin.display(description=_("as shoppers see it"))
    def seen(self, guide: Guide) -> str:
        if not guide.pk:
            return "–"
        url = reverse("admin:catalog_guide_preview", args=[guide.pk])
        return format_html('<a href="{}" class="underline">{}</a>', url, _t("Preview"))

    def get_urls(self) -> Any:
        return [
            path(
                "<int:object_id>/preview/",
                self.admin_site.admin_view(self.preview),
                name="catalog_guide_preview",
            ),
            *super().get_urls(),
        ]

    def preview(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """A guide as its page shows it, published or not."""
        guide = get_object_or_404(self.get_queryset(request), pk=object_id)
        return TemplateResponse(
            request,
            "admin/catalog/guide.html",
            {
                **self.admin_site.each_context(request),
                "title": guide.title,
                "opts": self.model._meta,
                "original": guide,
                "guide": guide,
                "blocks": blocks(guide.body),
            },
        )


class VariableArticleInline(StoreInline):
    model = VariableArticle
    autocomplete_fields = ("variant",)


@admin.register(VariableCode)
class VariableCodeAdmin(StoreModelAdmin):
    list_display = ("prefix", "name", "carries", "item_digits", "value_digits", "value_checked")
    fields = (
        ("prefix", "name"),
        ("carries", "decimals"),
        ("item_digits", "value_digits", "value_checked"),
    )
    inlines = (VariableArticleInline,)
