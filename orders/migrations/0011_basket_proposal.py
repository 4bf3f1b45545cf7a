"""An earlier basket waits as a proposal; what joined another is noted, to undo it."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0010_approval"),
    ]

    operations = [
        migrations.AddField(
            model_name="basket",
            name="decided_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="choice made"),
        ),
        migrations.AddField(
            model_name="basket",
            name="merged_into",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="merged_from",
                to="orders.basket",
                verbose_name="merged into",
            ),
        ),
        migrations.AddField(
            model_name="basketline",
            name="units_before",
            field=models.PositiveIntegerField(
                blank=True, null=True, verbose_name="units before merging"
            ),
        ),
        migrations.AlterField(
            model_name="basket",
            name="status",
            field=models.CharField(
                choices=[
                    ("open", "open"),
                    ("ordered", "ordered"),
                    ("proposed", "proposed"),
                    ("later", "kept for later"),
                    ("merged", "merged"),
                ],
                default="open",
                max_length=10,
                verbose_name="status",
            ),
        ),
    ]
