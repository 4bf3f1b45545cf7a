"""E-mail, SMS and notifications are one kind of row; when people are left in peace."""

import datetime

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0012_consent_texts"),
    ]

    operations = [
        migrations.AddField(
            model_name="message",
            name="channel",
            field=models.CharField(
                choices=[("email", "e-mail"), ("sms", "SMS"), ("push", "notification on a device")],
                db_default="email",
                default="email",
                max_length=8,
                verbose_name="channel",
            ),
        ),
        migrations.AddField(
            model_name="message",
            name="clicked_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="clicked"),
        ),
        migrations.AddField(
            model_name="message",
            name="headers",
            field=models.JSONField(blank=True, db_default={}, default=dict),
        ),
        migrations.AddField(
            model_name="message",
            name="segments",
            field=models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="SMS parts"),
        ),
        migrations.AlterField(
            model_name="message",
            name="to",
            field=models.CharField(max_length=254, verbose_name="to"),
        ),
        migrations.CreateModel(
            name="ContactRule",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "channel",
                    models.CharField(
                        choices=[
                            ("email", "e-mail"),
                            ("sms", "SMS"),
                            ("push", "notification on a device"),
                        ],
                        max_length=8,
                        unique=True,
                        verbose_name="channel",
                    ),
                ),
                ("opens", models.TimeField(default=datetime.time(8, 0), verbose_name="from")),
                ("closes", models.TimeField(default=datetime.time(21, 0), verbose_name="until")),
                (
                    "rest_days",
                    models.BooleanField(
                        default=False, verbose_name="not on Sundays and public holidays"
                    ),
                ),
                (
                    "most",
                    models.PositiveSmallIntegerField(
                        default=2,
                        help_text="Offers and reminders of every channel count, not of this one alone.",
                        verbose_name="messages at the most",
                    ),
                ),
                (
                    "within_days",
                    models.PositiveSmallIntegerField(default=7, verbose_name="in days"),
                ),
            ],
            options={
                "verbose_name": "rule for offers",
                "verbose_name_plural": "rules for offers",
                "ordering": ["channel"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("opens__lt", models.F("closes"))),
                        name="contact_rule_open",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("within_days__gte", 1)), name="contact_rule_days"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PushDevice",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("endpoint", models.CharField(max_length=500, unique=True, verbose_name="address")),
                ("p256dh", models.CharField(max_length=100)),
                ("auth", models.CharField(max_length=40)),
                ("name", models.CharField(blank=True, max_length=80, verbose_name="device")),
                ("created_at", models.DateTimeField(verbose_name="since")),
                ("gone_at", models.DateTimeField(blank=True, null=True, verbose_name="gone")),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="devices",
                        to="customers.customer",
                    ),
                ),
            ],
            options={
                "verbose_name": "device",
                "verbose_name_plural": "devices",
                "ordering": ["-pk"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("gone_at", None)),
                        fields=["customer"],
                        name="push_device_live",
                    )
                ],
            },
        ),
    ]
