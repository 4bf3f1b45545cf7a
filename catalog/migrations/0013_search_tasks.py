"""Beat keeps the known words and forgets old searches."""

from django.db import migrations

from omnishop.kernel.schedule import every

TASKS = {"catalog.refresh_words": 3600, "catalog.forget_searches": 86_400}  # seconds


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0012_search"),
        ("django_celery_beat", "0019_alter_periodictasks_options"),
    ]
    operations = [every(TASKS)]
