"""Tiers, gifts and birthdays are looked at by beat."""

from django.db import migrations

from omnishop.kernel.schedule import every

SECONDS = {
    "loyalty.review_tiers": 300,
    "loyalty.return_gifts": 3600,
    "loyalty.reward_events": 3600,
}


class Migration(migrations.Migration):
    dependencies = [
        ("django_celery_beat", "0019_alter_periodictasks_options"),
        ("loyalty", "0004_filled"),
    ]
    operations = [every(SECONDS)]
