"""Messages of some days are counted without reading all of them."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0016_received_stops"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="message",
            index=models.Index(fields=["queued_at"], name="message_written"),
        ),
    ]
