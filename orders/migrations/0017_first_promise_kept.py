"""A promise has its first promise."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orders", "0016_promises_and_carriers")]
    operations = [
        migrations.AddConstraint(
            model_name="fulfilment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("promised_at__isnull", True),
                    ("first_promised_at__isnull", False),
                    _connector="OR",
                ),
                name="fulfilment_first_promise",
            ),
        ),
    ]
