"""Beat looks for articles that are back, and closes alerts that waited too long (DESIGN 3.7)."""

from django.db import migrations

from omnishop.kernel.schedule import every

SECONDS = {"orders.tell_restocked": 60, "orders.close_stock_alerts": 3600}


class Migration(migrations.Migration):
    dependencies = [("orders", "0024_stock_alerts")]
    operations = [every(SECONDS)]
