"""Values are computed every night, groups that segments fill every hour (DESIGN 3.7)."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

TASKS = {"orders.compute_values": ("40", "3"), "orders.fill_groups": ("25", "*")}


def add(apps: StateApps, _editor: BaseDatabaseSchemaEditor) -> None:
    crontab_of = apps.get_model("django_celery_beat", "CrontabSchedule").objects
    tasks = apps.get_model("django_celery_beat", "PeriodicTask").objects
    for name, (minute, hour) in TASKS.items():
        when, _created = crontab_of.get_or_create(
            minute=minute, hour=hour, day_of_week="*", day_of_month="*", month_of_year="*",
            timezone="Europe/Paris",
        )  # fmt: skip
        tasks.get_or_create(name=name, defaults={"task": name, "crontab": when})


def remove(apps: StateApps, _editor: BaseDatabaseSchemaEditor) -> None:
    apps.get_model("django_celery_beat", "PeriodicTask").objects.filter(name__in=TASKS).delete()


class Migration(migrations.Migration):
    dependencies = [("orders", "0028_segments")]
    operations = [migrations.RunPython(add, remove)]
