"""What the nightly comparison of prices found, and beat's entry for it."""

from django.db import migrations, models

from omnishop.kernel.schedule import nightly


class Migration(migrations.Migration):
    initial = True
    dependencies = [("django_celery_beat", "0019_alter_periodictasks_options")]
    operations = [
        migrations.CreateModel(
            name="ParityRun",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField(db_index=True, verbose_name="at")),
                ("baskets", models.PositiveIntegerField(verbose_name="baskets")),
                ("seed", models.PositiveIntegerField(verbose_name="seed")),
                ("differences", models.JSONField(default=list, verbose_name="differences")),
            ],
            options={
                "verbose_name": "comparison of prices",
                "verbose_name_plural": "comparisons of prices",
                "ordering": ["-at"],
            },
        ),
        nightly({"parity.compare": "3:40"}),
    ]
