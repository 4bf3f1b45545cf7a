"""What the nightly comparison of prices found, and beat's entry for it."""

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

NAME = "parity.compare"


def add(apps: StateApps, _editor: BaseDatabaseSchemaEditor) -> None:
    crontabs = apps.get_model("django_celery_beat", "CrontabSchedule").objects
    tasks = apps.get_model("django_celery_beat", "PeriodicTask").objects
    night, _created = crontabs.get_or_create(
        minute="40",
        hour="3",
        day_of_week="*",
        day_of_month="*",
        month_of_year="*",
        timezone="Europe/Paris",
    )
    tasks.get_or_create(name=NAME, defaults={"task": NAME, "crontab": night})


def remove(apps: StateApps, _editor: BaseDatabaseSchemaEditor) -> None:
    apps.get_model("django_celery_beat", "PeriodicTask").objects.filter(name=NAME).delete()


class Migration(migrations.Migration):
    initial = True
    dependencies = [("django_celery_beat", "0019_alter_periodictasks_options")]
    operations = [
        migrations.CreateModel(
            name="ParityRun",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField(db_index=True, verbose_name="at")),
                ("baskets", models.PositiveIntegerField(verbose_name="baskets")),
                ("seed", models.PositiveIntegerField(verbose_name="seed")),
                ("differences", models.JSONField(default=list, verbose_name="differences")),
            ],
            options={
                "verbose_name": "comparison of prices",
                "verbose_name_plural": "comparisons of prices",
                "ordering": ["-at"],
            },
        ),
        migrations.RunPython(add, remove),
    ]
