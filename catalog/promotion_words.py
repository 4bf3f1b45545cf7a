"""Why a promotion gives nothing, said to shoppers and to staff in the same words."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalog.offers import Missed, Why
from omnishop.kernel.templatetags.omnishop import money


def why(missed: Missed) -> str:
    """One sentence: what is missing, or what is in the way."""
    if missed.why == Why.UNITS:
        return ngettext(
            "One more article is needed.", "%(count)s more articles are needed.", missed.lacking
        ) % {"count": missed.lacking}
    if missed.why == Why.AMOUNT:
        return _("%(amount)s more is needed.") % {"amount": money(missed.lacking)}
    code = {"code": missed.code}
    return {
        Why.NOT_YET: _("It has not begun yet."),
        Why.OVER: _("It is over."),
        Why.CHANNEL: _("It is not offered in this channel."),
        Why.STORE: _("This store does not take part."),
        Why.SIGN_IN: _("It is for known customers: sign in, or show the loyalty card."),
        Why.GROUP: _("It is for a group this customer does not belong to."),
        Why.TIER: _("It is for another tier of the loyalty programme."),
        Why.MEMBERS: _("It is for loyalty members."),
        Why.FIRST_ORDER: _("It is for a first order."),
        Why.CODE: _("It needs a code."),
        Why.CODE_UNKNOWN: _("No promotion has the code %(code)s.") % code,
        Why.CODE_EARLY: _("The code %(code)s cannot be used yet.") % code,
        Why.CODE_EXPIRED: _("The code %(code)s has expired.") % code,
        Why.CODE_USED_UP: _("The code %(code)s has been used as often as it may be.") % code,
        Why.CODE_USED: _("You have used the code %(code)s already.") % code,
        Why.CODE_OF_OTHER: _("The code %(code)s is for another person.") % code,
        Why.NO_ARTICLE: _("No article of the basket takes part."),
        Why.GIFT: _("Add the gift to the basket: it will be free."),
        Why.NO_DELIVERY: _("It counts when the order is delivered."),
        Why.DELIVERY_FREE: _("Delivery is free already."),
        Why.BETTER: _("Another promotion that cannot be combined with it gives more."),
        Why.NOTHING_LEFT: _("Nothing is left to take off."),
    }[missed.why]
