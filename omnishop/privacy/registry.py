"""Every field that tells something of a person: why we hold it, how long, what erasure does.

One line a field. A new field of ours stands here or in `plain.py`, or a test fails. To register
a table: say how the rows of a person are found (`of`), give each personal field its line, and
name the other fields in `rest`; a minus before a name keeps it out of a person's export.
This is the record of processing that the law asks for (GDPR article 30), and what the export and
the erasure go by: nothing else knows which tables hold people.
"""

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from omnishop.privacy.lines import (
    After,
    Basis,
    Line,
    Table,
    of_attempts,
    of_cases,
    of_messages,
    of_orders,
    of_records,
    of_signed,
    of_users,
    of_words,
)

C, A, L, LI = Basis.CONTRACT, Basis.CONSENT, Basis.LAW, Basis.INTEREST
OPINION = _("an opinion, read by staff, without a name")
LEDGER = _("a ledger, without a name")
PSEUDONYM = _("a key without a name: figures, guarantees and ledgers hang on it")
TABLES: tuple[Table, ...] = (
    # --- The person ---------------------------------------------------------------------------
    Table("customers.Customer_groups", of_records(), (Line("customer", C, "inactive"),)),
    Table(
        "customers.Household",
        lambda p: Q(people__in=p.records),
        (Line("name", C, "inactive", After.ERASE),),
        rest="created_at",
    ),
    Table(
        "customers.Customer",
        lambda p: Q(pk__in=p.records),
        (
            Line("first_name", C, "inactive", After.ERASE),
            Line("last_name", C, "inactive", After.ERASE),
            Line("birth_date", A, "inactive", After.ERASE),
            Line("postcode", C, "inactive", After.ERASE),
            Line("user", C, "inactive", After.ERASE),
            Line("number", C, "inactive", After.KEEP, PSEUDONYM),
        ),
        rest="language home_store_rule -merged_into merged_at -matched_at created_at",
    ),
    Table(
        "customers.Identity",
        of_records(),
        (Line("value", C, "inactive"), Line("verified_at", C, "inactive")),
        rest="-customer kind",
    ),
    Table(
        "customers.ImportedCustomer",
        of_records(),
        (
            Line("customer", C, "inactive", After.ERASE),
            Line(
                "key",
                L,
                "inactive",
                After.KEEP,
                _("a hash: an old file does not bring back who was forgotten"),
            ),
        ),
        rest="source opened_at read_at",
    ),
    Table(
        "customers.ConsentEvent",
        of_records(),
        (
            Line("at", L, "inactive", After.KEEP, _("proof of what was agreed to, without a name")),
            Line("source", L, "inactive", After.KEEP, _("part of the proof")),
        ),
        rest="-customer purpose channel basis text_version document actor",
    ),
    Table(
        "customers.DuplicateCandidate",
        lambda p: Q(first__in=p.records) | Q(second__in=p.records),
        (Line("evidence", LI, "duplicates"),),
        rest="-first -second status found_at decided_at -decided_by",
    ),
    Table(
        "customers.CustomerMerge",
        lambda p: Q(source__in=p.records) | Q(target__in=p.records),
        (Line("reason", LI, "inactive", After.ERASE),),
        rest="-source -target -moved -by at undone_at -undone_by",
    ),
    Table(
        "customers.Message",
        of_messages,
        (
            Line("to", C, "messages", After.ERASE),
            Line("context", C, "messages", After.ERASE),
            Line("subject", C, "messages", After.ERASE),
            Line("headers", C, "messages", After.ERASE),
        ),
        rest="-key -customer purpose channel template language document status reason queued_at"
        " due_at sent_at clicked_at",
    ),
    Table(
        "customers.PushDevice",
        of_records(),
        (Line("endpoint", A, "inactive"), Line("name", A, "inactive")),
        rest="-customer -p256dh -auth created_at gone_at",
    ),
    Table("customers.MatchKey", of_records(), (Line("key", LI, "inactive"),), rest="-customer"),
    Table(
        "customers.Visit",
        of_records(),
        (Line("day", LI, "visits"), Line("first_at", LI, "visits"), Line("last_at", LI, "visits")),
        rest="-customer channel",
    ),
    Table(
        "customers.CaseAttachment",
        of_cases("entry__case__"),
        (Line("name", C, "inactive"), Line("file", C, "inactive")),
        rest="kind",
    ),
    Table(
        "customers.CaseEntry",
        of_cases("case__"),
        (
            Line("text", C, "inactive", After.ERASE),
            Line("data", C, "inactive", After.ERASE),
            Line("sender", C, "inactive", After.ERASE),
            Line("message_id", C, "inactive", After.ERASE),
            Line("in_reply_to", C, "inactive", After.ERASE),
        ),
        rest="kind side channel -internal what -actor -key at",
    ),
    Table(
        "customers.Case",
        of_cases(""),
        (
            Line("subject", C, "inactive", After.ERASE),
            Line("name", C, "inactive", After.ERASE),
            Line("email", C, "inactive", After.ERASE),
            Line("phone", C, "inactive", After.ERASE),
            Line("customer", C, "inactive", After.KEEP, PSEUDONYM),
        ),
        rest="number -token language channel status document -assignee due_at opened_at last_at"
        " solved_at",
    ),
    # --- What they say of articles ------------------------------------------------------------
    Table(
        "catalog.Review",
        of_words,
        (
            Line("author", LI, "inactive", After.PSEUDONYM),
            Line("customer_number", LI, "inactive", After.ERASE),
            Line(
                "text", LI, "inactive", After.KEEP, _("an opinion, read by staff, without a name")
            ),
            Line(
                "title", LI, "inactive", After.KEEP, _("an opinion, read by staff, without a name")
            ),
        ),
        rest="language status reason written_at decided_at -decided_by document channel"
        " received_on answer answered_at -answered_by told_at",
    ),
    Table(
        "catalog.Question",
        of_signed,
        (
            Line("author", LI, "inactive", After.PSEUDONYM),
            Line("customer_number", LI, "inactive", After.ERASE),
            Line(
                "text", LI, "inactive", After.KEEP, _("an opinion, read by staff, without a name")
            ),
        ),
        rest="language status reason written_at decided_at -decided_by -key",
    ),
    Table(
        "catalog.Answer",
        of_words,
        (
            Line("author", LI, "inactive", After.PSEUDONYM),
            Line("customer_number", LI, "inactive", After.ERASE),
            Line(
                "text", LI, "inactive", After.KEEP, _("an opinion, read by staff, without a name")
            ),
        ),
        rest="language status reason written_at decided_at -decided_by document",
    ),
    Table(
        "catalog.Coupon",
        lambda p: Q(holder__in=p.numbers),
        (Line("holder", C, "inactive", After.KEEP, PSEUDONYM),),
        rest="code valid_from valid_to",
    ),
    Table(
        "catalog.CouponUse",
        lambda p: Q(document__in=p.documents),
        (Line("person", C, "inactive", After.PSEUDONYM),),
        rest="document at released_at",
    ),
    # --- Loyalty ------------------------------------------------------------------------------
    Table(
        "loyalty.Account",
        of_records(),
        (Line("joined_at", C, "inactive", After.KEEP, PSEUDONYM),),
        rest="-customer tier_due_at",
    ),
    Table(
        "loyalty.TierChange",
        of_records("account__customer"),
        (Line("at", C, "inactive", After.KEEP, LEDGER),),
        rest="before after",
    ),
    Table(
        "loyalty.PointsGift",
        lambda p: Q(sender__customer__in=p.records) | Q(receiver__customer__in=p.records),
        (Line("at", C, "inactive", After.KEEP, LEDGER),),
        rest="number status expires_at closed_at",
    ),
    Table(
        "loyalty.Correction",
        of_records("account__customer"),
        (Line("reason", C, "inactive", After.ERASE),),
        rest="reference status -actor at -decided_by decided_at",
    ),
    Table(
        "loyalty.RewardIssue",
        of_records("account__customer"),
        (Line("reason", C, "inactive", After.ERASE),),
        rest="status name reference -actor at issued_at cancelled_at expires_at",
    ),
    Table(
        "loyalty.PointsLot",
        of_records("account__customer"),
        (Line("origin", C, "inactive", After.KEEP, LEDGER),),
        rest="document channel earned_at available_at expires_at",
    ),
    Table(
        "loyalty.PointsEntry",
        of_records("account__customer"),
        (Line("at", C, "inactive", After.KEEP, LEDGER),),
        rest="kind document channel -actor -idempotency_key",
    ),
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
        "orders.StockAlert",
        lambda p: Q(customer__in=p.records) | Q(email__in=p.emails),
        (Line("email", A, "alerts"), Line("customer", A, "alerts")),
        rest="-token language status reason asked_at confirmed_at expires_at closed_at",
    ),
    Table(
        "orders.PriceDrop",
        of_records("item__wish_list__customer"),
        (Line("found_at", A, "inactive"),),
        rest="status reason decided_at",
    ),
    Table(
        "orders.WishItem",
        of_records("wish_list__customer"),
        (Line("note", C, "inactive"), Line("added_at", C, "inactive")),
        rest="removed_at",
    ),
    Table(
        "orders.WishList",
        of_records(),
        (Line("name", C, "inactive"), Line("shown_name", C, "inactive")),
        rest="-customer -token created_at changed_at",
    ),
    Table(
        "orders.BasketLine",
        lambda p: (
            Q(basket__customer__in=p.records, basket__orders__isnull=True)
            | Q(basket__email__in=p.emails, basket__orders__isnull=True)
        ),
        (Line("added_at", C, "baskets"),),
        rest="discount_reason handover",
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
        "orders.PriceDrop",
        of_records("item__wish_list__customer"),
        (Line("found_at", C, "inactive"),),
        rest="-item -variant status reason decided_at -message",
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
        (Line("email", C, "inactive"), Line("asked_at", C, "inactive")),
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
        rest="kind sku discount_reason contract_place",
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
    # --- Sign-in ------------------------------------------------------------------------------
    Table(
        "network.User",
        lambda p: Q(pk__in=p.users),
        (
            Line("email", C, "inactive"),
            Line("first_name", C, "inactive"),
            Line("last_name", C, "inactive"),
            Line("last_login", C, "inactive"),
            Line("date_joined", C, "inactive"),
        ),
        rest="-password",
    ),
    Table("account.EmailAddress", of_users(), (Line("email", C, "inactive"),), foreign=True),
    Table("mfa.Authenticator", of_users(), (Line("created_at", C, "inactive"),), foreign=True),
    Table(
        "admin.LogEntry",
        lambda p: Q(
            content_type__app_label="customers",
            content_type__model="customer",
            object_id__in=p.pairs,
        ),
        (Line("object_repr", LI, "inactive", After.ERASE),),
        foreign=True,
    ),
    *(
        Table(
            f"axes.{name}",
            of_attempts,
            (
                Line("username", LI, "sign_ins"),
                Line("ip_address", LI, "sign_ins"),
                Line("user_agent", LI, "sign_ins"),
                Line("attempt_time", LI, "sign_ins"),
            ),
            foreign=True,
        )
        for name in ("AccessAttempt", "AccessFailureLog", "AccessLog")
    ),
    # --- Privacy itself -----------------------------------------------------------------------
    Table(
        "privacy.ExportRequest",
        of_records(),
        (
            Line("json", L, "exports"),
            Line("pdf", L, "exports"),
            Line("proof", L, "exports"),
        ),
        rest="-customer status source -actor asked_at ready_at expires_at fetched_at",
    ),
    Table(
        "privacy.ErasureRequest",
        of_records(),
        (
            Line("proof", L, "inactive", After.ERASE),
            Line("asked_at", L, "inactive", After.KEEP, _("proof that we did what was asked")),
        ),
        rest="-customer status source -actor next_at erased_at done_at waiting result",
    ),
    Table(
        "privacy.RetentionNotice",
        of_records(),
        (Line("last_act_at", L, "inactive", After.KEEP, _("proof that we did what was asked")),),
        rest="-customer status told_at erase_on decided_at",
    ),
    Table(
        "privacy.ArchivedInvoice",
        lambda p: Q(document__in=p.documents),
        (Line("data", L, "archive", After.KEEP, _("accounts are kept ten years, apart")),),
        rest="document dated_on keep_until archived_at",
    ),
)


def table(model: str) -> Table:
    """The entry of a model, by its label. Raises KeyError."""
    return {entry.model: entry for entry in TABLES}[model]
