"""Replenishment is proposed every night (DESIGN 3.7)."""

from django.db import migrations

from omnishop.kernel.schedule import nightly


class Migration(migrations.Migration):
    dependencies = [
        ("django_celery_beat", "0019_alter_periodictasks_options"),
        ("inventory", "0006_unexpected_articles"),
    ]
    operations = [nightly({"inventory.propose_replenishment": "2:30"})]
