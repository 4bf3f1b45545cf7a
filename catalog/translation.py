from modeltranslation.translator import TranslationOptions, register

from catalog.models import (
    Attribute,
    AttributeValue,
    Category,
    Guide,
    Operation,
    Picture,
    Product,
    ProductAttribute,
    ProductType,
    Promotion,
    Video,
)


@register(Category)
class CategoryTranslation(TranslationOptions):
    fields = ("name", "description")


@register(Product)
class ProductTranslation(TranslationOptions):
    fields = ("name", "description")


@register(Attribute)
class AttributeTranslation(TranslationOptions):
    fields = ("name",)


@register(AttributeValue)
class AttributeValueTranslation(TranslationOptions):
    fields = ("name",)


@register(Picture)
class PictureTranslation(TranslationOptions):
    fields = ("alt",)


@register(ProductType)
class ProductTypeTranslation(TranslationOptions):
    fields = ("name",)


@register(ProductAttribute)
class ProductAttributeTranslation(TranslationOptions):
    fields = ("text",)


@register(Video)
class VideoTranslation(TranslationOptions):
    fields = ("title", "transcript")


@register(Guide)
class GuideTranslation(TranslationOptions):
    fields = ("title", "summary", "body")


@register(Operation)
class OperationTranslation(TranslationOptions):
    fields = ("name", "terms")


@register(Promotion)
class PromotionTranslation(TranslationOptions):
    fields = ("name",)
