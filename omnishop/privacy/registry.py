"""Every field that tells something of a person: why we hold it, how long, what erasure does.

One line a field. A new field of ours stands here or in `plain.py`, or a test fails. To register
a table: say how the rows of a person are found (`of`), give each personal field its line, and
name the other fields in `rest`; a minus before a name keeps it out of a person's export.
This is the record of processing that the law asks for (GDPR article 30), and what the export and
the erasure go by: nothing else knows which tables hold people.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from omnishop.privacy.person import Person


class Basis(models.TextChoices):
    """Why the law lets us hold it (GDPR article 6)."""

    CONTRACT = "contract", _("contract")
    CONSENT = "consent", _("consent")
    LAW = "law", _("legal obligation")
    INTEREST = "interest", _("legitimate interest")


class After(models.TextChoices):
    """What erasure does with a field."""

    ROW = "row", _("deleted with its row")
    ERASE = "erase", _("emptied")
    PSEUDONYM = "pseudonym", _("replaced by a pseudonym")
    ARCHIVE = "archive", _("moved to the restricted archive")
    KEEP = "keep", _("kept")


@dataclass(frozen=True, slots=True)
class Line:
    """One field of a person."""

    field: str
    basis: Basis
    period: str  # code of a rule, see rules.py
    after: After = After.ROW
    why: Any = ""  # it is kept


@dataclass(frozen=True, slots=True)
class Table:
    """A model that holds rows of people."""

    model: str
    of: Callable[[Person], Q]
    lines: tuple[Line, ...]
    rest: str = ""
    foreign: bool = False  # of a package: its other fields are its own affair

    @property
    def cls(self) -> type[models.Model]:
        return apps.get_model(self.model)

    @property
    def deletes(self) -> bool:
        """Whether erasure deletes the rows."""
        return any(line.after == After.ROW for line in self.lines)

    @property
    def exported(self) -> list[str]:
        """The fields that a person's copy shows."""
        hidden = {name[1:] for name in self.rest.split() if name.startswith("-")}
        known = [line.field for line in self.lines]
        known += [name for name in self.rest.split() if not name.startswith("-")]
        order = [f.name for f in self.cls._meta.get_fields() if f.concrete]
        if not self.foreign:  # numbers, sums, yes and no tell of the person too
            known += [
                f.name
                for f in self.cls._meta.concrete_fields
                if not f.primary_key and not f.is_relation and f.name not in hidden
            ]
        return sorted(set(known), key=order.index)


def _records(way: str = "customer") -> Callable[[Person], Q]:
    return lambda p: Q(**{f"{way}__in": p.records})


def _orders(way: str = "order") -> Callable[[Person], Q]:
    return lambda p: Q(**{f"{way}__in": p.orders})


def _users(way: str = "user") -> Callable[[Person], Q]:
    return lambda p: Q(**{f"{way}__in": p.users})


def _messages(p: Person) -> Q:
    """Messages to the person or their addresses, but those about orders that are left out."""
    theirs = Q(customer__in=p.records) | Q(to__in=p.emails) | Q(document__in=p.documents)
    for number in p.held:
        theirs &= ~Q(document__startswith=number)
    return theirs


def _tried(p: Person) -> Q:
    """Sign-ins under the person's addresses, however they were typed."""
    found = Q(pk__in=[])
    for email in p.emails:
        found |= Q(username__iexact=email)
    return found


def _wrote(p: Person) -> Q:
    """Words signed by the person, or about what they bought."""
    return Q(customer_number__in=p.numbers) | Q(document__in=p.documents)


def _signed(p: Person) -> Q:
    return Q(customer_number__in=p.numbers)


C, A, L, LI = Basis.CONTRACT, Basis.CONSENT, Basis.LAW, Basis.INTEREST
OPINION = _("an opinion, read by staff, without a name")
PSEUDONYM = _("a key without a name: figures, guarantees and ledgers hang on it")
TABLES: tuple[Table, ...] = (
    # --- The person ---------------------------------------------------------------------------
    Table("customers.Customer_groups", _records(), (Line("customer", C, "inactive"),)),
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
        rest="language home_store_rule -merged_into merged_at created_at",
    ),
    Table(
        "customers.Identity",
        _records(),
        (Line("value", C, "inactive"), Line("verified_at", C, "inactive")),
        rest="-customer kind",
    ),
    Table(
        "customers.ConsentEvent",
        _records(),
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
        _messages,
        (
            Line("to", C, "messages", After.ERASE),
            Line("context", C, "messages", After.ERASE),
            Line("subject", C, "messages", After.ERASE),
        ),
        rest="-key -customer purpose template language document status reason queued_at due_at"
        " sent_at",
    ),
    Table(
        "customers.Visit",
        _records(),
        (Line("day", LI, "visits"), Line("first_at", LI, "visits"), Line("last_at", LI, "visits")),
        rest="-customer channel",
    ),
    # --- What they say of articles ------------------------------------------------------------
    Table(
        "catalog.Review",
        _wrote,
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
        _signed,
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
        _wrote,
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
        _records(),
        (Line("joined_at", C, "inactive", After.KEEP, PSEUDONYM),),
        rest="-customer",
    ),
    Table(
        "loyalty.PointsLot",
        _records("account__customer"),
        (Line("origin", C, "inactive", After.KEEP, _("a ledger, without a name")),),
        rest="document channel earned_at available_at expires_at",
    ),
    Table(
        "loyalty.PointsEntry",
        _records("account__customer"),
        (Line("at", C, "inactive", After.KEEP, _("a ledger, without a name")),),
        rest="kind document channel -actor -idempotency_key",
    ),
    # --- What they bought ---------------------------------------------------------------------
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
        _records("item__wish_list__customer"),
        (Line("found_at", C, "inactive"),),
        rest="-item -variant status reason decided_at -message",
    ),
    Table(
        "orders.WishItem",
        _records("wish_list__customer"),
        (Line("note", C, "inactive"), Line("added_at", C, "inactive")),
        rest="-wish_list product variant removed_at -taken",
    ),
    Table(
        "orders.WishList",
        _records(),
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
        _orders(),
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
        _orders(),
        (Line("name", L, "archive", After.KEEP, _("what was sold: accounts, without a name")),),
        rest="kind sku discount_reason contract_place",
    ),
    Table(
        "orders.RefundClaim",
        _orders(),
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
        _orders(),
        (Line("reference", L, "archive", After.KEEP, _("to find the payment at the bank")),),
        rest="method status provider refusal created_at settled_at checked_at",
    ),
    Table(
        "orders.Return",
        _orders(),
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
    Table("account.EmailAddress", _users(), (Line("email", C, "inactive"),), foreign=True),
    Table("mfa.Authenticator", _users(), (Line("created_at", C, "inactive"),), foreign=True),
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
            _tried,
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
        _records(),
        (
            Line("json", L, "exports"),
            Line("pdf", L, "exports"),
            Line("proof", L, "exports"),
        ),
        rest="-customer status source -actor asked_at ready_at expires_at fetched_at",
    ),
    Table(
        "privacy.ErasureRequest",
        _records(),
        (
            Line("proof", L, "inactive", After.ERASE),
            Line("asked_at", L, "inactive", After.KEEP, _("proof that we did what was asked")),
        ),
        rest="-customer status source -actor next_at erased_at done_at waiting result",
    ),
    Table(
        "privacy.RetentionNotice",
        _records(),
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
