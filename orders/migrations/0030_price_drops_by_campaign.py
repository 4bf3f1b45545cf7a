"""Falls of the prices of wishes are told by a campaign: their own table and task go."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps


def stop(apps: StateApps, _editor: BaseDatabaseSchemaEditor) -> None:
    tasks = apps.get_model("django_celery_beat", "PeriodicTask").objects
    tasks.filter(name="orders.tell_price_drops").delete()


class Migration(migrations.Migration):
    dependencies = [("orders", "0029_segments_schedule")]
    operations = [
        migrations.RunPython(stop, migrations.RunPython.noop),
        migrations.DeleteModel("PriceDrop"),
    ]
