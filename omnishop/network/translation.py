from modeltranslation.translator import TranslationOptions, register

from omnishop.network.models import Store


@register(Store)
class StoreTranslation(TranslationOptions):
    fields = ("services", "access")
