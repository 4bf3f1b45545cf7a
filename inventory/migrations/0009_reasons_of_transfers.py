"""Transfers say why by one of a few words; others were asked for by a shop or for an order."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

KNOWN = ("pick-up", "shop", "refill")


def fill(apps: StateApps, _editor: BaseDatabaseSchemaEditor) -> None:
    transfers = apps.get_model("inventory", "Transfer").objects.exclude(reason__in=KNOWN)
    lines = apps.get_model("inventory", "TransferLine").objects.exclude(document="")
    transfers.filter(pk__in=lines.values("transfer")).update(reason="pick-up")
    transfers.update(reason="shop")


class Migration(migrations.Migration):
    dependencies = [("inventory", "0008_refills_from_warehouses")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
