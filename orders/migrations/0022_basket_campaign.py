"""Reminders of baskets become a campaign: on where they were sent so far, else a draft.

Beat looks for what campaigns are about, and for the sales they brought.
"""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps
from django.utils import timezone

EVERY = {"orders.plan_campaigns": 300, "orders.attribute_sales": 600}  # seconds


def add(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    reminders = apps.get_model("orders", "Relaunch").objects
    used = reminders.exists()
    campaign = apps.get_model("orders", "Campaign").objects.create(
        name="Panier oublié",
        kind="basket",
        status="active" if used else "draft",
        holdout_percent=0,
        activated_at=timezone.now() if used else None,
        activated_count=0 if used else None,
    )
    for number, minutes in ((1, 120), (2, 2880)):
        apps.get_model("orders", "CampaignStep").objects.create(
            campaign=campaign, number=number, delay_minutes=minutes, channel="email"
        )
    editor.execute(
        """UPDATE orders_relaunch r
              SET campaign_step_id = s.id, document = 'basket:' || r.basket_id,
                  customer_id = b.customer_id
             FROM orders_campaignstep s, orders_basket b
            WHERE s.campaign_id = %s AND s.number = least(r.step, 2) AND b.id = r.basket_id""",
        [campaign.pk],
    )
    interval_of = apps.get_model("django_celery_beat", "IntervalSchedule").objects
    tasks = apps.get_model("django_celery_beat", "PeriodicTask").objects
    for task, seconds in EVERY.items():
        interval, _created = interval_of.get_or_create(every=seconds, period="seconds")
        tasks.get_or_create(name=task, defaults={"task": task, "interval": interval})


def remove(apps: StateApps, _editor: BaseDatabaseSchemaEditor) -> None:
    apps.get_model("django_celery_beat", "PeriodicTask").objects.filter(name__in=EVERY).delete()
    apps.get_model("orders", "Relaunch").objects.filter(basket__isnull=True).delete()
    apps.get_model("orders", "Relaunch").objects.update(campaign_step=None)
    apps.get_model("orders", "Campaign").objects.all().delete()


class Migration(migrations.Migration):
    dependencies = [
        ("django_celery_beat", "0019_alter_periodictasks_options"),
        ("orders", "0021_campaigns"),
    ]
    operations = [migrations.RunPython(add, remove)]
