"""The names of delivery methods in both languages."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0005_relaunch_too_old"),
    ]

    operations = [
        migrations.AddField(
            model_name="deliverymethod",
            name="name_en",
            field=models.CharField(max_length=80, null=True, verbose_name="name"),
        ),
        migrations.AddField(
            model_name="deliverymethod",
            name="name_fr",
            field=models.CharField(max_length=80, null=True, verbose_name="name"),
        ),
        migrations.RunSQL(
            "UPDATE orders_deliverymethod SET name_fr = name", migrations.RunSQL.noop
        ),
    ]
