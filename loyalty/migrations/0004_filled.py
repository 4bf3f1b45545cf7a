"""What returns took back, and which lots count for a tier, of the lots there were before."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from omnishop.kernel.append_only import append_only_trigger

TAKEN_BACK = """
UPDATE loyalty_pointslot l SET taken_back = t.points
  FROM (SELECT substring(idempotency_key FROM '^reverse:(.+)-R[0-9]+:[0-9]+:') AS document,
               substring(idempotency_key FROM '-R[0-9]+:([0-9]+):')::int AS line,
               -sum(delta) AS points
          FROM loyalty_pointsentry WHERE kind IN ('reverse', 'debt') GROUP BY 1, 2) t
 WHERE t.document = l.document AND t.line = l.line
"""
COUNTS = """
UPDATE loyalty_pointslot l SET counts = false
  FROM loyalty_pointsentry e WHERE e.lot_id = l.id AND e.kind = 'correction'
"""
LIMITS = {  # role → points at once, in a day
    "associate": (100, 300),
    "store_manager": (500, 2000),
    "service": (500, 2000),
    "head_office": (5000, 20_000),
}


def limits(apps: StateApps, _editor: BaseDatabaseSchemaEditor) -> None:
    model = apps.get_model("loyalty", "CorrectionLimit")
    for role, (each, day) in LIMITS.items():
        model.objects.get_or_create(role=role, defaults={"each": each, "day": day})


class Migration(migrations.Migration):
    dependencies = [("loyalty", "0003_programme_as_data")]
    operations = [
        migrations.RunSQL(TAKEN_BACK, migrations.RunSQL.noop),
        migrations.RunSQL(COUNTS, migrations.RunSQL.noop),
        migrations.RunPython(limits, migrations.RunPython.noop),
        append_only_trigger("loyalty_tierchange"),
    ]
