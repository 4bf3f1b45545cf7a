"""Entries are written once; cases get their numbers, times to answer, and a task that closes them."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from omnishop.kernel.append_only import append_only_trigger

MINUTES = {1: 60, 2: 240, 3: 480, 4: 1440}
TASK = "customers.close_solved_cases"


def add(apps: StateApps, _editor: BaseDatabaseSchemaEditor) -> None:
    levels = apps.get_model("customers", "ServiceLevel").objects
    for priority, minutes in MINUTES.items():
        levels.get_or_create(priority=priority, defaults={"minutes": minutes})
    interval_of = apps.get_model("django_celery_beat", "IntervalSchedule").objects
    interval, _created = interval_of.get_or_create(every=3600, period="seconds")
    tasks = apps.get_model("django_celery_beat", "PeriodicTask").objects
    tasks.get_or_create(name=TASK, defaults={"task": TASK, "interval": interval})


def remove(apps: StateApps, _editor: BaseDatabaseSchemaEditor) -> None:
    apps.get_model("django_celery_beat", "PeriodicTask").objects.filter(name=TASK).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0010_cases"),
        ("django_celery_beat", "0019_alter_periodictasks_options"),
        ("kernel", "0001_database"),
    ]
    operations = [
        # What a person wrote can be erased when they ask for it (GDP-6); nothing else changes.
        append_only_trigger(
            "customers_caseentry",
            except_columns=("text", "sender", "message_id", "in_reply_to", "data"),
        ),
        migrations.RunSQL(
            "CREATE SEQUENCE customers_case_number;", "DROP SEQUENCE customers_case_number;"
        ),
        migrations.RunPython(add, remove),
    ]
