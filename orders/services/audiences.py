"""Whom a campaign is for: asked when a message is planned, and again when it leaves.

One rule for its own conditions, its kind, and its segment: what people bought or did chooses only
those who agreed to just that (`segments.AGREED`); silence is a no.
"""

from datetime import datetime
from typing import Any

from customers.models import Customer
from customers.services.consents import may_be_profiled
from orders.models import Campaign, Relaunch
from orders.services import segments

Kind = Campaign.Kind

_BOUGHT = """ EXISTS (
    SELECT 1 FROM customers_customer d JOIN orders_order o ON o.customer_id = d.id
     WHERE (d.id = e.customer_id OR d.merged_into_id = e.customer_id)
       AND o.status IN ('placed', 'fulfilled')
       AND o.placed_at > %(at)s - make_interval(days => {days}))"""
_CONDITIONS = {
    "home_store_id": "p.home_store_id = %(home_store_id)s",
    "group_id": """EXISTS (SELECT 1 FROM customers_customer_groups g
                    WHERE g.customer_id = p.id AND g.customergroup_id = %(group_id)s)""",
    "bought_days": _BOUGHT.format(days="%(bought_days)s"),
    "not_bought_days": f"NOT {_BOUGHT.format(days='%(not_bought_days)s')}",
}


def by_acts(campaign: Campaign) -> bool:
    """Whether the campaign's own conditions, or its kind, choose people by what they bought."""
    own = (campaign.bought_days, campaign.not_bought_days)
    return campaign.kind == Kind.WIN_BACK or any(days is not None for days in own)


def condition(campaign: Campaign, *, at: datetime) -> tuple[str, dict[str, Any]]:
    """What a statement over `e.customer_id` adds to have a campaign's people alone, with its
    named values; baskets are of everybody.
    """
    named = {key: getattr(campaign, key) for key in _CONDITIONS}
    wanted = [sql for key, sql in _CONDITIONS.items() if named[key] is not None]
    if campaign.segment:
        people, values = segments.chosen(campaign.segment, at=at).named("segment_")
        wanted.append(f"p.id IN ({people})")
        named |= values
    if by_acts(campaign):
        people, values = segments.agreed(at=at).named("agreed_")
        wanted.append(f"p.id IN ({people})")
        named |= values
    if not wanted or campaign.kind == Kind.BASKET:
        return "", named
    return (
        f"""AND EXISTS (SELECT 1 FROM customers_customer p
             WHERE p.id = e.customer_id AND {" AND ".join(wanted)})""",  # noqa: S608  fragments of this module
        named,
    )


def why_not(campaign: Campaign, person: Customer, *, at: datetime) -> str:
    """Why a person is no longer among them (`Relaunch.Reason`), of the segment that fills the
    campaign's group too; empty: they are.
    """
    if campaign.kind == Kind.BASKET:
        return ""
    if by_acts(campaign) and not may_be_profiled(person.pk, at=at):
        return Relaunch.Reason.NOT_PROFILED
    asked = (campaign.segment, getattr(campaign.group, "segment", None))
    reasons = (segments.why_not(one, person.pk, at=at) for one in asked if one)
    return next(filter(None, reasons), "")
