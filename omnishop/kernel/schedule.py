"""Beat's schedule, as rows that staff can change (DESIGN 3.7): steps of migrations write them."""

from collections.abc import Callable, Collection, Mapping

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps


def every(seconds: Mapping[str, int]) -> migrations.RunPython:
    """A row for each task and its seconds; one that is there already stays as staff left it."""

    def add(apps: StateApps, _editor: BaseDatabaseSchemaEditor) -> None:
        interval_of = apps.get_model("django_celery_beat", "IntervalSchedule").objects
        tasks = apps.get_model("django_celery_beat", "PeriodicTask").objects
        for name, pause in seconds.items():
            interval, _created = interval_of.get_or_create(every=pause, period="seconds")
            tasks.get_or_create(name=name, defaults={"task": name, "interval": interval})

    return migrations.RunPython(add, _remove(seconds))


def nightly(times: Mapping[str, str]) -> migrations.RunPython:
    """A row for each task and its time in Paris, "2:30"; one that is there already stays."""

    def add(apps: StateApps, _editor: BaseDatabaseSchemaEditor) -> None:
        crontab_of = apps.get_model("django_celery_beat", "CrontabSchedule").objects
        tasks = apps.get_model("django_celery_beat", "PeriodicTask").objects
        for name, time in times.items():
            hour, minute = time.split(":")
            night, _created = crontab_of.get_or_create(
                minute=minute,
                hour=hour,
                day_of_week="*",
                day_of_month="*",
                month_of_year="*",
                timezone="Europe/Paris",
            )
            tasks.get_or_create(name=name, defaults={"task": name, "crontab": night})

    return migrations.RunPython(add, _remove(times))


def _remove(names: Collection[str]) -> Callable[[StateApps, BaseDatabaseSchemaEditor], None]:
    def remove(apps: StateApps, _editor: BaseDatabaseSchemaEditor) -> None:
        tasks = apps.get_model("django_celery_beat", "PeriodicTask").objects
        tasks.filter(name__in=list(names)).delete()

    return remove
