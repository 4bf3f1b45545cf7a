"""Reviews, questions, answers and recommendations."""

import django.db.models.deletion
from django.db import migrations, models

# What is derived is no history: the columns for lists and those of the stars beside the others.
KEEP = """
SELECT catalog_keep_history('catalog_product', 'id', 'popularity', 'search_fr', 'search_en',
  'search_words', 'listed_prices', 'listed_options', 'listed_cut_bp', 'rating_sum', 'rating_count',
  'created_at', 'updated_at');
"""


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0018_search_inline"),
    ]

    operations = [
        migrations.AddField(
            model_name="product",
            name="rating_count",
            field=models.PositiveIntegerField(
                db_default=0, default=0, editable=False, verbose_name="reviews"
            ),
        ),
        migrations.AddField(
            model_name="product",
            name="rating_sum",
            field=models.PositiveIntegerField(db_default=0, default=0, editable=False),
        ),
        migrations.CreateModel(
            name="Question",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("text", models.TextField(verbose_name="text")),
                ("author", models.CharField(max_length=40, verbose_name="signed")),
                ("language", models.CharField(default="fr", max_length=2, verbose_name="language")),
                (
                    "customer_number",
                    models.CharField(
                        blank=True, default="", max_length=12, verbose_name="customer"
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("pending", "to read"),
                            ("published", "published"),
                            ("refused", "refused"),
                        ],
                        default="pending",
                        max_length=10,
                        verbose_name="status",
                    ),
                ),
                (
                    "reason",
                    models.CharField(
                        blank=True,
                        choices=[
                            (
                                "personal_data",
                                "It contains personal data: a name, an e-mail, a telephone.",
                            ),
                            ("off_topic", "It is not about the article itself."),
                            ("insult", "It contains insults or hateful words."),
                            ("advert", "It advertises something, or links to another site."),
                            ("unlawful", "It contains something that the law forbids."),
                            ("unreadable", "It cannot be understood."),
                        ],
                        default="",
                        max_length=20,
                        verbose_name="why",
                    ),
                ),
                (
                    "has_contact",
                    models.BooleanField(default=False, verbose_name="e-mail, telephone or link"),
                ),
                ("written_at", models.DateTimeField(verbose_name="written")),
                ("decided_at", models.DateTimeField(blank=True, null=True, verbose_name="decided")),
                (
                    "decided_by",
                    models.CharField(
                        blank=True, default="", max_length=80, verbose_name="decided by"
                    ),
                ),
                ("key", models.CharField(max_length=40, unique=True)),
                (
                    "product",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="questions",
                        to="catalog.product",
                        verbose_name="product",
                    ),
                ),
            ],
            options={
                "verbose_name": "question",
                "verbose_name_plural": "questions",
                "ordering": ["-written_at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="Answer",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("text", models.TextField(verbose_name="text")),
                ("author", models.CharField(max_length=40, verbose_name="signed")),
                ("language", models.CharField(default="fr", max_length=2, verbose_name="language")),
                (
                    "customer_number",
                    models.CharField(
                        blank=True, default="", max_length=12, verbose_name="customer"
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("pending", "to read"),
                            ("published", "published"),
                            ("refused", "refused"),
                        ],
                        default="pending",
                        max_length=10,
                        verbose_name="status",
                    ),
                ),
                (
                    "reason",
                    models.CharField(
                        blank=True,
                        choices=[
                            (
                                "personal_data",
                                "It contains personal data: a name, an e-mail, a telephone.",
                            ),
                            ("off_topic", "It is not about the article itself."),
                            ("insult", "It contains insults or hateful words."),
                            ("advert", "It advertises something, or links to another site."),
                            ("unlawful", "It contains something that the law forbids."),
                            ("unreadable", "It cannot be understood."),
                        ],
                        default="",
                        max_length=20,
                        verbose_name="why",
                    ),
                ),
                (
                    "has_contact",
                    models.BooleanField(default=False, verbose_name="e-mail, telephone or link"),
                ),
                ("written_at", models.DateTimeField(verbose_name="written")),
                ("decided_at", models.DateTimeField(blank=True, null=True, verbose_name="decided")),
                (
                    "decided_by",
                    models.CharField(
                        blank=True, default="", max_length=80, verbose_name="decided by"
                    ),
                ),
                ("by_staff", models.BooleanField(default=False, verbose_name="of the shop")),
                (
                    "document",
                    models.CharField(
                        blank=True, default="", max_length=20, verbose_name="purchase"
                    ),
                ),
                ("line", models.PositiveIntegerField(default=0, verbose_name="line")),
                (
                    "question",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="answers",
                        to="catalog.question",
                        verbose_name="question",
                    ),
                ),
            ],
            options={
                "verbose_name": "answer",
                "verbose_name_plural": "answers",
                "ordering": ["-by_staff", models.OrderBy(models.F("written_at")), "pk"],
            },
        ),
        migrations.CreateModel(
            name="Recommendation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("together", "bought together"), ("similar", "alike")],
                        max_length=10,
                        verbose_name="kind",
                    ),
                ),
                ("score", models.FloatField(verbose_name="score")),
                ("rank", models.PositiveSmallIntegerField(verbose_name="rank")),
                (
                    "other",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="catalog.product",
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="recommendations",
                        to="catalog.product",
                    ),
                ),
            ],
            options={
                "verbose_name": "recommendation",
                "verbose_name_plural": "recommendations",
                "ordering": ["product", "kind", "rank"],
            },
        ),
        migrations.CreateModel(
            name="Review",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("text", models.TextField(verbose_name="text")),
                ("author", models.CharField(max_length=40, verbose_name="signed")),
                ("language", models.CharField(default="fr", max_length=2, verbose_name="language")),
                (
                    "customer_number",
                    models.CharField(
                        blank=True, default="", max_length=12, verbose_name="customer"
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("pending", "to read"),
                            ("published", "published"),
                            ("refused", "refused"),
                        ],
                        default="pending",
                        max_length=10,
                        verbose_name="status",
                    ),
                ),
                (
                    "reason",
                    models.CharField(
                        blank=True,
                        choices=[
                            (
                                "personal_data",
                                "It contains personal data: a name, an e-mail, a telephone.",
                            ),
                            ("off_topic", "It is not about the article itself."),
                            ("insult", "It contains insults or hateful words."),
                            ("advert", "It advertises something, or links to another site."),
                            ("unlawful", "It contains something that the law forbids."),
                            ("unreadable", "It cannot be understood."),
                        ],
                        default="",
                        max_length=20,
                        verbose_name="why",
                    ),
                ),
                (
                    "has_contact",
                    models.BooleanField(default=False, verbose_name="e-mail, telephone or link"),
                ),
                ("written_at", models.DateTimeField(verbose_name="written")),
                ("decided_at", models.DateTimeField(blank=True, null=True, verbose_name="decided")),
                (
                    "decided_by",
                    models.CharField(
                        blank=True, default="", max_length=80, verbose_name="decided by"
                    ),
                ),
                ("rating", models.PositiveSmallIntegerField(verbose_name="stars")),
                ("title", models.CharField(blank=True, max_length=80, verbose_name="title")),
                ("document", models.CharField(max_length=20, verbose_name="purchase")),
                ("line", models.PositiveIntegerField(verbose_name="line")),
                ("channel", models.CharField(max_length=10, verbose_name="bought")),
                ("received_on", models.DateField(verbose_name="received on")),
                ("answer", models.TextField(blank=True, verbose_name="our answer")),
                (
                    "answered_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="answered"),
                ),
                (
                    "answered_by",
                    models.CharField(
                        blank=True, default="", max_length=80, verbose_name="answered by"
                    ),
                ),
                (
                    "told_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="author told"),
                ),
                (
                    "product",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reviews",
                        to="catalog.product",
                        verbose_name="product",
                    ),
                ),
                (
                    "variant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="catalog.variant",
                        verbose_name="article bought",
                    ),
                ),
            ],
            options={
                "verbose_name": "review",
                "verbose_name_plural": "reviews",
                "ordering": ["-written_at", "-pk"],
            },
        ),
        migrations.AddIndex(
            model_name="question",
            index=models.Index(
                condition=models.Q(("status", "published")),
                fields=["product", "-written_at", "-id"],
                name="question_of_product",
            ),
        ),
        migrations.AddIndex(
            model_name="question",
            index=models.Index(
                condition=models.Q(("status", "pending")),
                fields=["written_at"],
                name="question_waiting",
            ),
        ),
        migrations.AddConstraint(
            model_name="question",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("decided_at__isnull", True), ("status", "pending")),
                    models.Q(
                        models.Q(("status", "pending"), _negated=True),
                        ("decided_at__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="question_decided_has_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="question",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status", "refused"), models.Q(("reason", ""), _negated=True)),
                    models.Q(models.Q(("status", "refused"), _negated=True), ("reason", "")),
                    _connector="OR",
                ),
                name="question_refused_has_reason",
            ),
        ),
        migrations.AddIndex(
            model_name="answer",
            index=models.Index(
                condition=models.Q(("status", "pending")),
                fields=["written_at"],
                name="answer_waiting",
            ),
        ),
        migrations.AddConstraint(
            model_name="answer",
            constraint=models.UniqueConstraint(
                condition=models.Q(("by_staff", False)),
                fields=("question", "document", "line"),
                name="answer_one_per_purchase",
            ),
        ),
        migrations.AddConstraint(
            model_name="answer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("by_staff", True), ("document", "")),
                    models.Q(models.Q(("document", ""), _negated=True), ("by_staff", False)),
                    _connector="OR",
                ),
                name="answer_of_shop_or_buyer",
            ),
        ),
        migrations.AddConstraint(
            model_name="answer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("decided_at__isnull", True), ("status", "pending")),
                    models.Q(
                        models.Q(("status", "pending"), _negated=True),
                        ("decided_at__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="answer_decided_has_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="answer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status", "refused"), models.Q(("reason", ""), _negated=True)),
                    models.Q(models.Q(("status", "refused"), _negated=True), ("reason", "")),
                    _connector="OR",
                ),
                name="answer_refused_has_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="recommendation",
            constraint=models.UniqueConstraint(
                fields=("product", "kind", "rank"), name="recommendation_rank_unique"
            ),
        ),
        migrations.AddConstraint(
            model_name="recommendation",
            constraint=models.UniqueConstraint(
                fields=("product", "kind", "other"), name="recommendation_unique"
            ),
        ),
        migrations.AddConstraint(
            model_name="recommendation",
            constraint=models.CheckConstraint(
                condition=models.Q(("product", models.F("other")), _negated=True),
                name="recommendation_of_another",
            ),
        ),
        migrations.AddIndex(
            model_name="review",
            index=models.Index(
                condition=models.Q(("status", "published")),
                fields=["product", "-written_at", "-id"],
                name="review_of_product",
            ),
        ),
        migrations.AddIndex(
            model_name="review",
            index=models.Index(
                condition=models.Q(("status", "pending")),
                fields=["written_at"],
                name="review_waiting",
            ),
        ),
        migrations.AddIndex(
            model_name="review",
            index=models.Index(
                condition=models.Q(("status", "refused"), ("told_at__isnull", True)),
                fields=["decided_at"],
                name="review_to_tell",
            ),
        ),
        migrations.AddConstraint(
            model_name="review",
            constraint=models.UniqueConstraint(
                fields=("document", "line"), name="review_one_per_purchase"
            ),
        ),
        migrations.AddConstraint(
            model_name="review",
            constraint=models.CheckConstraint(
                condition=models.Q(("rating__gte", 1), ("rating__lte", 5)),
                name="review_one_to_five_stars",
            ),
        ),
        migrations.AddConstraint(
            model_name="review",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("answer", ""), ("answered_at__isnull", True)),
                    models.Q(
                        models.Q(("answer", ""), _negated=True), ("answered_at__isnull", False)
                    ),
                    _connector="OR",
                ),
                name="review_answer_has_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="review",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("decided_at__isnull", True), ("status", "pending")),
                    models.Q(
                        models.Q(("status", "pending"), _negated=True),
                        ("decided_at__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="review_decided_has_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="review",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status", "refused"), models.Q(("reason", ""), _negated=True)),
                    models.Q(models.Q(("status", "refused"), _negated=True), ("reason", "")),
                    _connector="OR",
                ),
                name="review_refused_has_reason",
            ),
        ),
        migrations.RunSQL(KEEP, migrations.RunSQL.noop),
    ]
