"""Statuses of goods, transfers, purchasing, counts."""

import datetime

import django.core.validators
import django.db.models.deletion
import django.db.models.expressions
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0005_position_names"),
        ("inventory", "0004_goods_receipt"),
    ]

    operations = [
        migrations.RunSQL(
            "CREATE SEQUENCE inventory_document_number;", "DROP SEQUENCE inventory_document_number;"
        ),
        migrations.CreateModel(
            name="CountLine",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "counted",
                    models.PositiveIntegerField(blank=True, null=True, verbose_name="counted"),
                ),
                (
                    "book",
                    models.IntegerField(blank=True, null=True, verbose_name="on the book then"),
                ),
                (
                    "counted_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="counted at"),
                ),
                (
                    "counted_by",
                    models.CharField(blank=True, max_length=80, verbose_name="counted by"),
                ),
                ("gap", models.BooleanField(default=False, verbose_name="count gap")),
                (
                    "decision",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "to decide"),
                            ("approved", "approved"),
                            ("recount", "to count again"),
                        ],
                        default="",
                        max_length=10,
                        verbose_name="decision",
                    ),
                ),
            ],
            options={
                "verbose_name": "count line",
                "verbose_name_plural": "count lines",
                "ordering": ["count", "-gap", "pk"],
            },
        ),
        migrations.CreateModel(
            name="Proposal",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("quantity", models.PositiveIntegerField(verbose_name="quantity")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("open", "to decide"),
                            ("accepted", "accepted"),
                            ("dismissed", "dismissed"),
                        ],
                        default="open",
                        max_length=10,
                        verbose_name="status",
                    ),
                ),
                ("figures", models.JSONField(default=dict, verbose_name="figures")),
                ("computed_at", models.DateTimeField(verbose_name="computed")),
                ("decided_at", models.DateTimeField(blank=True, null=True, verbose_name="decided")),
                ("decided_by", models.CharField(blank=True, max_length=80, verbose_name="by")),
            ],
            options={
                "verbose_name": "replenishment proposal",
                "verbose_name_plural": "replenishment proposals",
                "ordering": ["supplier", "location", "variant"],
            },
        ),
        migrations.CreateModel(
            name="PurchaseOrder",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.CharField(max_length=20, unique=True, verbose_name="number")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("draft", "draft"),
                            ("ordered", "ordered"),
                            ("received", "received"),
                            ("cancelled", "cancelled"),
                        ],
                        default="draft",
                        max_length=10,
                        verbose_name="status",
                    ),
                ),
                (
                    "expected_on",
                    models.DateField(blank=True, null=True, verbose_name="expected on"),
                ),
                ("created_at", models.DateTimeField(verbose_name="written")),
                ("created_by", models.CharField(max_length=80, verbose_name="by")),
                ("ordered_at", models.DateTimeField(blank=True, null=True, verbose_name="ordered")),
                ("closed_at", models.DateTimeField(blank=True, null=True, verbose_name="closed")),
            ],
            options={
                "verbose_name": "purchase order",
                "verbose_name_plural": "purchase orders",
                "ordering": ["-pk"],
            },
        ),
        migrations.CreateModel(
            name="PurchaseOrderLine",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("position", models.PositiveIntegerField(verbose_name="line")),
                ("quantity", models.PositiveIntegerField(verbose_name="ordered")),
                ("received", models.PositiveIntegerField(default=0, verbose_name="received")),
                ("damaged", models.PositiveIntegerField(default=0, verbose_name="damaged")),
                ("cost_minor", models.PositiveIntegerField(verbose_name="cost")),
            ],
            options={
                "verbose_name": "purchase order line",
                "verbose_name_plural": "purchase order lines",
                "ordering": ["order", "position"],
            },
        ),
        migrations.CreateModel(
            name="StockCount",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.CharField(max_length=20, unique=True, verbose_name="number")),
                (
                    "kind",
                    models.CharField(
                        choices=[("full", "full count"), ("rolling", "rolling count")],
                        max_length=10,
                        verbose_name="kind",
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("counting", "counting"),
                            ("submitted", "to approve"),
                            ("approved", "approved"),
                            ("cancelled", "cancelled"),
                        ],
                        default="counting",
                        max_length=10,
                        verbose_name="status",
                    ),
                ),
                ("opened_at", models.DateTimeField(verbose_name="opened")),
                ("opened_by", models.CharField(max_length=80, verbose_name="opened by")),
                (
                    "submitted_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="submitted"),
                ),
                (
                    "submitted_by",
                    models.CharField(blank=True, max_length=80, verbose_name="submitted by"),
                ),
                ("closed_at", models.DateTimeField(blank=True, null=True, verbose_name="closed")),
                (
                    "closed_by",
                    models.CharField(blank=True, max_length=80, verbose_name="closed by"),
                ),
            ],
            options={
                "verbose_name": "stock count",
                "verbose_name_plural": "stock counts",
                "ordering": ["-pk"],
            },
        ),
        migrations.CreateModel(
            name="Supplier",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.SlugField(max_length=20, unique=True, verbose_name="code")),
                ("name", models.CharField(max_length=120, verbose_name="name")),
                ("email", models.EmailField(blank=True, max_length=254, verbose_name="e-mail")),
                (
                    "lead_days",
                    models.PositiveSmallIntegerField(default=7, verbose_name="days to deliver"),
                ),
                (
                    "lead_days_spread",
                    models.PositiveSmallIntegerField(
                        default=1,
                        help_text="Standard deviation, in days",
                        verbose_name="spread of these days",
                    ),
                ),
                ("active", models.BooleanField(default=True, verbose_name="active")),
            ],
            options={
                "verbose_name": "supplier",
                "verbose_name_plural": "suppliers",
                "ordering": ["name"],
            },
        ),
        migrations.CreateModel(
            name="SupplierArticle",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "reference",
                    models.CharField(
                        blank=True, max_length=64, verbose_name="supplier's reference"
                    ),
                ),
                ("cost_minor", models.PositiveIntegerField(verbose_name="cost")),
                (
                    "pack",
                    models.PositiveIntegerField(
                        default=1,
                        validators=[django.core.validators.MinValueValidator(1)],
                        verbose_name="units a pack",
                    ),
                ),
                ("preferred", models.BooleanField(default=True, verbose_name="usual supplier")),
            ],
            options={
                "verbose_name": "supplier's article",
                "verbose_name_plural": "suppliers' articles",
            },
        ),
        migrations.CreateModel(
            name="Transfer",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.CharField(max_length=20, unique=True, verbose_name="number")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("requested", "to send"),
                            ("sent", "in transit"),
                            ("received", "received"),
                            ("cancelled", "cancelled"),
                        ],
                        default="requested",
                        max_length=10,
                        verbose_name="status",
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=120, verbose_name="reason")),
                ("expected_at", models.DateTimeField(verbose_name="expected")),
                ("requested_at", models.DateTimeField(verbose_name="asked for")),
                ("requested_by", models.CharField(max_length=80, verbose_name="by")),
                ("sent_at", models.DateTimeField(blank=True, null=True, verbose_name="sent")),
                ("sent_by", models.CharField(blank=True, max_length=80, verbose_name="sent by")),
                (
                    "received_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="received"),
                ),
                (
                    "received_by",
                    models.CharField(blank=True, max_length=80, verbose_name="received by"),
                ),
            ],
            options={
                "verbose_name": "transfer",
                "verbose_name_plural": "transfers",
                "ordering": ["-pk"],
            },
        ),
        migrations.CreateModel(
            name="TransferLine",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("position", models.PositiveIntegerField(verbose_name="line")),
                ("quantity", models.PositiveIntegerField(verbose_name="asked for")),
                ("sent", models.PositiveIntegerField(default=0, verbose_name="sent")),
                ("received", models.PositiveIntegerField(default=0, verbose_name="received")),
                ("document", models.CharField(blank=True, max_length=60, verbose_name="for")),
                ("document_line", models.PositiveIntegerField(default=0, verbose_name="line")),
            ],
            options={
                "verbose_name": "transfer line",
                "verbose_name_plural": "transfer lines",
                "ordering": ["transfer", "position"],
            },
        ),
        migrations.RemoveConstraint(
            model_name="stocklevel",
            name="stock_level_kept",
        ),
        migrations.AddField(
            model_name="stocklevel",
            name="shelf",
            field=models.CharField(blank=True, default="", max_length=20, verbose_name="shelf"),
        ),
        migrations.AddField(
            model_name="stocklevel",
            name="unsellable",
            field=models.IntegerField(default=0, verbose_name="not sellable"),
        ),
        migrations.AddField(
            model_name="stocklocation",
            name="cut_off",
            field=models.TimeField(
                default=datetime.time(14, 0),
                help_text="What is ordered later leaves the next day",
                verbose_name="cut-off",
            ),
        ),
        migrations.AddField(
            model_name="stocklocation",
            name="offers_pickup",
            field=models.BooleanField(default=True, verbose_name="serves pick-ups"),
        ),
        migrations.AddField(
            model_name="stocklocation",
            name="parcel_capacity",
            field=models.PositiveIntegerField(
                blank=True,
                help_text="With so many parcels waiting, no more are given to it; empty: no limit",
                null=True,
                verbose_name="parcels at a time",
            ),
        ),
        migrations.AddField(
            model_name="stocklocation",
            name="receives_returns",
            field=models.BooleanField(default=True, verbose_name="receives returns"),
        ),
        migrations.AddField(
            model_name="stocklocation",
            name="safety",
            field=models.PositiveIntegerField(
                default=0,
                help_text="Units of every article that are never promised online",
                verbose_name="safety stock",
            ),
        ),
        migrations.AddField(
            model_name="stocklocation",
            name="timezone",
            field=models.CharField(default="Europe/Paris", max_length=40, verbose_name="time zone"),
        ),
        migrations.AddField(
            model_name="stocklocation",
            name="transfer_days",
            field=models.PositiveSmallIntegerField(
                blank=True,
                help_text="Working days for goods to reach a store; empty: sends none",
                null=True,
                verbose_name="days to a store",
            ),
        ),
        migrations.AddField(
            model_name="stockmovement",
            name="status",
            field=models.CharField(
                choices=[
                    ("sellable", "sellable"),
                    ("damaged", "damaged"),
                    ("inspection", "in inspection"),
                    ("display", "on display"),
                ],
                default="sellable",
                max_length=10,
                verbose_name="status",
            ),
        ),
        # What a generated column computes cannot be altered: it is made anew.
        migrations.RemoveField(model_name="stocklevel", name="available"),
        migrations.AddField(
            model_name="stocklevel",
            name="available",
            field=models.GeneratedField(
                db_persist=True,
                expression=django.db.models.expressions.CombinedExpression(
                    django.db.models.expressions.CombinedExpression(
                        models.F("on_hand"), "-", models.F("reserved")
                    ),
                    "-",
                    models.F("unsellable"),
                ),
                output_field=models.IntegerField(),
                verbose_name="available",
            ),
        ),
        migrations.AlterField(
            model_name="stockmovement",
            name="kind",
            field=models.CharField(
                choices=[
                    ("receipt", "goods receipt"),
                    ("sale", "sale"),
                    ("return", "return"),
                    ("transfer_out", "transfer out"),
                    ("transfer_in", "transfer in"),
                    ("adjustment", "adjustment"),
                    ("count", "stock count"),
                    ("count_gap", "count gap"),
                    ("status", "change of status"),
                ],
                max_length=12,
                verbose_name="kind",
            ),
        ),
        migrations.AddIndex(
            model_name="stockmovement",
            index=models.Index(
                condition=models.Q(("kind", "count_gap")),
                fields=["location", "-at"],
                name="stock_movement_count_gaps",
            ),
        ),
        migrations.AddConstraint(
            model_name="stocklevel",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "on_hand__gte",
                        django.db.models.expressions.CombinedExpression(
                            models.F("reserved"), "+", models.F("unsellable")
                        ),
                    ),
                    ("reserved__gte", 0),
                    ("unsellable__gte", 0),
                ),
                name="stock_level_kept",
            ),
        ),
        migrations.AddField(
            model_name="countline",
            name="variant",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="catalog.variant",
                verbose_name="article",
            ),
        ),
        migrations.AddField(
            model_name="proposal",
            name="location",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="inventory.stocklocation",
                verbose_name="location",
            ),
        ),
        migrations.AddField(
            model_name="proposal",
            name="variant",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="catalog.variant",
                verbose_name="article",
            ),
        ),
        migrations.AddField(
            model_name="purchaseorder",
            name="location",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="inventory.stocklocation",
                verbose_name="delivered to",
            ),
        ),
        migrations.AddField(
            model_name="proposal",
            name="order",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="proposals",
                to="inventory.purchaseorder",
            ),
        ),
        migrations.AddField(
            model_name="purchaseorderline",
            name="order",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="lines",
                to="inventory.purchaseorder",
            ),
        ),
        migrations.AddField(
            model_name="purchaseorderline",
            name="variant",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="catalog.variant",
                verbose_name="article",
            ),
        ),
        migrations.AddField(
            model_name="stockcount",
            name="category",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="catalog.category",
                verbose_name="category",
            ),
        ),
        migrations.AddField(
            model_name="stockcount",
            name="location",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="inventory.stocklocation",
                verbose_name="location",
            ),
        ),
        migrations.AddField(
            model_name="countline",
            name="count",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="lines",
                to="inventory.stockcount",
            ),
        ),
        migrations.AddField(
            model_name="purchaseorder",
            name="supplier",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="orders",
                to="inventory.supplier",
                verbose_name="supplier",
            ),
        ),
        migrations.AddField(
            model_name="proposal",
            name="supplier",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="inventory.supplier",
                verbose_name="supplier",
            ),
        ),
        migrations.AddField(
            model_name="supplierarticle",
            name="supplier",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="articles",
                to="inventory.supplier",
            ),
        ),
        migrations.AddField(
            model_name="supplierarticle",
            name="variant",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="catalog.variant",
                verbose_name="article",
            ),
        ),
        migrations.AddField(
            model_name="transfer",
            name="destination",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="inventory.stocklocation",
                verbose_name="to",
            ),
        ),
        migrations.AddField(
            model_name="transfer",
            name="source",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="inventory.stocklocation",
                verbose_name="from",
            ),
        ),
        migrations.AddField(
            model_name="transferline",
            name="transfer",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="lines",
                to="inventory.transfer",
            ),
        ),
        migrations.AddField(
            model_name="transferline",
            name="variant",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="catalog.variant",
                verbose_name="article",
            ),
        ),
        migrations.AddIndex(
            model_name="purchaseorderline",
            index=models.Index(fields=["variant"], name="purchase_line_article"),
        ),
        migrations.AddConstraint(
            model_name="purchaseorderline",
            constraint=models.UniqueConstraint(
                fields=("order", "position"), name="purchase_line_position"
            ),
        ),
        migrations.AddConstraint(
            model_name="purchaseorderline",
            constraint=models.UniqueConstraint(
                fields=("order", "variant"), name="purchase_line_variant"
            ),
        ),
        migrations.AddConstraint(
            model_name="purchaseorderline",
            constraint=models.CheckConstraint(
                condition=models.Q(("quantity__gt", 0)), name="purchase_line_quantity"
            ),
        ),
        migrations.AddConstraint(
            model_name="purchaseorderline",
            constraint=models.CheckConstraint(
                condition=models.Q(("damaged__lte", models.F("received"))),
                name="purchase_line_damaged",
            ),
        ),
        migrations.AddConstraint(
            model_name="countline",
            constraint=models.UniqueConstraint(
                fields=("count", "variant"), name="count_line_unique"
            ),
        ),
        migrations.AddConstraint(
            model_name="countline",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("book__isnull", True),
                        ("counted__isnull", True),
                        ("counted_at__isnull", True),
                    ),
                    models.Q(
                        ("book__isnull", False),
                        ("counted__isnull", False),
                        ("counted_at__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="count_line_whole",
            ),
        ),
        migrations.AddIndex(
            model_name="purchaseorder",
            index=models.Index(
                condition=models.Q(("status", "ordered")),
                fields=["expected_on"],
                name="purchase_order_open",
            ),
        ),
        migrations.AddConstraint(
            model_name="purchaseorder",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status", "ordered"), _negated=True),
                    ("expected_on__isnull", False),
                    _connector="OR",
                ),
                name="purchase_order_has_date",
            ),
        ),
        migrations.AddConstraint(
            model_name="proposal",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status", "open")),
                fields=("variant", "location"),
                name="proposal_open_unique",
            ),
        ),
        migrations.AddConstraint(
            model_name="proposal",
            constraint=models.CheckConstraint(
                condition=models.Q(("quantity__gt", 0)), name="proposal_quantity"
            ),
        ),
        migrations.AddConstraint(
            model_name="supplierarticle",
            constraint=models.UniqueConstraint(
                fields=("supplier", "variant"), name="supplier_article_unique"
            ),
        ),
        migrations.AddConstraint(
            model_name="supplierarticle",
            constraint=models.UniqueConstraint(
                condition=models.Q(("preferred", True)),
                fields=("variant",),
                name="supplier_article_preferred",
            ),
        ),
        migrations.AddConstraint(
            model_name="supplierarticle",
            constraint=models.CheckConstraint(
                condition=models.Q(("pack__gte", 1)), name="supplier_article_pack"
            ),
        ),
        migrations.AddIndex(
            model_name="transfer",
            index=models.Index(
                condition=models.Q(("status__in", ["requested", "sent"])),
                fields=["destination", "expected_at"],
                name="transfer_open",
            ),
        ),
        migrations.AddConstraint(
            model_name="transfer",
            constraint=models.CheckConstraint(
                condition=models.Q(("source", models.F("destination")), _negated=True),
                name="transfer_goes_somewhere",
            ),
        ),
        migrations.AddIndex(
            model_name="transferline",
            index=models.Index(
                condition=models.Q(("document", ""), _negated=True),
                fields=["document"],
                name="transfer_line_document",
            ),
        ),
        migrations.AddConstraint(
            model_name="transferline",
            constraint=models.UniqueConstraint(
                fields=("transfer", "position"), name="transfer_line_position"
            ),
        ),
        migrations.AddConstraint(
            model_name="transferline",
            constraint=models.CheckConstraint(
                condition=models.Q(("quantity__gt", 0)), name="transfer_line_quantity"
            ),
        ),
        migrations.AddConstraint(
            model_name="transferline",
            constraint=models.CheckConstraint(
                condition=models.Q(("sent__lte", models.F("quantity"))), name="transfer_line_sent"
            ),
        ),
        migrations.AddConstraint(
            model_name="transferline",
            constraint=models.CheckConstraint(
                condition=models.Q(("received__lte", models.F("sent"))),
                name="transfer_line_received",
            ),
        ),
    ]
