from modeltranslation.translator import TranslationOptions, register

from orders.models import CampaignStep, DeliveryMethod


@register(DeliveryMethod)
class DeliveryMethodTranslation(TranslationOptions):
    fields = ("name",)


@register(CampaignStep)
class CampaignStepTranslation(TranslationOptions):
    fields = ("subject", "body")
