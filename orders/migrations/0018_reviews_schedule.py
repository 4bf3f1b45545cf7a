"""Beat tells the authors of refused reviews why."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

TASK = "orders.tell_refused_reviews"


def add(apps: StateApps, _editor: BaseDatabaseSchemaEditor) -> None:
    interval_of = apps.get_model("django_celery_beat", "IntervalSchedule").objects
    tasks = apps.get_model("django_celery_beat", "PeriodicTask").objects
    minutes, _created = interval_of.get_or_create(every=300, period="seconds")
    tasks.get_or_create(name=TASK, defaults={"task": TASK, "interval": minutes})


def remove(apps: StateApps, _editor: BaseDatabaseSchemaEditor) -> None:
    apps.get_model("django_celery_beat", "PeriodicTask").objects.filter(name=TASK).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0019_reviews"),
        ("django_celery_beat", "0019_alter_periodictasks_options"),
        ("orders", "0017_first_promise_kept"),
    ]
    operations = [migrations.RunPython(add, remove)]
