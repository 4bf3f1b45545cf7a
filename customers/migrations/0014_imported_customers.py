"""Which row of which other system a record was read from."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0013_message_channels"),
    ]

    operations = [
        migrations.CreateModel(
            name="ImportedCustomer",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("source", models.CharField(max_length=32, verbose_name="source")),
                ("key", models.CharField(max_length=64, verbose_name="key")),
                (
                    "opened_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="account opened"),
                ),
                ("read_at", models.DateTimeField(verbose_name="read")),
                (
                    "customer",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="imported_from",
                        to="customers.customer",
                    ),
                ),
            ],
            options={
                "verbose_name": "imported customer",
                "verbose_name_plural": "imported customers",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("source", "key"), name="imported_customer_unique"
                    )
                ],
            },
        ),
    ]
