"""Falls of the prices of wishes are found and told in the morning (DESIGN 3.7)."""

from django.db import migrations

from omnishop.kernel.schedule import nightly


class Migration(migrations.Migration):
    dependencies = [("orders", "0026_wish_lists")]
    operations = [nightly({"orders.find_price_drops": "8:40", "orders.tell_price_drops": "9:00"})]
