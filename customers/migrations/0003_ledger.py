"""Consent is written once; people get their numbers from a sequence."""

from django.db import migrations

from omnishop.kernel.append_only import append_only_trigger


class Migration(migrations.Migration):
    dependencies = [("customers", "0002_references"), ("kernel", "0001_database")]
    operations = [
        append_only_trigger("customers_consentevent"),
        migrations.RunSQL(
            "CREATE SEQUENCE customers_number; CREATE SEQUENCE customers_card START 1000001;",
            "DROP SEQUENCE customers_number; DROP SEQUENCE customers_card;",
        ),
    ]
