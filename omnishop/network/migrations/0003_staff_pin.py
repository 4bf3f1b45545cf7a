"""Staff may have a PIN by which they approve what happens at a till."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("network", "0002_stock_promises"),
    ]

    operations = [
        migrations.AddField(
            model_name="staffmember",
            name="pin",
            field=models.CharField(blank=True, editable=False, max_length=128, verbose_name="PIN"),
        ),
        migrations.AddField(
            model_name="staffmember",
            name="pin_failures",
            field=models.PositiveSmallIntegerField(
                default=0, editable=False, verbose_name="wrong PINs"
            ),
        ),
        migrations.AddField(
            model_name="staffmember",
            name="pin_locked_until",
            field=models.DateTimeField(editable=False, null=True, verbose_name="PIN locked until"),
        ),
    ]
