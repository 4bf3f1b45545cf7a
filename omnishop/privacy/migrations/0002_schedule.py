"""Beat erases, makes copies, settles notices, and every night runs the clocks."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

SECONDS = {
    "privacy.settle_notices": 300,
    "privacy.erase": 60,
    "privacy.make_exports": 60,
}
NIGHTLY = "privacy.retain"


def add(apps: StateApps, _editor: BaseDatabaseSchemaEditor) -> None:
    interval_of = apps.get_model("django_celery_beat", "IntervalSchedule").objects
    crontab_of = apps.get_model("django_celery_beat", "CrontabSchedule").objects
    tasks = apps.get_model("django_celery_beat", "PeriodicTask").objects
    for name, seconds in SECONDS.items():
        interval, _created = interval_of.get_or_create(every=seconds, period="seconds")
        tasks.get_or_create(name=name, defaults={"task": name, "interval": interval})
    night, _created = crontab_of.get_or_create(
        minute="40",
        hour="4",
        day_of_week="*",
        day_of_month="*",
        month_of_year="*",
        timezone="Europe/Paris",
    )
    tasks.get_or_create(name=NIGHTLY, defaults={"task": NIGHTLY, "crontab": night})


def remove(apps: StateApps, _editor: BaseDatabaseSchemaEditor) -> None:
    names = [*SECONDS, NIGHTLY]
    apps.get_model("django_celery_beat", "PeriodicTask").objects.filter(name__in=names).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("django_celery_beat", "0019_alter_periodictasks_options"),
        ("privacy", "0001_requests_and_clocks"),
    ]
    operations = [migrations.RunPython(add, remove)]
