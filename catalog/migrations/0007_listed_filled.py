"""Fill the columns of lists once, and let beat keep them (ADR 7)."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

TASK = "catalog.refresh_lists"
FILL = """
UPDATE catalog_product d
   SET listed_prices = f.prices, listed_options = coalesce(o.options, '{}')
  FROM (
    SELECT v.product_id, array_agg(DISTINCT p.amount_minor)::integer[] AS prices
      FROM catalog_variant v
      JOIN catalog_price p ON p.variant_id = v.id AND p.valid_from <= now()
       AND (p.valid_to IS NULL OR p.valid_to > now())
      JOIN catalog_pricelist l ON l.id = p.price_list_id AND l.channel = '' AND l.store_id IS NULL
     WHERE v.active GROUP BY 1) f
  LEFT JOIN (
    SELECT v.product_id, array_agg(DISTINCT x.optionvalue_id) AS options
      FROM catalog_variant v JOIN catalog_variant_options x ON x.variant_id = v.id
     WHERE v.active GROUP BY 1) o ON o.product_id = f.product_id
 WHERE f.product_id = d.id
"""  # roughly: the task's first run mends what a second currency would need


def add(apps: StateApps, _editor: BaseDatabaseSchemaEditor) -> None:
    interval, _created = apps.get_model(
        "django_celery_beat", "IntervalSchedule"
    ).objects.get_or_create(every=60, period="seconds")
    apps.get_model("django_celery_beat", "PeriodicTask").objects.get_or_create(
        name=TASK, defaults={"task": TASK, "interval": interval}
    )


def remove(apps: StateApps, _editor: BaseDatabaseSchemaEditor) -> None:
    apps.get_model("django_celery_beat", "PeriodicTask").objects.filter(name=TASK).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0006_listed"),
        ("django_celery_beat", "0019_alter_periodictasks_options"),
    ]
    operations = [
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.RunPython(add, remove),
    ]
