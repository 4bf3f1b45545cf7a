"""Beat erases, makes copies, settles notices, and every night runs the clocks."""

from django.db import migrations

from omnishop.kernel.schedule import every, nightly

SECONDS = {
    "privacy.settle_notices": 300,
    "privacy.erase": 60,
    "privacy.make_exports": 60,
}


class Migration(migrations.Migration):
    dependencies = [
        ("django_celery_beat", "0019_alter_periodictasks_options"),
        ("privacy", "0001_requests_and_clocks"),
    ]
    operations = [every(SECONDS), nightly({"privacy.retain": "4:40"})]
