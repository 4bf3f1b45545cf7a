"""Beat ends unanswered questions about shortages and reminds of pick-ups."""

from django.db import migrations

from omnishop.kernel.schedule import every

SECONDS = {"orders.expire_shortages": 300, "orders.remind_pickups": 1800}


class Migration(migrations.Migration):
    dependencies = [
        ("django_celery_beat", "0019_alter_periodictasks_options"),
        ("orders", "0008_return_inspection"),
    ]
    operations = [every(SECONDS)]
