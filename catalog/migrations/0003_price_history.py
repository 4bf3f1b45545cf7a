"""A price is history: it may be ended, never changed (PRC-1)."""

from django.db import migrations

from omnishop.kernel.append_only import append_only_trigger


class Migration(migrations.Migration):
    dependencies = [("catalog", "0002_references"), ("kernel", "0001_database")]
    operations = [append_only_trigger("catalog_price", except_columns=("valid_to",))]
