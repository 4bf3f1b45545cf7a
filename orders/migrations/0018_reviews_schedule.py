"""Beat tells the authors of refused reviews why."""

from django.db import migrations

from omnishop.kernel.schedule import every


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0019_reviews"),
        ("django_celery_beat", "0019_alter_periodictasks_options"),
        ("orders", "0017_first_promise_kept"),
    ]
    operations = [every({"orders.tell_refused_reviews": 300})]
