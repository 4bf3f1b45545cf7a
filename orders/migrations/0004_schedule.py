"""Beat's schedule, as rows that staff can change (DESIGN 3.7)."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

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


def add(apps: StateApps, _editor: BaseDatabaseSchemaEditor) -> None:
    interval_of = apps.get_model("django_celery_beat", "IntervalSchedule").objects
    tasks = apps.get_model("django_celery_beat", "PeriodicTask").objects
    for name, seconds in SECONDS.items():
        interval, _created = interval_of.get_or_create(every=seconds, period="seconds")
        tasks.get_or_create(name=name, defaults={"task": name, "interval": interval})


def remove(apps: StateApps, _editor: BaseDatabaseSchemaEditor) -> None:
    apps.get_model("django_celery_beat", "PeriodicTask").objects.filter(name__in=SECONDS).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("django_celery_beat", "0019_alter_periodictasks_options"),
        ("orders", "0003_order_fingerprint"),
    ]
    operations = [migrations.RunPython(add, remove)]
