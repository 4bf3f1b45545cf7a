"""What a store can prepare at a time."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("network", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="store",
            name="minutes_per_order",
            field=models.PositiveSmallIntegerField(
                default=5,
                help_text="Added to the promise for every pick-up that waits to be prepared",
                verbose_name="minutes for each order ahead",
            ),
        ),
        migrations.AddField(
            model_name="store",
            name="pickup_capacity",
            field=models.PositiveIntegerField(
                blank=True,
                help_text="With so many waiting to be prepared, no more are promised for today",
                null=True,
                verbose_name="pick-ups at a time",
            ),
        ),
    ]
