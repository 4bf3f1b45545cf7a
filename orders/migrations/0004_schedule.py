"""Beat's schedule, as rows that staff can change (DESIGN 3.7)."""

from django.db import migrations

from omnishop.kernel.schedule import every

SECONDS = {
    "customers.send_due_messages": 5,
    "loyalty.expire_points": 3600,
    "orders.ask_pending_payments": 30,
    "orders.deliver_sandbox_hooks": 5,
    "orders.expire_pickups": 60,
    "orders.expire_unpaid": 30,
    "orders.schedule_relaunches": 60,
    "orders.send_due_refunds": 20,
    "orders.send_due_relaunches": 30,
    "orders.settle_shortages": 20,
}


class Migration(migrations.Migration):
    dependencies = [
        ("django_celery_beat", "0019_alter_periodictasks_options"),
        ("orders", "0003_order_fingerprint"),
    ]
    operations = [every(SECONDS)]
