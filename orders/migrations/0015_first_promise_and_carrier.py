"""The first promise of a pick-up or parcel; carriers with their tracking pages."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("inventory", "0007_replenishment_schedule"),
        ("network", "0003_staff_pin"),
        ("orders", "0014_discounts_filled"),
    ]

    operations = [
        migrations.CreateModel(
            name="Carrier",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=40, unique=True, verbose_name="name")),
                (
                    "tracking_page",
                    models.CharField(
                        blank=True,
                        help_text="An https address with {number} where the tracking number goes; "
                        "empty: none",
                        max_length=200,
                        verbose_name="tracking page",
                    ),
                ),
                (
                    "priority",
                    models.PositiveSmallIntegerField(default=100, verbose_name="priority"),
                ),
                ("active", models.BooleanField(default=True, verbose_name="active")),
            ],
            options={
                "verbose_name": "carrier",
                "verbose_name_plural": "carriers",
                "ordering": ["priority", "name"],
            },
        ),
        migrations.AlterField(
            model_name="fulfilmentline",
            name="line",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="fulfilment_lines",
                to="orders.orderline",
                verbose_name="line",
            ),
        ),
        migrations.AddField(
            model_name="fulfilment",
            name="first_promised_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="first promised for"),
        ),
        migrations.AddField(
            model_name="fulfilment",
            name="tracking_link",
            field=models.CharField(blank=True, max_length=400, verbose_name="tracking page"),
        ),
        migrations.AddField(
            model_name="shortage",
            name="fulfilment",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="shortages",
                to="orders.fulfilment",
            ),
        ),
        migrations.AddConstraint(
            model_name="carrier",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("tracking_page", ""),
                    (
                        "tracking_page__regex",
                        "^https://[a-z0-9.-]+\\.[a-z]+/[^\\s\\\"'<>{}]*\\{number\\}[^\\s\\\"'<>{}]*$",
                    ),
                    _connector="OR",
                ),
                name="carrier_tracking_page",
                violation_error_message="Enter an address that begins with https:// and has "
                "{number} in its path.",
            ),
        ),
    ]
