"""A campaign may be for the people of a segment."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0015_index_of_people"),
        ("network", "0004_keeps_customers"),
        ("orders", "0030_price_drops_by_campaign"),
    ]

    operations = [
        migrations.AddField(
            model_name="campaign",
            name="segment",
            field=models.ForeignKey(
                blank=True,
                help_text="Asked when a message is planned, and again when it leaves.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="campaigns",
                to="orders.segment",
                verbose_name="people of the segment",
            ),
        ),
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
                ],
                default="",
                max_length=20,
                verbose_name="why",
            ),
        ),
        migrations.AddConstraint(
            model_name="campaign",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "basket"), _negated=True),
                    ("segment__isnull", True),
                    _connector="OR",
                ),
                name="campaign_basket_of_everybody",
                violation_error_message="Baskets left behind are of everybody: no segment.",
            ),
        ),
    ]
