"""Receipts, events of orders and of payments are written once; orders get a number sequence."""

from django.db import migrations

from omnishop.kernel.append_only import append_only_trigger


class Migration(migrations.Migration):
    dependencies = [("orders", "0001_initial"), ("kernel", "0001_database")]
    operations = [
        append_only_trigger("orders_receipt"),
        append_only_trigger("orders_orderevent"),
        append_only_trigger("orders_paymentevent"),
        migrations.RunSQL(
            "CREATE SEQUENCE orders_order_number;", "DROP SEQUENCE orders_order_number;"
        ),
    ]
