"""Reminders are about more than baskets: the instant from which purchases count gets its name."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0013_message_channels"),
        ("orders", "0019_recommendations_schedule"),
    ]
    operations = [
        migrations.RenameField("relaunch", "basket_changed_at", "since"),
    ]
