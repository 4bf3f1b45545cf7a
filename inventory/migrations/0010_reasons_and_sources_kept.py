"""A transfer has its reason, a proposal a supplier or a warehouse."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("inventory", "0009_reasons_of_transfers")]
    operations = [
        migrations.AlterField(
            model_name="transfer",
            name="reason",
            field=models.CharField(
                choices=[
                    ("pick-up", "a pick-up of that shop"),
                    ("shop", "asked for by the shop"),
                    ("refill", "replenishment"),
                ],
                max_length=10,
                verbose_name="reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="proposal",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("supplier__isnull", True), ("source__isnull", True), _connector="XOR"
                ),
                name="proposal_from",
            ),
        ),
    ]
