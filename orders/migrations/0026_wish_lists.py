"""Wish lists and the falls of their prices."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0020_history_without_derived"),
        ("customers", "0005_golden_record"),
        ("orders", "0025_stock_alerts_schedule"),
    ]

    operations = [
        migrations.CreateModel(
            name="WishList",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=60, verbose_name="name")),
                (
                    "is_default",
                    models.BooleanField(default=False, verbose_name="articles go there first"),
                ),
                (
                    "token",
                    models.CharField(
                        blank=True, editable=False, max_length=24, null=True, unique=True
                    ),
                ),
                (
                    "shown_name",
                    models.CharField(
                        blank=True, default="", max_length=40, verbose_name="shown as"
                    ),
                ),
                ("created_at", models.DateTimeField(verbose_name="created")),
                ("changed_at", models.DateTimeField(verbose_name="changed")),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="wish_lists",
                        to="customers.customer",
                        verbose_name="customer",
                    ),
                ),
            ],
            options={
                "verbose_name": "wish list",
                "verbose_name_plural": "wish lists",
                "ordering": ["-pk"],
            },
        ),
        migrations.CreateModel(
            name="WishItem",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("quantity", models.PositiveSmallIntegerField(default=1, verbose_name="quantity")),
                (
                    "note",
                    models.CharField(blank=True, default="", max_length=200, verbose_name="note"),
                ),
                (
                    "taken",
                    models.PositiveSmallIntegerField(default=0, verbose_name="taken by visitors"),
                ),
                (
                    "price_minor",
                    models.PositiveIntegerField(
                        blank=True, null=True, verbose_name="price when added"
                    ),
                ),
                (
                    "told_minor",
                    models.PositiveIntegerField(
                        blank=True, null=True, verbose_name="price last told"
                    ),
                ),
                ("added_at", models.DateTimeField(verbose_name="added")),
                (
                    "removed_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="taken off"),
                ),
                (
                    "product",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="catalog.product",
                        verbose_name="product",
                    ),
                ),
                (
                    "variant",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="catalog.variant",
                        verbose_name="article",
                    ),
                ),
                (
                    "wish_list",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="items",
                        to="orders.wishlist",
                        verbose_name="wish list",
                    ),
                ),
            ],
            options={
                "verbose_name": "wish",
                "verbose_name_plural": "wishes",
                "ordering": ["-added_at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="PriceDrop",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("before_minor", models.PositiveIntegerField(verbose_name="price before")),
                ("now_minor", models.PositiveIntegerField(verbose_name="price now")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("waiting", "waiting"),
                            ("sent", "told"),
                            ("withheld", "not told"),
                        ],
                        default="waiting",
                        max_length=10,
                        verbose_name="status",
                    ),
                ),
                (
                    "reason",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "–"),
                            ("no_consent", "no consent to reminders"),
                            ("no_address", "no verified address"),
                            ("bought", "bought since, in some channel"),
                            ("removed", "no longer on a list"),
                            ("stock", "nothing left in stock"),
                            ("risen", "the price rose again"),
                            ("too_old", "waited too long"),
                        ],
                        default="",
                        max_length=12,
                        verbose_name="why",
                    ),
                ),
                ("found_at", models.DateTimeField(verbose_name="found")),
                ("decided_at", models.DateTimeField(blank=True, null=True, verbose_name="decided")),
                (
                    "message",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="customers.message",
                        verbose_name="message",
                    ),
                ),
                (
                    "variant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="catalog.variant",
                        verbose_name="article",
                    ),
                ),
                (
                    "item",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="drops",
                        to="orders.wishitem",
                        verbose_name="wish",
                    ),
                ),
            ],
            options={
                "verbose_name": "price drop",
                "verbose_name_plural": "price drops",
                "ordering": ["-pk"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("status", "waiting")),
                        fields=("item",),
                        name="price_drop_one_waiting",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("now_minor__lt", models.F("before_minor"))),
                        name="price_drop_falls",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status", "withheld"), _negated=True),
                            models.Q(("reason", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="price_drop_says_why",
                    ),
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="wishlist",
            constraint=models.UniqueConstraint(
                fields=("customer", "name"), name="wish_list_name_unique"
            ),
        ),
        migrations.AddConstraint(
            model_name="wishlist",
            constraint=models.UniqueConstraint(
                condition=models.Q(("is_default", True)),
                fields=("customer",),
                name="wish_list_one_default",
            ),
        ),
        migrations.AddConstraint(
            model_name="wishitem",
            constraint=models.UniqueConstraint(
                condition=models.Q(("removed_at__isnull", True)),
                fields=("wish_list", "product", "variant"),
                name="wish_item_once",
                nulls_distinct=False,
            ),
        ),
        migrations.AddConstraint(
            model_name="wishitem",
            constraint=models.CheckConstraint(
                condition=models.Q(("quantity__gte", 1), ("quantity__lte", 999)),
                name="wish_item_quantity",
            ),
        ),
        migrations.AddConstraint(
            model_name="wishitem",
            constraint=models.CheckConstraint(
                condition=models.Q(("taken__lte", models.F("quantity"))),
                name="wish_item_taken_of_wanted",
            ),
        ),
    ]
