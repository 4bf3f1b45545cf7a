"""Beat deletes files that were brought for imports a month ago."""

from django.db import migrations

from omnishop.kernel.schedule import nightly


class Migration(migrations.Migration):
    dependencies = [
        ("django_celery_beat", "0019_alter_periodictasks_options"),
        ("catalog", "0020_history_without_derived"),
    ]
    operations = [nightly({"catalog.forget_uploads": "3:05"})]
