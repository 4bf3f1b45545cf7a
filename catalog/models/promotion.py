"""Promotions and coupons; `catalog.pricing` alone applies them."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _

from catalog.models.category import Brand, Category
from catalog.models.operation import Operation
from catalog.models.product import Product, Variant


class Promotion(models.Model):
    """One advantage of an operation, and on what conditions.

    A cut for everybody without a condition is no promotion but a `PriceChange`: it is a price,
    shown as such everywhere, with its reference (PRC-1).
    """

    class Kind(models.TextChoices):
        PERCENT = "percent", _("percentage off")
        AMOUNT = "amount", _("amount off the whole")
        UNIT_AMOUNT = "unit_amount", _("amount off each unit")
        BUY_GET = "buy_get", _("buy some, get some")
        FIXED = "fixed", _("units for one price")
        TIERED = "tiered", _("the more, the cheaper")
        FREE_DELIVERY = "free_delivery", _("free delivery")
        GIFT = "gift", _("gift")
        REFUND = "refund", _("refund offer")  # paid back afterwards, on proof of purchase

    operation = models.ForeignKey(
        Operation, models.CASCADE, related_name="promotions", verbose_name=_("operation")
    )
    name = models.CharField(_("name"), max_length=120)  # as receipts show it
    kind = models.CharField(_("advantage"), max_length=14, choices=Kind)
    active = models.BooleanField(_("active"), default=True)

    # What it gives.
    percent_bp = models.PositiveIntegerField(_("percentage"), null=True, blank=True)  # 2000: 20 %
    amount_minor = models.PositiveIntegerField(_("amount"), null=True, blank=True)
    buy_units = models.PositiveSmallIntegerField(_("units to buy"), null=True, blank=True)
    get_units = models.PositiveSmallIntegerField(_("units given"), null=True, blank=True)
    tiers = models.JSONField(_("steps"), default=list, blank=True)  # [[2, 1000], [3, 2000]]
    by_amount = models.BooleanField(_("steps are amounts"), default=False)  # else units
    gift = models.ForeignKey(
        Variant,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("gift"),
    )
    claim_days = models.PositiveSmallIntegerField(
        _("days to claim a refund"), null=True, blank=True
    )

    # On which articles; nothing chosen is all of them.
    products = models.ManyToManyField(
        Product, related_name="promotions", blank=True, verbose_name=_("products")
    )
    categories = models.ManyToManyField(Category, blank=True, verbose_name=_("categories"))
    brands = models.ManyToManyField(Brand, blank=True, verbose_name=_("brands"))
    except_cut = models.BooleanField(_("not on articles with a price cut"), default=False)

    # For whom, and from how much.
    min_units = models.PositiveSmallIntegerField(_("from so many units"), null=True, blank=True)
    min_minor = models.PositiveIntegerField(_("from an amount of"), null=True, blank=True)
    groups = ArrayField(
        models.SlugField(max_length=40), default=list, blank=True, verbose_name=_("groups")
    )
    loyalty_tiers = ArrayField(
        models.SlugField(max_length=40), default=list, blank=True, verbose_name=_("loyalty tiers")
    )
    members = models.BooleanField(_("for loyalty members"), default=False)
    first_order = models.BooleanField(_("for a first order"), default=False)
    by_coupon = models.BooleanField(_("needs a code"), default=False)

    # With which others.
    stacking_group = models.SlugField(
        _("not together with others of the group"), max_length=40, blank=True, default=""
    )
    exclusive = models.BooleanField(_("with no other promotion"), default=False)
    priority = models.PositiveSmallIntegerField(_("order"), default=100)  # low comes first

    class Meta:
        verbose_name = _("promotion")
        verbose_name_plural = _("promotions")
        ordering = ["priority", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="percent", percent_bp__gt=0, percent_bp__lte=10_000)
                | Q(kind__in=["amount", "unit_amount"], amount_minor__gt=0)
                | Q(
                    kind="buy_get",
                    buy_units__gt=0,
                    get_units__gt=0,
                    percent_bp__gt=0,
                    percent_bp__lte=10_000,
                )
                | Q(kind="fixed", buy_units__gt=1, amount_minor__gt=0)
                | (Q(kind="tiered") & ~Q(tiers=[]))
                | Q(kind="free_delivery")
                | Q(kind="gift", gift__isnull=False)
                | (
                    Q(kind="refund", claim_days__gt=0)
                    & (Q(percent_bp__gt=0, percent_bp__lte=10_000) | Q(amount_minor__gt=0))
                ),
                name="promotion_value",
            )
        ]

    def __str__(self) -> str:
        return self.name


class Coupon(models.Model):
    """A code that opens a promotion: for one or for many, so many times in all and per person.

    `used` is guarded by the database: the statement that counts a use is the one that refuses it.
    """

    promotion = models.ForeignKey(
        Promotion, models.PROTECT, related_name="coupons", verbose_name=_("promotion")
    )
    code = models.CharField(_("code"), max_length=32)
    uses = models.PositiveIntegerField(_("uses in all"), null=True, blank=True)  # empty: no limit
    uses_each = models.PositiveIntegerField(_("uses per person"), null=True, blank=True)
    used = models.PositiveIntegerField(_("used"), default=0, editable=False)
    holder = models.CharField(
        _("for the customer"), max_length=12, blank=True, default=""
    )  # number of the one person who may use it
    valid_from = models.DateTimeField(_("from"), null=True, blank=True)
    valid_to = models.DateTimeField(_("until"), null=True, blank=True)

    class Meta:
        verbose_name = _("coupon")
        verbose_name_plural = _("coupons")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(Upper("code"), name="coupon_code_unique"),
            models.CheckConstraint(
                condition=Q(uses__isnull=True) | Q(used__lte=F("uses")), name="coupon_uses_kept"
            ),
        ]

    def __str__(self) -> str:
        return self.code


class CouponUse(models.Model):
    """A coupon used by a document; given back when the document is called off."""

    coupon = models.ForeignKey(Coupon, models.PROTECT, related_name="redemptions")
    document = models.CharField(_("document"), max_length=60)
    person = models.CharField(_("used by"), max_length=254)  # customer number, else e-mail address
    at = models.DateTimeField(_("at"))
    # Which of the person's uses it is, where their number is limited: two at once cannot both be
    # the last one.
    nth = models.PositiveIntegerField(_("use"), null=True, blank=True)
    released_at = models.DateTimeField(_("given back"), null=True, blank=True)

    class Meta:
        verbose_name = _("use of a coupon")
        verbose_name_plural = _("uses of coupons")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["coupon", "document"],
                name="coupon_use_once",
                condition=Q(released_at__isnull=True),
            ),
            models.UniqueConstraint(
                fields=["coupon", "person", "nth"],
                name="coupon_use_each",
                condition=Q(released_at__isnull=True),
            ),
        ]
        indexes = [models.Index(fields=["coupon", "person"]), models.Index(fields=["document"])]

    def __str__(self) -> str:
        return f"{self.coupon_id} {self.document}"


class BookVersion(models.Model):
    """Names the state of operations, promotions and sets: what a process remembers of them is
    right as long as this token is the same. Triggers write a new one at each change.
    """

    token = models.UUIDField(default=uuid.uuid4)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="book_version_single")]
