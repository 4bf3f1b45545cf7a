"""Subscriptions that ended are deleted; of the others we know when they were last used."""

from django.db import migrations, models


def forget_ended(apps, schema_editor):
    apps.get_model("customers", "PushDevice").objects.exclude(gone_at=None).delete()


class Migration(migrations.Migration):
    dependencies = [("customers", "0018_customer_files")]

    operations = [
        migrations.RunPython(forget_ended, migrations.RunPython.noop),
        migrations.RemoveIndex("pushdevice", "push_device_live"),
        migrations.RemoveField("pushdevice", "gone_at"),
        migrations.AddField(
            "pushdevice",
            "last_used_at",
            models.DateTimeField("last notified", blank=True, null=True),
        ),
    ]
