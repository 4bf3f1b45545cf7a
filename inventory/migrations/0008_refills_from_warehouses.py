"""Proposals of goods that a warehouse has; who may receive a purchase order."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0009_attributes"),
        ("inventory", "0007_replenishment_schedule"),
    ]
    operations = [
        migrations.AlterModelOptions(
            name="purchaseorder",
            options={
                "ordering": ["-pk"],
                "permissions": [("receive_purchaseorder", "Can receive goods of purchase orders")],
                "verbose_name": "purchase order",
                "verbose_name_plural": "purchase orders",
            },
        ),
        migrations.AddField(
            model_name="proposal",
            name="source",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="inventory.stocklocation",
                verbose_name="warehouse",
            ),
        ),
        migrations.AddField(
            model_name="proposal",
            name="transfer",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="proposals",
                to="inventory.transfer",
            ),
        ),
        migrations.AlterField(
            model_name="proposal",
            name="supplier",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="inventory.supplier",
                verbose_name="supplier",
            ),
        ),
    ]
