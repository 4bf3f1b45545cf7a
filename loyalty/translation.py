from modeltranslation.translator import TranslationOptions, register

from loyalty.models import EarnRule, Reward, Tier


@register(Tier)
class TierTranslation(TranslationOptions):
    fields = ("name", "benefits")


@register(EarnRule)
class EarnRuleTranslation(TranslationOptions):
    fields = ("name",)


@register(Reward)
class RewardTranslation(TranslationOptions):
    fields = ("name", "description")
