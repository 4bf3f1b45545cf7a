"""The registry's lines about what people want, bought and gave back."""

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from omnishop.privacy.lines import LI, PSEUDONYM, A, After, C, L, Line, Table, of_orders, of_records

PURCHASES: tuple[Table, ...] = (
    # --- What they bought ---------------------------------------------------------------------
    Table(
        "orders.Relaunch",
        lambda p: Q(customer__in=p.records) | Q(basket__customer__in=p.records),
        (
            Line("facts", C, "inactive", After.ERASE),
            Line("customer", C, "inactive", After.KEEP, PSEUDONYM),
        ),
        rest="-document status reason due_at decided_at since dropped coupon -code",
    ),
    Table(
        "orders.Attribution",
        of_orders(),
        (Line("touched_at", LI, "inactive", After.KEEP, PSEUDONYM),),
        rest="touch found_at",
    ),
    Table(
        "orders.SnapshotMember",
        of_records(),
        (Line("customer", LI, "inactive"),),
        rest="-snapshot",
    ),
    Table(
        "orders.GroupChange",
        of_records(),
        (Line("customer", LI, "inactive"),),
        rest="segment at",
    ),
    Table(
        "orders.CustomerValue",
        of_records(),
        (
            Line("customer", LI, "inactive"),
            Line("first_on", LI, "inactive"),
            Line("last_on", LI, "inactive"),
            Line("last_by_channel", LI, "inactive"),
            Line("expected_on", LI, "inactive"),
        ),
        rest="computed_at",
    ),
    Table(
        "orders.BasketLine",
        lambda p: (
            Q(basket__customer__in=p.records, basket__orders__isnull=True)
            | Q(basket__email__in=p.emails, basket__orders__isnull=True)
        ),
        (Line("added_at", C, "baskets"),),
        rest="discount_reason handover label",
    ),
    Table(
        "orders.Basket",
        lambda p: (
            Q(customer__in=p.records) & (Q(orders__isnull=True) | Q(orders__in=p.orders))
            | Q(orders__in=p.orders)
            | Q(email__in=p.emails, orders__isnull=True)
        ),
        (
            Line("email", C, "baskets", After.ERASE),
            Line("held_label", C, "baskets", After.ERASE),
            Line("customer", C, "baskets", After.ERASE),
            Line("coupons", C, "baskets", After.ERASE),
        ),
        rest="-token channel status language decided_at created_at changed_at",
    ),
    Table(
        "orders.WishItem",
        of_records("wish_list__customer"),
        (Line("note", C, "inactive"), Line("added_at", C, "inactive")),
        rest="-wish_list product variant removed_at -taken",
    ),
    Table(
        "orders.WishList",
        of_records(),
        (Line("name", C, "inactive"), Line("shown_name", C, "inactive")),
        rest="-customer -token created_at changed_at",
    ),
    Table(
        "orders.StockAlert",
        lambda p: Q(customer__in=p.records) | Q(email__in=p.emails),
        (Line("email", A, "alerts"), Line("asked_at", A, "alerts")),
        rest="-customer -token variant store language status reason confirmed_at expires_at"
        " closed_at -message",
    ),
    Table(
        "orders.Order",
        lambda p: Q(pk__in=p.orders),
        (
            Line("name", L, "archive", After.ARCHIVE),
            Line("email", C, "inactive", After.ERASE),
            Line("phone", C, "inactive", After.ERASE),
            Line("fingerprint", C, "inactive", After.ERASE),
            Line("customer", C, "inactive", After.KEEP, PSEUDONYM),
        ),
        rest="number -token channel status language currency placed_at paid_at sold_on"
        " hold_expires_at -source_key",
    ),
    Table(
        "orders.Fulfilment",
        of_orders(),
        (
            Line("address", L, "archive", After.ARCHIVE),
            Line("collector", C, "inactive", After.ERASE),
            Line("handed_to", C, "inactive", After.ERASE),
            Line("tracking", C, "inactive", After.ERASE),
            Line("tracking_link", C, "inactive", After.ERASE),
        ),
        rest="kind status promised_at first_promised_at hold_until picked_at ready_at closed_at"
        " carrier delivered_at -shelf -picker -picker_until -sourcing",
    ),
    Table(
        "orders.OrderLine",
        of_orders(),
        (Line("name", L, "archive", After.KEEP, _("what was sold: accounts, without a name")),),
        rest="kind sku label discount_reason contract_place",
    ),
    Table(
        "orders.RefundClaim",
        of_orders(),
        (Line("iban", C, "inactive", After.ERASE),),
        rest="label claim_by status reason claimed_at settled_at",
    ),
    Table(
        "orders.Withdrawal",
        lambda p: Q(order__in=p.orders) | Q(email__in=p.emails, order__isnull=True),
        (
            Line("name", L, "archive", After.ARCHIVE),
            Line("email", L, "archive", After.ARCHIVE),
            Line("lines", L, "archive", After.ARCHIVE),
            Line("order_number", L, "archive", After.ARCHIVE),
        ),
        rest="reference received_at",
    ),
    Table(
        "orders.Payment",
        of_orders(),
        (Line("reference", L, "archive", After.KEEP, _("to find the payment at the bank")),),
        rest="method status provider refusal created_at settled_at checked_at",
    ),
    Table(
        "orders.Return",
        of_orders(),
        (Line("reason", L, "archive", After.KEEP, _("what was taken back: accounts")),),
        rest="number kind -actor business_on at -source_key",
    ),
)
