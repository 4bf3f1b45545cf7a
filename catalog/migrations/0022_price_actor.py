"""A price says who set it; of those there were, nobody knows."""

from django.db import migrations, models
from django.db.models import Func


class Migration(migrations.Migration):
    dependencies = [("catalog", "0021_forget_uploads")]

    operations = [
        migrations.AddField(
            "price",
            "actor",
            models.CharField("by", max_length=80, editable=False, db_default=""),
        ),
        migrations.AlterField(
            "price",
            "actor",
            models.CharField(
                "by",
                max_length=80,
                editable=False,
                db_default=Func(function="catalog_actor", output_field=models.CharField()),
            ),
        ),
        migrations.RunSQL(
            "SELECT catalog_keep_history('catalog_pricelist', '', 'id')",
            "DROP TRIGGER history_insert ON catalog_pricelist;"
            "DROP TRIGGER history_delete ON catalog_pricelist;"
            "DROP TRIGGER history_update ON catalog_pricelist;",
        ),
    ]
