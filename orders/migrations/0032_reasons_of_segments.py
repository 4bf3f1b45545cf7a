"""A person may have left a segment, or never agreed to what it looks at."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0031_campaign_segment"),
    ]

    operations = [
        migrations.AlterField(
            model_name="relaunch",
            name="reason",
            field=models.CharField(
                blank=True,
                choices=[
                    ("", "sent"),
                    ("bought", "everything was bought since, in some channel"),
                    ("no_consent", "no consent to reminders"),
                    ("no_address", "no verified address"),
                    ("out_of_stock", "nothing left in stock"),
                    ("cap", "this person has had enough messages"),
                    ("changed", "the basket was used again"),
                    ("empty", "the basket is empty"),
                    ("too_old", "the basket was left too long ago"),
                    ("done", "its reason is gone: reviewed, spent, dearer again"),
                    ("ended", "the campaign is over"),
                    ("left", "no longer among the people of the segment"),
                    ("not_profiled", "no consent to offers chosen by purchases"),
                ],
                default="",
                max_length=20,
                verbose_name="why",
            ),
        ),
    ]
