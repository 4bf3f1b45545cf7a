"""Points entries are written once."""

from django.db import migrations

from omnishop.kernel.append_only import append_only_trigger


class Migration(migrations.Migration):
    dependencies = [("loyalty", "0001_initial"), ("kernel", "0001_database")]
    operations = [append_only_trigger("loyalty_pointsentry")]
