"""An article that arrives on a purchase order though nobody ordered it: a line of 0 ordered."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("inventory", "0005_stock_promises")]
    operations = [
        migrations.RemoveConstraint(model_name="purchaseorderline", name="purchase_line_quantity"),
        migrations.AddConstraint(
            model_name="purchaseorderline",
            constraint=models.CheckConstraint(
                condition=Q(quantity__gt=0) | Q(received__gt=0), name="purchase_line_quantity"
            ),
        ),
    ]
