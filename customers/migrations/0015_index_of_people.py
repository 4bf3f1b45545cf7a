"""The person of each record, so that segments are quick to ask about one of them."""

import django.db.models.functions.comparison
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0014_imported_customers"),
        ("network", "0004_keeps_customers"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddIndex(
            model_name="customer",
            index=models.Index(
                django.db.models.functions.comparison.Coalesce(
                    "merged_into", "id", output_field=models.BigIntegerField()
                ),
                name="customer_person",
            ),
        ),
    ]
