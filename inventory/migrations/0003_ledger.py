"""Movements are written once."""

from django.db import migrations

from omnishop.kernel.append_only import append_only_trigger


class Migration(migrations.Migration):
    dependencies = [("inventory", "0002_references"), ("kernel", "0001_database")]
    operations = [append_only_trigger("inventory_stockmovement")]
