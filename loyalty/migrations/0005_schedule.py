"""Tiers, gifts and birthdays are looked at by beat."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

SECONDS = {
    "loyalty.review_tiers": 300,
    "loyalty.return_gifts": 3600,
    "loyalty.reward_events": 3600,
}


def add(apps: StateApps, _editor: BaseDatabaseSchemaEditor) -> None:
    interval_of = apps.get_model("django_celery_beat", "IntervalSchedule").objects
    tasks = apps.get_model("django_celery_beat", "PeriodicTask").objects
    for name, seconds in SECONDS.items():
        interval, _created = interval_of.get_or_create(every=seconds, period="seconds")
        tasks.get_or_create(name=name, defaults={"task": name, "interval": interval})


def remove(apps: StateApps, _editor: BaseDatabaseSchemaEditor) -> None:
    apps.get_model("django_celery_beat", "PeriodicTask").objects.filter(name__in=SECONDS).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("django_celery_beat", "0019_alter_periodictasks_options"),
        ("loyalty", "0004_filled"),
    ]
    operations = [migrations.RunPython(add, remove)]
