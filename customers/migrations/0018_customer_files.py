"""Files of customers that staff bring; beat reads them in, and deletes them after a month."""

import django.db.models.deletion
from django.db import migrations, models

from omnishop.kernel.schedule import every, nightly


class Migration(migrations.Migration):
    dependencies = [
        ("django_celery_beat", "0019_alter_periodictasks_options"),
        ("customers", "0017_messages_written"),
    ]

    operations = [
        migrations.CreateModel(
            name="CustomerFile",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("file_name", models.CharField(max_length=200, verbose_name="file")),
                ("upload", models.CharField(blank=True, default="", max_length=200)),
                ("source", models.CharField(max_length=32, verbose_name="system")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("waiting", "not started"),
                            ("queued", "about to start"),
                            ("running", "running"),
                            ("done", "done"),
                            ("failed", "failed"),
                            ("cancelled", "called off"),
                        ],
                        default="waiting",
                        max_length=10,
                        verbose_name="status",
                    ),
                ),
                ("dry_run", models.BooleanField(default=False, verbose_name="dry run")),
                ("choices", models.JSONField(blank=True, default=dict)),
                ("found", models.JSONField(blank=True, default=dict)),
                ("notes", models.JSONField(blank=True, default=dict)),
                ("differences", models.JSONField(blank=True, default=list)),
                ("cancel", models.BooleanField(default=False)),
                ("tries", models.PositiveSmallIntegerField(default=0)),
                ("rows_total", models.PositiveIntegerField(default=0, verbose_name="rows")),
                ("rows_read", models.PositiveIntegerField(default=0, verbose_name="read")),
                ("created", models.PositiveIntegerField(default=0, verbose_name="created")),
                ("changed", models.PositiveIntegerField(default=0, verbose_name="changed")),
                ("same", models.PositiveIntegerField(default=0, verbose_name="unchanged")),
                ("refused", models.PositiveIntegerField(default=0, verbose_name="refused")),
                ("message", models.CharField(blank=True, max_length=300, verbose_name="message")),
                ("actor", models.CharField(max_length=40)),
                ("started_at", models.DateTimeField(verbose_name="started")),
                (
                    "finished_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="finished"),
                ),
            ],
            options={
                "verbose_name": "file of customers",
                "verbose_name_plural": "files of customers",
                "ordering": ["-pk"],
            },
        ),
        migrations.CreateModel(
            name="CustomerFileRow",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("row", models.PositiveIntegerField(verbose_name="row")),
                ("column", models.CharField(max_length=80, verbose_name="column")),
                ("value", models.CharField(blank=True, max_length=80, verbose_name="value")),
                ("reason", models.CharField(max_length=300, verbose_name="why")),
                (
                    "file",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="refusals",
                        to="customers.customerfile",
                    ),
                ),
            ],
            options={
                "verbose_name": "refused row of a file of customers",
                "verbose_name_plural": "refused rows of files of customers",
                "ordering": ["file", "row"],
            },
        ),
        every({"loyalty.read_customer_files": 5}),
        nightly({"customers.forget_files": "3:10"}),
    ]
