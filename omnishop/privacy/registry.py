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
    LEDGER,
    LI,
    PSEUDONYM,
    A,
    After,
    C,
    L,
    Line,
    Table,
    of_attempts,
    of_cases,
    of_messages,
    of_records,
    of_signed,
    of_users,
    of_words,
)
from omnishop.privacy.purchases import PURCHASES

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
        (
            Line("value", C, "inactive"),
            Line("verified_at", C, "inactive"),
            Line("unreachable_since", C, "inactive"),
        ),
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
            Line("carrier_id", C, "messages", After.ERASE),
            Line("arrival_note", C, "messages", After.ERASE),
        ),
        rest="-key -customer purpose channel template language document status reason queued_at"
        " due_at sent_at clicked_at arrival arrival_at",
    ),
    Table(
        "customers.PushDevice",
        of_records(),
        (
            Line("endpoint", A, "inactive"),
            Line("name", A, "inactive"),
            Line("last_used_at", A, "inactive"),
        ),
        rest="-customer -p256dh -auth created_at",
    ),
    Table("customers.MatchKey", of_records(), (Line("key", LI, "inactive"),), rest="-customer"),
    Table(
        "customers.Visit",
        of_records(),
        (Line("day", LI, "visits"), Line("first_at", LI, "visits"), Line("last_at", LI, "visits")),
        rest="-customer channel",
    ),
    # --- What they asked of us ----------------------------------------------------------------
    Table(
        "customers.CaseAttachment",
        of_cases("entry__case__"),
        (Line("name", C, "cases"), Line("file", C, "cases")),
        rest="kind",
    ),
    Table(
        "customers.CaseEntry",
        of_cases("case__"),
        (
            Line("text", C, "cases", After.ERASE),
            Line("data", C, "cases", After.ERASE),
            Line("sender", C, "cases", After.ERASE),
            Line("message_id", C, "cases", After.ERASE),
            Line("in_reply_to", C, "cases", After.ERASE),
        ),
        rest="kind side channel -internal what -actor -key at",
    ),
    Table(
        "customers.Case",
        of_cases(""),
        (
            Line("subject", C, "cases", After.ERASE),
            Line("name", C, "cases", After.ERASE),
            Line("email", C, "cases", After.ERASE),
            Line("phone", C, "cases", After.ERASE),
            Line("customer", C, "cases", After.KEEP, PSEUDONYM),
        ),
        rest="number -token language channel status -assignee document due_at opened_at last_at"
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
    *PURCHASES,
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
