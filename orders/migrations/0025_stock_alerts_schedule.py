"""Beat looks for articles that are back, and closes alerts that waited too long (DESIGN 3.7)."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

SECONDS = {"orders.tell_restocked": 60, "orders.close_stock_alerts": 3600}


def add(apps: StateApps, _editor: BaseDatabaseSchemaEditor) -> None:
    interval_of = apps.get_model("django_celery_beat", "IntervalSchedule").objects
    tasks = apps.get_model("django_celery_beat", "PeriodicTask").objects
    for name, seconds in SECONDS.items():
        interval, _created = interval_of.get_or_create(every=seconds, period="seconds")
        tasks.get_or_create(name=name, defaults={"task": name, "interval": interval})


def remove(apps: StateApps, _editor: BaseDatabaseSchemaEditor) -> None:
    apps.get_model("django_celery_beat", "PeriodicTask").objects.filter(name__in=SECONDS).delete()


class Migration(migrations.Migration):
    dependencies = [("orders", "0024_stock_alerts")]
    operations = [migrations.RunPython(add, remove)]
