"""Parcels, pickers, shortages."""

import django.db.models.deletion
from django.db import migrations, models

import orders.models.shortage


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0006_delivery_names"),
    ]

    operations = [
        migrations.AddField(
            model_name="fulfilment",
            name="carrier",
            field=models.CharField(blank=True, max_length=40, verbose_name="carrier"),
        ),
        migrations.AddField(
            model_name="fulfilment",
            name="delivered_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="delivered at"),
        ),
        migrations.AddField(
            model_name="fulfilment",
            name="picker",
            field=models.CharField(blank=True, max_length=80, verbose_name="prepared by"),
        ),
        migrations.AddField(
            model_name="fulfilment",
            name="picker_until",
            field=models.DateTimeField(blank=True, null=True, verbose_name="prepared until"),
        ),
        migrations.AddField(
            model_name="fulfilment",
            name="shelf",
            field=models.CharField(blank=True, max_length=20, verbose_name="waits at"),
        ),
        migrations.AddField(
            model_name="fulfilment",
            name="sourcing",
            field=models.JSONField(blank=True, default=dict, verbose_name="why from here"),
        ),
        migrations.AlterField(
            model_name="fulfilment",
            name="status",
            field=models.CharField(
                choices=[
                    ("waiting", "to prepare"),
                    ("picked", "picked"),
                    ("ready", "ready"),
                    ("handed_over", "handed over"),
                    ("shipped", "shipped"),
                    ("delivered", "delivered"),
                    ("no_show", "not collected"),
                    ("cancelled", "cancelled"),
                ],
                default="waiting",
                max_length=12,
                verbose_name="status",
            ),
        ),
        migrations.CreateModel(
            name="Shortage",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("quantity", models.PositiveIntegerField(verbose_name="quantity")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("open", "asked"),
                            ("other_store", "another store"),
                            ("delivery", "delivery"),
                            ("refund", "money back"),
                        ],
                        default="open",
                        max_length=12,
                        verbose_name="status",
                    ),
                ),
                (
                    "token",
                    models.CharField(
                        default=orders.models.shortage.new_token,
                        editable=False,
                        max_length=32,
                        unique=True,
                    ),
                ),
                ("asked_at", models.DateTimeField(verbose_name="asked at")),
                ("answer_by", models.DateTimeField(verbose_name="answer by")),
                (
                    "closed_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="answered at"),
                ),
                (
                    "line",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="shortages",
                        to="orders.orderline",
                    ),
                ),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="shortages",
                        to="orders.order",
                    ),
                ),
            ],
            options={
                "verbose_name": "shortage",
                "verbose_name_plural": "shortages",
                "ordering": ["-pk"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("status", "open")),
                        fields=["answer_by"],
                        name="shortage_unanswered",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("status", "open")),
                        fields=("line",),
                        name="shortage_open_unique",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("quantity__gt", 0)), name="shortage_quantity"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("closed_at__isnull", True), ("status", "open")),
                            models.Q(
                                models.Q(("status", "open"), _negated=True),
                                ("closed_at__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="shortage_closed_has_time",
                    ),
                ],
            },
        ),
    ]
