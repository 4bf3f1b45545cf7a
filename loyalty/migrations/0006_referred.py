"""A rule may reward who joins on a member's word."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("loyalty", "0005_schedule"),
    ]

    operations = [
        migrations.AlterField(
            model_name="earnrule",
            name="event",
            field=models.CharField(
                choices=[
                    ("purchase", "a purchase"),
                    ("birthday", "the birthday"),
                    ("review", "a review"),
                    ("first_visit", "the first sign-in on the site"),
                    ("referral", "a friend who joined"),
                    ("referred", "joining on a friend's word"),
                ],
                default="purchase",
                max_length=12,
                verbose_name="for",
            ),
        ),
    ]
