"""Beat reads uploaded catalogue files in, fetches pictures and writes the feeds."""

from django.db import migrations

from omnishop.kernel.schedule import every

SECONDS = {
    "catalog.read_uploads": 5,
    "catalog.fetch_pictures": 30,
    "inventory.build_feeds": 900,
}


class Migration(migrations.Migration):
    dependencies = [
        ("django_celery_beat", "0019_alter_periodictasks_options"),
        ("catalog", "0014_import_runs"),
    ]
    operations = [every(SECONDS)]
