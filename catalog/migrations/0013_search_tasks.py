"""Beat keeps the known words and forgets old searches."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

TASKS = {"catalog.refresh_words": 3600, "catalog.forget_searches": 86_400}  # seconds


def add(apps: StateApps, _editor: BaseDatabaseSchemaEditor) -> None:
    for task, seconds in TASKS.items():
        interval, _created = apps.get_model(
            "django_celery_beat", "IntervalSchedule"
        ).objects.get_or_create(every=seconds, period="seconds")
        apps.get_model("django_celery_beat", "PeriodicTask").objects.get_or_create(
            name=task, defaults={"task": task, "interval": interval}
        )


def remove(apps: StateApps, _editor: BaseDatabaseSchemaEditor) -> None:
    apps.get_model("django_celery_beat", "PeriodicTask").objects.filter(name__in=TASKS).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0012_search"),
        ("django_celery_beat", "0019_alter_periodictasks_options"),
    ]
    operations = [migrations.RunPython(add, remove)]
