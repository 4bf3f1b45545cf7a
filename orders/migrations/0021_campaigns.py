"""Campaigns with steps; a reminder is one planned message of one of them."""

import django.core.validators
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0013_message_channels"),
        ("network", "0003_staff_pin"),
        ("orders", "0020_relaunch_since"),
    ]

    operations = [
        migrations.AddField(
            model_name="relaunch",
            name="code",
            field=models.CharField(blank=True, max_length=24, null=True, unique=True),
        ),
        migrations.AddField(
            model_name="relaunch",
            name="coupon",
            field=models.CharField(
                blank=True, db_default="", default="", max_length=32, verbose_name="code"
            ),
        ),
        migrations.AddField(
            model_name="relaunch",
            name="customer",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="relaunches",
                to="customers.customer",
                verbose_name="customer",
            ),
        ),
        migrations.AddField(
            model_name="relaunch",
            name="document",
            field=models.CharField(default="", max_length=60, verbose_name="about"),
        ),
        migrations.AddField(
            model_name="relaunch",
            name="facts",
            field=models.JSONField(blank=True, db_default={}, default=dict),
        ),
        migrations.AlterField(
            model_name="relaunch",
            name="basket",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="relaunches",
                to="orders.basket",
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
                ],
                default="",
                max_length=20,
                verbose_name="why",
            ),
        ),
        migrations.AlterField(
            model_name="relaunch",
            name="since",
            field=models.DateTimeField(verbose_name="bought since"),
        ),
        migrations.AlterField(
            model_name="relaunch",
            name="status",
            field=models.CharField(
                choices=[
                    ("scheduled", "waiting"),
                    ("sent", "sent"),
                    ("withheld", "not sent"),
                    ("held_out", "held out to compare"),
                ],
                default="scheduled",
                max_length=10,
                verbose_name="status",
            ),
        ),
        migrations.CreateModel(
            name="Attribution",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "touch",
                    models.CharField(
                        choices=[("click", "clicked"), ("sent", "received")],
                        max_length=8,
                        verbose_name="touched by",
                    ),
                ),
                ("touched_at", models.DateTimeField(verbose_name="touched")),
                ("found_at", models.DateTimeField(verbose_name="found")),
                (
                    "order",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="attribution",
                        to="orders.order",
                        verbose_name="order",
                    ),
                ),
                (
                    "relaunch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="sales",
                        to="orders.relaunch",
                        verbose_name="message",
                    ),
                ),
            ],
            options={
                "verbose_name": "sale of a campaign",
                "verbose_name_plural": "sales of campaigns",
                "ordering": ["-pk"],
            },
        ),
        migrations.CreateModel(
            name="Campaign",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=80, verbose_name="name")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("basket", "basket left behind"),
                            ("price_drop", "price drop"),
                            ("review", "review after a purchase"),
                            ("points", "points about to expire"),
                            ("birthday", "birthday"),
                            ("win_back", "not seen for long"),
                            ("newsletter", "one letter to an audience"),
                        ],
                        max_length=16,
                        verbose_name="kind",
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("draft", "draft"),
                            ("active", "on"),
                            ("paused", "paused"),
                            ("done", "over"),
                        ],
                        default="draft",
                        editable=False,
                        max_length=8,
                        verbose_name="status",
                    ),
                ),
                ("starts_at", models.DateTimeField(blank=True, null=True, verbose_name="from")),
                ("ends_at", models.DateTimeField(blank=True, null=True, verbose_name="until")),
                (
                    "horizon_days",
                    models.PositiveSmallIntegerField(
                        default=7,
                        help_text="What happened longer ago is never written about.",
                        validators=[django.core.validators.MinValueValidator(1)],
                        verbose_name="horizon, days",
                    ),
                ),
                (
                    "catch_up_hours",
                    models.PositiveSmallIntegerField(
                        default=24,
                        help_text="Steps whose moment was earlier than this before switching on are left out.",
                        verbose_name="at switching on, hours",
                    ),
                ),
                (
                    "lead_days",
                    models.PositiveSmallIntegerField(
                        default=0,
                        help_text="For points about to expire and birthdays: so long before the day.",
                        verbose_name="days before",
                    ),
                ),
                (
                    "bought_days",
                    models.PositiveSmallIntegerField(
                        blank=True, null=True, verbose_name="who bought in the last days"
                    ),
                ),
                (
                    "not_bought_days",
                    models.PositiveSmallIntegerField(
                        blank=True, null=True, verbose_name="who did not buy in the last days"
                    ),
                ),
                (
                    "holdout_percent",
                    models.PositiveSmallIntegerField(
                        default=10,
                        help_text="So many of a hundred people get nothing, to compare what they buy.",
                        validators=[django.core.validators.MaxValueValidator(50)],
                        verbose_name="held out, %",
                    ),
                ),
                (
                    "attribution_days",
                    models.PositiveSmallIntegerField(
                        default=7,
                        help_text="A sale of any channel so long after the click, or else the sending.",
                        verbose_name="sales counted for, days",
                    ),
                ),
                (
                    "activated_at",
                    models.DateTimeField(
                        blank=True, editable=False, null=True, verbose_name="switched on"
                    ),
                ),
                (
                    "activated_by",
                    models.CharField(blank=True, editable=False, max_length=80, verbose_name="by"),
                ),
                (
                    "activated_count",
                    models.PositiveIntegerField(
                        blank=True, editable=False, null=True, verbose_name="count shown"
                    ),
                ),
                (
                    "group",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="customers.customergroup",
                        verbose_name="people of the group",
                    ),
                ),
                (
                    "home_store",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="network.store",
                        verbose_name="people of the store",
                    ),
                ),
            ],
            options={
                "verbose_name": "campaign",
                "verbose_name_plural": "campaigns",
                "ordering": ["-pk"],
            },
        ),
        migrations.CreateModel(
            name="CampaignStep",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveSmallIntegerField(verbose_name="step")),
                (
                    "delay_minutes",
                    models.PositiveIntegerField(
                        default=0,
                        help_text="120: two hours, 1440: a day.",
                        verbose_name="after, minutes",
                    ),
                ),
                (
                    "channel",
                    models.CharField(
                        choices=[
                            ("email", "e-mail"),
                            ("sms", "SMS"),
                            ("push", "notification on a device"),
                        ],
                        default="email",
                        max_length=8,
                        verbose_name="channel",
                    ),
                ),
                (
                    "coupon",
                    models.CharField(
                        blank=True,
                        help_text="Left out for who bought the like at its full price a short while ago.",
                        max_length=32,
                        verbose_name="code",
                    ),
                ),
                ("planned_until", models.DateTimeField(blank=True, editable=False, null=True)),
                ("subject", models.CharField(blank=True, max_length=120, verbose_name="subject")),
                (
                    "subject_fr",
                    models.CharField(blank=True, max_length=120, null=True, verbose_name="subject"),
                ),
                (
                    "subject_en",
                    models.CharField(blank=True, max_length=120, null=True, verbose_name="subject"),
                ),
                ("body", models.TextField(blank=True, max_length=2000, verbose_name="text")),
                (
                    "body_fr",
                    models.TextField(blank=True, max_length=2000, null=True, verbose_name="text"),
                ),
                (
                    "body_en",
                    models.TextField(blank=True, max_length=2000, null=True, verbose_name="text"),
                ),
                (
                    "campaign",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="steps",
                        to="orders.campaign",
                    ),
                ),
            ],
            options={
                "verbose_name": "step",
                "verbose_name_plural": "steps",
                "ordering": ["campaign", "number"],
            },
        ),
        migrations.AddField(
            model_name="relaunch",
            name="campaign_step",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="orders.campaignstep",
                verbose_name="campaign",
            ),
        ),
        migrations.AddIndex(
            model_name="relaunch",
            index=models.Index(fields=["campaign_step", "status", "reason"], name="relaunch_board"),
        ),
        migrations.AddIndex(
            model_name="relaunch",
            index=models.Index(fields=["decided_at"], name="relaunch_decided"),
        ),
        migrations.AddConstraint(
            model_name="relaunch",
            constraint=models.UniqueConstraint(
                fields=("campaign_step", "document"), name="relaunch_once_per_object"
            ),
        ),
        migrations.AddConstraint(
            model_name="campaign",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("status", "draft"),
                    models.Q(("activated_at__isnull", False), ("activated_count__isnull", False)),
                    _connector="OR",
                ),
                name="campaign_on_was_counted",
            ),
        ),
        migrations.AddConstraint(
            model_name="campaign",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("starts_at__isnull", True),
                    ("ends_at__isnull", True),
                    ("starts_at__lt", models.F("ends_at")),
                    _connector="OR",
                ),
                name="campaign_period",
            ),
        ),
        migrations.AddConstraint(
            model_name="campaign",
            constraint=models.CheckConstraint(
                condition=models.Q(("holdout_percent__lte", 50)), name="campaign_holdout_half"
            ),
        ),
        migrations.AddConstraint(
            model_name="campaign",
            constraint=models.UniqueConstraint(
                condition=models.Q(
                    ("kind__in", ["basket", "price_drop", "review", "points"]),
                    ("status", "active"),
                ),
                fields=("kind",),
                name="campaign_one_active",
            ),
        ),
        migrations.AddConstraint(
            model_name="campaignstep",
            constraint=models.UniqueConstraint(
                fields=("campaign", "number"), name="campaign_step_unique"
            ),
        ),
        migrations.AddConstraint(
            model_name="campaignstep",
            constraint=models.CheckConstraint(
                condition=models.Q(("number__gte", 1)), name="campaign_step_from_one"
            ),
        ),
        migrations.AddIndex(
            model_name="fulfilment",
            index=models.Index(
                condition=models.Q(("status", "handed_over")),
                fields=["closed_at"],
                name="fulfilment_handed_over",
            ),
        ),
    ]
