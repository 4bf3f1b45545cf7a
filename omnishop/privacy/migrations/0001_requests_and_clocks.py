"""Requests of people, clocks, and the restricted archive."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from omnishop.kernel.append_only import append_only_trigger


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("customers", "0012_consent_texts"),
        ("network", "0003_staff_pin"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ArchiveLook",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "document",
                    models.CharField(db_index=True, max_length=24, verbose_name="document"),
                ),
                ("at", models.DateTimeField(verbose_name="at")),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="by",
                    ),
                ),
            ],
            options={
                "verbose_name": "look into the archive",
                "verbose_name_plural": "looks into the archive",
                "ordering": ["-pk"],
            },
        ),
        migrations.CreateModel(
            name="RetentionPeriod",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("rule", models.CharField(max_length=24, verbose_name="rule")),
                ("days", models.PositiveIntegerField(verbose_name="days")),
                ("valid_from", models.DateField(verbose_name="from")),
                ("why", models.CharField(blank=True, max_length=200, verbose_name="why")),
            ],
            options={
                "verbose_name": "retention period",
                "verbose_name_plural": "retention periods",
                "ordering": ["rule", "-valid_from"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("rule", "valid_from"), name="retention_period_dated"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("days__gte", 1)), name="retention_period_positive"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ArchivedInvoice",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("document", models.CharField(max_length=24, unique=True, verbose_name="document")),
                ("data", models.JSONField(verbose_name="who")),
                ("dated_on", models.DateField(verbose_name="of")),
                ("keep_until", models.DateField(verbose_name="kept until")),
                ("archived_at", models.DateTimeField(verbose_name="archived")),
                (
                    "entity",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="network.legalentity",
                        verbose_name="sold by",
                    ),
                ),
            ],
            options={
                "verbose_name": "archived invoice",
                "verbose_name_plural": "archived invoices",
                "ordering": ["-pk"],
                "indexes": [models.Index(fields=["keep_until"], name="archived_invoice_end")],
            },
        ),
        migrations.CreateModel(
            name="ErasureRequest",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("asked", "asked"),
                            ("waiting", "waits for what is open"),
                            ("done", "erased"),
                        ],
                        default="asked",
                        max_length=8,
                        verbose_name="status",
                    ),
                ),
                ("source", models.CharField(max_length=40, verbose_name="source")),
                ("actor", models.CharField(max_length=80, verbose_name="by")),
                (
                    "proof",
                    models.CharField(
                        blank=True, max_length=200, verbose_name="how we know who asked"
                    ),
                ),
                ("asked_at", models.DateTimeField(verbose_name="asked")),
                ("next_at", models.DateTimeField(verbose_name="looked at next")),
                ("erased_at", models.DateTimeField(blank=True, null=True, verbose_name="erased")),
                ("done_at", models.DateTimeField(blank=True, null=True, verbose_name="finished")),
                ("waiting", models.JSONField(blank=True, default=list, verbose_name="waits for")),
                (
                    "result",
                    models.JSONField(blank=True, default=dict, verbose_name="what was erased"),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="erasures",
                        to="customers.customer",
                        verbose_name="customer",
                    ),
                ),
                (
                    "message",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="customers.message",
                        verbose_name="message",
                    ),
                ),
            ],
            options={
                "verbose_name": "erasure",
                "verbose_name_plural": "erasures",
                "ordering": ["-pk"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("status", "done"), _negated=True),
                        fields=["next_at"],
                        name="erasure_due",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("status", "done"), _negated=True),
                        fields=("customer",),
                        name="erasure_one_open",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status", "done"), _negated=True),
                            models.Q(
                                ("done_at__isnull", False),
                                ("erased_at__isnull", False),
                                ("waiting", []),
                            ),
                            _connector="OR",
                        ),
                        name="erasure_done_waits_for_nothing",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ExportRequest",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("asked", "being made"),
                            ("ready", "ready"),
                            ("deleted", "deleted"),
                        ],
                        default="asked",
                        max_length=8,
                        verbose_name="status",
                    ),
                ),
                ("source", models.CharField(max_length=40, verbose_name="source")),
                ("actor", models.CharField(max_length=80, verbose_name="by")),
                (
                    "proof",
                    models.CharField(
                        blank=True, max_length=200, verbose_name="how we know who asked"
                    ),
                ),
                ("asked_at", models.DateTimeField(verbose_name="asked")),
                ("ready_at", models.DateTimeField(blank=True, null=True, verbose_name="ready at")),
                (
                    "expires_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="deleted on"),
                ),
                ("json", models.CharField(blank=True, max_length=120, verbose_name="file")),
                ("pdf", models.CharField(blank=True, max_length=120, verbose_name="document")),
                ("fetched", models.PositiveSmallIntegerField(default=0, verbose_name="fetched")),
                (
                    "fetched_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="last fetched"),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="exports",
                        to="customers.customer",
                        verbose_name="customer",
                    ),
                ),
            ],
            options={
                "verbose_name": "copy of a person's data",
                "verbose_name_plural": "copies of people's data",
                "ordering": ["-pk"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("status", "ready")),
                        fields=["expires_at"],
                        name="export_over",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("status", "asked")),
                        fields=("customer",),
                        name="export_one_at_a_time",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="RetentionNotice",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("told", "will be erased"),
                            ("back", "came back"),
                            ("erased", "erased"),
                        ],
                        default="told",
                        max_length=6,
                        verbose_name="status",
                    ),
                ),
                ("last_act_at", models.DateTimeField(verbose_name="last act")),
                ("told_at", models.DateTimeField(verbose_name="told")),
                ("erase_on", models.DateField(verbose_name="erased on")),
                ("decided_at", models.DateTimeField(blank=True, null=True, verbose_name="decided")),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="retention_notices",
                        to="customers.customer",
                        verbose_name="customer",
                    ),
                ),
                (
                    "message",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="customers.message",
                        verbose_name="message",
                    ),
                ),
            ],
            options={
                "verbose_name": "end of a retention",
                "verbose_name_plural": "ends of retentions",
                "ordering": ["erase_on", "pk"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("status", "told")),
                        fields=["erase_on"],
                        name="retention_notice_due",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("status", "told")),
                        fields=("customer",),
                        name="retention_notice_one_open",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("status", "told"), ("decided_at__isnull", False), _connector="OR"
                        ),
                        name="retention_notice_decided",
                    ),
                ],
            },
        ),
        append_only_trigger("privacy_archivelook"),
    ]
