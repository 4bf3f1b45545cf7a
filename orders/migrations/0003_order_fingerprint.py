"""What was asked for, so that the same request again is told from another one."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orders", "0002_ledgers")]
    operations = [
        migrations.AddField(
            model_name="order",
            name="fingerprint",
            field=models.CharField(blank=True, default="", max_length=64),
        ),
    ]
