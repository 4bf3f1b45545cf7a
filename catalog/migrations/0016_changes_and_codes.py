"""Changes of the catalogue are kept; codes with a weight or price inside can be read."""

import django.core.validators
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0015_import_schedule"),
    ]

    operations = [
        migrations.CreateModel(
            name="CatalogChange",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("table_name", models.CharField(max_length=40, verbose_name="what")),
                ("row_id", models.BigIntegerField(verbose_name="number")),
                ("product_id", models.BigIntegerField(null=True, verbose_name="product")),
                (
                    "action",
                    models.CharField(
                        choices=[("insert", "added"), ("update", "changed"), ("delete", "removed")],
                        max_length=6,
                        verbose_name="action",
                    ),
                ),
                ("before", models.JSONField(null=True, verbose_name="before")),
                ("after", models.JSONField(null=True, verbose_name="after")),
                ("actor", models.CharField(max_length=80, verbose_name="by")),
                (
                    "at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="at"
                    ),
                ),
            ],
            options={
                "verbose_name": "change of the catalogue",
                "verbose_name_plural": "changes of the catalogue",
                "ordering": ["-pk"],
                "indexes": [
                    models.Index(fields=["product_id", "-id"], name="catalog_change_product"),
                    models.Index(fields=["table_name", "row_id", "-id"], name="catalog_change_row"),
                    models.Index(fields=["actor", "-id"], name="catalog_change_actor"),
                ],
            },
        ),
        migrations.CreateModel(
            name="VariableCode",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "prefix",
                    models.CharField(
                        choices=[
                            ("02", "02"),
                            ("20", "20"),
                            ("21", "21"),
                            ("22", "22"),
                            ("23", "23"),
                            ("24", "24"),
                            ("25", "25"),
                            ("26", "26"),
                            ("27", "27"),
                            ("28", "28"),
                            ("29", "29"),
                        ],
                        max_length=2,
                        unique=True,
                        verbose_name="prefix",
                    ),
                ),
                ("name", models.CharField(max_length=60, verbose_name="name")),
                (
                    "item_digits",
                    models.PositiveSmallIntegerField(
                        default=5, verbose_name="digits of the item number"
                    ),
                ),
                (
                    "value_digits",
                    models.PositiveSmallIntegerField(default=5, verbose_name="digits of the value"),
                ),
                (
                    "carries",
                    models.CharField(
                        choices=[("price", "price"), ("weight", "weight")],
                        default="price",
                        max_length=6,
                        verbose_name="value",
                    ),
                ),
                (
                    "decimals",
                    models.PositiveSmallIntegerField(
                        default=2,
                        help_text="Of euros for a price; of kilograms for a weight, 3 for grams",
                        verbose_name="decimals",
                    ),
                ),
                (
                    "value_checked",
                    models.BooleanField(
                        default=False,
                        help_text="By the rule of GS1 for four or five digits",
                        verbose_name="a digit before the value checks it",
                    ),
                ),
            ],
            options={
                "verbose_name": "in-store code",
                "verbose_name_plural": "in-store codes",
                "ordering": ["prefix"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("value_checked", False),
                                (
                                    "value_digits",
                                    django.db.models.expressions.CombinedExpression(
                                        models.Value(10), "-", models.F("item_digits")
                                    ),
                                ),
                            ),
                            models.Q(
                                ("value_checked", True),
                                (
                                    "value_digits",
                                    django.db.models.expressions.CombinedExpression(
                                        models.Value(9), "-", models.F("item_digits")
                                    ),
                                ),
                            ),
                            _connector="OR",
                        ),
                        name="variable_code_thirteen",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("decimals__lte", 3), ("item_digits__gte", 1), ("value_digits__gte", 3)
                        ),
                        name="variable_code_digits",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("value_checked", False), ("value_digits__in", [4, 5]), _connector="OR"
                        ),
                        name="variable_code_checkable",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="VariableArticle",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "item_number",
                    models.CharField(
                        max_length=9,
                        validators=[django.core.validators.RegexValidator("^\\d+$")],
                        verbose_name="item number",
                    ),
                ),
                (
                    "variant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="catalog.variant",
                        verbose_name="article",
                    ),
                ),
                (
                    "code",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="articles",
                        to="catalog.variablecode",
                        verbose_name="in-store code",
                    ),
                ),
            ],
            options={
                "verbose_name": "article of in-store codes",
                "verbose_name_plural": "articles of in-store codes",
                "ordering": ["code", "item_number"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("code", "item_number"), name="variable_article_unique"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("item_number__regex", "^\\d+$")),
                        name="variable_article_digits",
                    ),
                ],
            },
        ),
    ]
