"""STOP received by SMS is taken once."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0015_index_of_people"),
    ]

    operations = [
        migrations.CreateModel(
            name="ReceivedStop",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "reference",
                    models.CharField(max_length=100, unique=True, verbose_name="carrier's key"),
                ),
                ("at", models.DateTimeField(verbose_name="received")),
            ],
            options={
                "verbose_name": "STOP received",
                "verbose_name_plural": "STOPs received",
                "ordering": ["-pk"],
            },
        ),
    ]
