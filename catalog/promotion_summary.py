"""A promotion in one sentence, for whoever writes, sells or explains it."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalog.models import Promotion
from omnishop.kernel.templatetags.omnishop import money, percent

Kind = Promotion.Kind
NAMED = 3  # articles, shelves and brands that are named


def advantage(promotion: Promotion) -> str:
    """What it gives: “3 for 2”, “−20 %”."""
    off = percent(promotion.percent_bp or 0)
    amount = money(promotion.amount_minor or 0)
    buy, get = promotion.buy_units or 0, promotion.get_units or 0
    match promotion.kind:
        case Kind.PERCENT:
            return f"−{off}"
        case Kind.AMOUNT:
            return f"−{amount}"
        case Kind.UNIT_AMOUNT:
            return _("−%(amount)s on each article") % {"amount": amount}
        case Kind.BUY_GET if promotion.percent_bp == 10_000:
            return _("%(all)s for %(paid)s") % {"all": buy + get, "paid": buy}
        case Kind.BUY_GET:
            return _("%(buy)s bought, −%(off)s on the %(get)s cheapest") % {
                "buy": buy + get,
                "off": off,
                "get": get,
            }
        case Kind.FIXED:
            return _("%(count)s for %(amount)s") % {"count": buy, "amount": amount}
        case Kind.TIERED:
            return _steps(promotion)
        case Kind.FREE_DELIVERY:
            return _("free delivery")
        case Kind.GIFT:
            return _("a gift: %(article)s") % {"article": promotion.gift or "–"}
        case _:
            value = off if promotion.percent_bp else amount
            return ngettext(
                "%(value)s paid back, to claim within %(days)s day",
                "%(value)s paid back, to claim within %(days)s days",
                promotion.claim_days or 0,
            ) % {"value": value, "days": promotion.claim_days or 0}


def _steps(promotion: Promotion) -> str:
    return ", ".join(
        _("−%(off)s from %(start)s")
        % {"off": percent(bp), "start": money(start) if promotion.by_amount else start}
        for start, bp in sorted(promotion.tiers)
    )


def conditions(promotion: Promotion) -> list[str]:
    """On what, from how much, for whom."""
    chosen = [
        *(str(one) for one in promotion.categories.all()),
        *(str(one) for one in promotion.brands.all()),
        *(str(one) for one in promotion.products.all()),
    ]
    parts = []
    if chosen:
        more = "…" if len(chosen) > NAMED else ""
        parts.append(_("on %(what)s") % {"what": ", ".join(chosen[:NAMED]) + more})
    if promotion.except_cut:
        parts.append(_("not on articles with a price cut"))
    if promotion.min_units:
        parts.append(
            ngettext("from %(count)s article", "from %(count)s articles", promotion.min_units)
            % {"count": promotion.min_units}
        )
    if promotion.min_minor:
        parts.append(_("from %(amount)s") % {"amount": money(promotion.min_minor)})
    if promotion.members:
        parts.append(_("for loyalty members"))
    if promotion.loyalty_tiers:
        parts.append(_("tier %(tiers)s") % {"tiers": ", ".join(promotion.loyalty_tiers)})
    if promotion.groups:
        parts.append(_("group %(groups)s") % {"groups": ", ".join(promotion.groups)})
    if promotion.first_order:
        parts.append(_("first order"))
    if promotion.by_coupon:
        parts.append(_("with a code"))
    if promotion.exclusive:
        parts.append(_("with no other promotion"))
    elif promotion.stacking_group:
        parts.append(_("not together with “%(group)s”") % {"group": promotion.stacking_group})
    return parts


def summary(promotion: Promotion) -> str:
    """The advantage and its conditions; read with its articles, shelves, brands and gift."""
    return ", ".join([advantage(promotion), *conditions(promotion)])
