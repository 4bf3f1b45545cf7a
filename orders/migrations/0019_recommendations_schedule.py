"""Recommendations are computed every night (DESIGN 3.7)."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

TASK = "orders.compute_recommendations"


def add(apps: StateApps, _editor: BaseDatabaseSchemaEditor) -> None:
    crontab_of = apps.get_model("django_celery_beat", "CrontabSchedule").objects
    tasks = apps.get_model("django_celery_beat", "PeriodicTask").objects
    night, _created = crontab_of.get_or_create(
        minute="10", hour="3", day_of_week="*", day_of_month="*", month_of_year="*",
        timezone="Europe/Paris",
    )  # fmt: skip
    tasks.get_or_create(name=TASK, defaults={"task": TASK, "crontab": night})


def remove(apps: StateApps, _editor: BaseDatabaseSchemaEditor) -> None:
    apps.get_model("django_celery_beat", "PeriodicTask").objects.filter(name=TASK).delete()


class Migration(migrations.Migration):
    dependencies = [("orders", "0018_reviews_schedule")]
    operations = [migrations.RunPython(add, remove)]
