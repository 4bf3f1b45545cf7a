"""Beat looks for likely duplicates."""

from django.db import migrations

from omnishop.kernel.schedule import every

SECONDS = {"customers.propose_duplicates": 60}


class Migration(migrations.Migration):
    dependencies = [
        ("django_celery_beat", "0019_alter_periodictasks_options"),
        ("customers", "0007_merges_point_straight"),
    ]
    operations = [every(SECONDS)]
