"""What people read when they are asked is kept; a sale's notice waits to become an answer."""

import django.db.models.deletion
from django.db import migrations, models

from omnishop.kernel.append_only import append_only_trigger


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0011_case_rules"),
    ]

    operations = [
        migrations.CreateModel(
            name="SaleNotice",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("document", models.CharField(max_length=60, verbose_name="document")),
                (
                    "channel",
                    models.CharField(
                        choices=[
                            ("email", "e-mail"),
                            ("sms", "SMS"),
                            ("push", "notification on a device"),
                            ("phone", "telephone call"),
                            ("all", "everywhere"),
                        ],
                        default="email",
                        max_length=8,
                        verbose_name="channel",
                    ),
                ),
                ("refused", models.BooleanField(verbose_name="refused")),
                ("source", models.CharField(max_length=40, verbose_name="source")),
                ("actor", models.CharField(max_length=80, verbose_name="by")),
                ("at", models.DateTimeField(verbose_name="at")),
                ("settled_at", models.DateTimeField(blank=True, null=True, verbose_name="settled")),
            ],
            options={
                "verbose_name": "notice at a sale",
                "verbose_name_plural": "notices at sales",
                "ordering": ["-pk"],
            },
        ),
        migrations.AddField(
            model_name="consentevent",
            name="document",
            field=models.CharField(
                blank=True, db_default="", default="", max_length=60, verbose_name="document"
            ),
        ),
        migrations.AlterField(
            model_name="consentevent",
            name="basis",
            field=models.CharField(
                choices=[("consent", "consent"), ("soft_opt_in", "sale, refusal offered")],
                default="consent",
                max_length=12,
                verbose_name="basis",
            ),
        ),
        migrations.AlterField(
            model_name="consentevent",
            name="channel",
            field=models.CharField(
                choices=[
                    ("email", "e-mail"),
                    ("sms", "SMS"),
                    ("push", "notification on a device"),
                    ("phone", "telephone call"),
                    ("all", "everywhere"),
                ],
                max_length=8,
                verbose_name="channel",
            ),
        ),
        migrations.AlterField(
            model_name="consentevent",
            name="purpose",
            field=models.CharField(
                choices=[
                    ("marketing", "offers and reminders"),
                    ("profiling", "personalised recommendations"),
                    ("opening", "measuring whether mails are opened"),
                ],
                max_length=20,
                verbose_name="purpose",
            ),
        ),
        migrations.CreateModel(
            name="ConsentText",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "purpose",
                    models.CharField(
                        choices=[
                            ("marketing", "offers and reminders"),
                            ("profiling", "personalised recommendations"),
                            ("opening", "measuring whether mails are opened"),
                        ],
                        max_length=20,
                        verbose_name="purpose",
                    ),
                ),
                (
                    "channel",
                    models.CharField(
                        choices=[
                            ("email", "e-mail"),
                            ("sms", "SMS"),
                            ("push", "notification on a device"),
                            ("phone", "telephone call"),
                            ("all", "everywhere"),
                        ],
                        max_length=8,
                        verbose_name="channel",
                    ),
                ),
                (
                    "basis",
                    models.CharField(
                        choices=[("consent", "consent"), ("soft_opt_in", "sale, refusal offered")],
                        default="consent",
                        max_length=12,
                        verbose_name="basis",
                    ),
                ),
                ("language", models.CharField(max_length=2, verbose_name="language")),
                ("version", models.CharField(max_length=40, verbose_name="version")),
                ("text", models.TextField(verbose_name="text")),
                ("valid_from", models.DateTimeField(verbose_name="shown from")),
            ],
            options={
                "verbose_name": "text of a consent",
                "verbose_name_plural": "texts of consents",
                "ordering": ["purpose", "channel", "language", "-valid_from"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("purpose", "channel", "basis", "language", "version"),
                        name="consent_text_unique",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("basis", "consent"),
                            models.Q(("channel__in", ["email", "sms"]), ("purpose", "marketing")),
                            _connector="OR",
                        ),
                        name="consent_text_basis",
                    ),
                ],
            },
        ),
        migrations.AddField(
            model_name="consentevent",
            name="text",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="customers.consenttext",
                verbose_name="text",
            ),
        ),
        migrations.AddConstraint(
            model_name="consentevent",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("basis", "consent"),
                    models.Q(
                        ("channel__in", ["email", "sms"]),
                        ("purpose", "marketing"),
                        models.Q(("document", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="consent_soft_opt_in_of_a_sale",
            ),
        ),
        migrations.AddField(
            model_name="salenotice",
            name="text",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="customers.consenttext",
                verbose_name="text",
            ),
        ),
        migrations.AddIndex(
            model_name="salenotice",
            index=models.Index(
                condition=models.Q(("settled_at", None)), fields=["at"], name="sale_notice_open"
            ),
        ),
        migrations.AddConstraint(
            model_name="salenotice",
            constraint=models.UniqueConstraint(
                fields=("document", "channel"), name="sale_notice_once"
            ),
        ),
        append_only_trigger("customers_consenttext"),
    ]
