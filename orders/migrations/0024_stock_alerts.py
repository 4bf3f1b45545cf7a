"""Alerts of articles that are back (UX P5)."""

import django.db.models.deletion
from django.db import migrations, models

import orders.models.alert


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0020_history_without_derived"),
        ("customers", "0005_golden_record"),
        ("network", "0003_staff_pin"),
        ("orders", "0023_reminders_have_a_campaign"),
    ]

    operations = [
        migrations.CreateModel(
            name="StockAlert",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "token",
                    models.CharField(
                        default=orders.models.alert.new_alert_token,
                        editable=False,
                        max_length=24,
                        unique=True,
                    ),
                ),
                ("email", models.EmailField(blank=True, max_length=254, verbose_name="e-mail")),
                ("language", models.CharField(default="fr", max_length=2, verbose_name="language")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("asked", "to be confirmed"),
                            ("waiting", "waiting"),
                            ("told", "told"),
                            ("ended", "ended"),
                        ],
                        default="asked",
                        max_length=10,
                        verbose_name="status",
                    ),
                ),
                (
                    "reason",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "–"),
                            ("stopped", "stopped by the person"),
                            ("bought", "bought since, in some channel"),
                            ("told", "told by another alert of theirs"),
                            ("expired", "waited too long"),
                            ("not_sold", "in stock, but not on sale"),
                        ],
                        default="",
                        max_length=10,
                        verbose_name="why",
                    ),
                ),
                ("asked_at", models.DateTimeField(verbose_name="asked")),
                (
                    "confirmed_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="confirmed"),
                ),
                ("expires_at", models.DateTimeField(verbose_name="until")),
                ("closed_at", models.DateTimeField(blank=True, null=True, verbose_name="closed")),
                (
                    "customer",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
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
                (
                    "store",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="network.store",
                        verbose_name="store",
                    ),
                ),
                (
                    "variant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="catalog.variant",
                        verbose_name="article",
                    ),
                ),
            ],
            options={
                "verbose_name": "stock alert",
                "verbose_name_plural": "stock alerts",
                "ordering": ["-pk"],
                "permissions": [("view_stockdemand", "Can view what people wait for")],
                "indexes": [
                    models.Index(
                        condition=models.Q(("status", "waiting")),
                        fields=["variant", "store", "asked_at"],
                        name="stock_alert_waiting",
                    ),
                    models.Index(
                        fields=["variant", "store", "-closed_at"], name="stock_alert_told"
                    ),
                    models.Index(fields=["email"], name="stock_alert_email"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("status__in", ("asked", "waiting"))),
                        fields=("email", "variant", "store"),
                        name="stock_alert_one_open",
                        nulls_distinct=False,
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("confirmed_at__isnull", True), ("status", "asked")),
                            models.Q(
                                ("confirmed_at__isnull", False), ("status__in", ("waiting", "told"))
                            ),
                            ("status", "ended"),
                            _connector="OR",
                        ),
                        name="stock_alert_confirmed_first",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("closed_at__isnull", True), ("status__in", ("asked", "waiting"))
                            ),
                            models.Q(
                                ("closed_at__isnull", False), ("status__in", ("told", "ended"))
                            ),
                            _connector="OR",
                        ),
                        name="stock_alert_closed_has_time",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status", "ended"), _negated=True),
                            models.Q(("reason", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="stock_alert_says_why",
                    ),
                ],
            },
        ),
    ]
