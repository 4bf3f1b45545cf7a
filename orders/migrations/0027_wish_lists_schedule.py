"""Falls of the prices of wishes are found and told in the morning (DESIGN 3.7)."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

DAILY = {"orders.find_price_drops": ("40", "8"), "orders.tell_price_drops": ("0", "9")}


def add(apps: StateApps, _editor: BaseDatabaseSchemaEditor) -> None:
    crontab_of = apps.get_model("django_celery_beat", "CrontabSchedule").objects
    tasks = apps.get_model("django_celery_beat", "PeriodicTask").objects
    for name, (minute, hour) in DAILY.items():
        morning, _created = crontab_of.get_or_create(
            minute=minute, hour=hour, day_of_week="*", day_of_month="*", month_of_year="*",
            timezone="Europe/Paris",
        )  # fmt: skip
        tasks.get_or_create(name=name, defaults={"task": name, "crontab": morning})


def remove(apps: StateApps, _editor: BaseDatabaseSchemaEditor) -> None:
    apps.get_model("django_celery_beat", "PeriodicTask").objects.filter(name__in=DAILY).delete()


class Migration(migrations.Migration):
    dependencies = [("orders", "0026_wish_lists")]
    operations = [migrations.RunPython(add, remove)]
