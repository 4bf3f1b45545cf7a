"""Values are computed every night, groups that segments fill every hour (DESIGN 3.7)."""

from django.db import migrations

from omnishop.kernel.schedule import every, nightly


class Migration(migrations.Migration):
    dependencies = [("orders", "0028_segments")]
    operations = [nightly({"orders.compute_values": "3:40"}), every({"orders.fill_groups": 3600})]
