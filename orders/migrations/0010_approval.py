"""What somebody entitled approved at a till, or did not: written once."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from omnishop.kernel.append_only import append_only_trigger


class Migration(migrations.Migration):
    dependencies = [
        ("network", "0003_staff_pin"),
        ("orders", "0009_schedule_shortages"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Approval",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "act",
                    models.CharField(
                        choices=[
                            ("void_line", "line voided"),
                            ("void_units", "units taken off a line"),
                            ("void_sale", "sale voided"),
                            ("discount", "discount given"),
                        ],
                        max_length=12,
                        verbose_name="act",
                    ),
                ),
                ("what", models.CharField(max_length=200, verbose_name="what")),
                ("amount_minor", models.PositiveIntegerField(verbose_name="amount")),
                ("reason", models.CharField(max_length=80, verbose_name="reason")),
                (
                    "answer",
                    models.CharField(
                        choices=[
                            ("granted", "approved"),
                            ("wrong_pin", "wrong PIN"),
                            ("pin_locked", "PIN locked"),
                            ("not_entitled", "not entitled"),
                        ],
                        max_length=12,
                        verbose_name="answer",
                    ),
                ),
                ("at", models.DateTimeField(verbose_name="at")),
                (
                    "approver",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="approved by",
                    ),
                ),
                (
                    "asked_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="asked by",
                    ),
                ),
                (
                    "basket",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="approvals",
                        to="orders.basket",
                        verbose_name="basket",
                    ),
                ),
                (
                    "till",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="network.till",
                        verbose_name="till",
                    ),
                ),
            ],
            options={
                "verbose_name": "approval at a till",
                "verbose_name_plural": "approvals at tills",
                "ordering": ["-pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("answer", "granted"), _negated=True),
                            models.Q(
                                ("approver__isnull", False), models.Q(("reason", ""), _negated=True)
                            ),
                            _connector="OR",
                        ),
                        name="approval_by_somebody_for_a_reason",
                    )
                ],
            },
        ),
        append_only_trigger("orders_approval"),
    ]
