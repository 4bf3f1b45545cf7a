"""Campaigns of the demonstration: reminders of baskets, and what was written besides."""

from datetime import timedelta

from omnishop.demo.days import Days
from orders.models import Campaign, CampaignStep


def baskets(days: Days) -> CampaignStep:
    """Reminders of baskets left behind, on for months; the step that the history is of."""
    campaign, _created = Campaign.objects.get_or_create(
        kind=Campaign.Kind.BASKET, defaults={"name": "Panier oublié"}
    )
    campaign.status = Campaign.Status.ACTIVE
    campaign.activated_at = days.midnight(90)
    campaign.activated_by, campaign.activated_count = "demo", 3
    campaign.holdout_percent = 0
    campaign.save()
    first: CampaignStep | None = None
    for number, delay in enumerate((timedelta(hours=2), timedelta(days=2)), start=1):
        step, _created = CampaignStep.objects.update_or_create(
            campaign=campaign,
            number=number,
            defaults={
                "delay_minutes": delay // timedelta(minutes=1),
                "planned_until": days.midnight(1),  # the worker goes on from there
            },
        )
        first = first or step
    assert first is not None  # noqa: S101  for types
    return first
