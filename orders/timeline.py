"""Everything between a person and us, of every channel, in one list (UX V2).

One statement a page, whatever its length: each kind is a branch of one query, read through the
merge pointer (DESIGN 3.5); pages go on from the last row shown.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from customers.models import Customer
from customers.selectors import records
from omnishop.kernel.language import site_language
from omnishop.network.models import Store, User
from omnishop.network.selectors import sees_all_stores

PAGE = 30


class Kind(TextChoices):
    """What a row of the list is about."""

    ORDER = "order", pgettext_lazy("timeline", "Orders")
    RECEIPT = "receipt", pgettext_lazy("timeline", "Receipts")
    RETURN = "return", pgettext_lazy("timeline", "Returns and cancellations")
    BASKET = "basket", pgettext_lazy("timeline", "Baskets")
    CASE = "case", pgettext_lazy("timeline", "Requests and calls")
    MESSAGE = "message", pgettext_lazy("timeline", "Messages")
    POINTS = "points", pgettext_lazy("timeline", "Points")
    REVIEW = "review", pgettext_lazy("timeline", "Reviews and questions")
    WISH = "wish", pgettext_lazy("timeline", "Wishes and alerts")
    CONSENT = "consent", pgettext_lazy("timeline", "Consents")
    VISIT = "visit", pgettext_lazy("timeline", "Visits")
    MERGE = "merge", pgettext_lazy("timeline", "Records joined")


class Channel(TextChoices):
    """By which way it went."""

    WEB = "web", pgettext_lazy("timeline", "Site")
    SHOP = "till", pgettext_lazy("timeline", "Shop")
    PHONE = "phone", pgettext_lazy("timeline", "Telephone")
    EMAIL = "email", pgettext_lazy("timeline", "E-mail")
    SMS = "sms", _("SMS")
    OTHER = "other", pgettext_lazy("timeline", "Other")


STAFF_ONLY = {Kind.MERGE}

# A branch gives at, id, channel, store, data; %(who)s are the person's records. What is another
# store's is left out for staff of some stores: the rule of `Order.visible_to`.
_ORDER_SEEN = """(%(every)s OR o.store_id = ANY(%(stores)s) OR EXISTS (
    SELECT 1 FROM orders_orderline l
     WHERE l.order_id = o.id AND l.collecting_store_id = ANY(%(stores)s)))"""
_BRANCHES: dict[str, tuple[str, ...]] = {
    Kind.ORDER: (
        f"""SELECT o.placed_at, o.id, o.channel, o.store_id, jsonb_build_object(
              'number', o.number, 'token', o.token, 'status', o.status, 'total', o.total_minor,
              'currency', o.currency)
            FROM orders_order o WHERE o.customer_id = ANY(%(who)s) AND {_ORDER_SEEN}
             AND (%(staff)s OR o.status <> 'awaiting_payment')""",  # noqa: S608  our constants
    ),
    Kind.RECEIPT: (
        f"""SELECT r.issued_at, r.id, 'till', t.store_id, jsonb_build_object(
              'number', o.number, 'token', o.token, 'total', r.total_minor,
              'currency', r.currency, 'receipt', s.code || '-' || t.number || '-'
              || lpad(r.sequence::text, 6, '0'))
            FROM orders_receipt r JOIN orders_order o ON o.id = r.order_id
            JOIN network_till t ON t.id = r.till_id JOIN network_store s ON s.id = t.store_id
           WHERE o.customer_id = ANY(%(who)s) AND {_ORDER_SEEN}""",  # noqa: S608  our constants
    ),
    Kind.RETURN: (
        f"""SELECT r.at, r.id, CASE WHEN r.till_id IS NULL THEN o.channel ELSE 'till' END,
              r.store_id, jsonb_build_object('number', o.number, 'token', o.token,
              'document', r.number, 'what', r.kind, 'total', r.total_minor,
              'currency', o.currency, 'reason', r.reason)
            FROM orders_return r JOIN orders_order o ON o.id = r.order_id
           WHERE o.customer_id = ANY(%(who)s) AND {_ORDER_SEEN}""",  # noqa: S608  our constants
    ),
    Kind.BASKET: (
        """SELECT b.changed_at, b.id, b.channel, b.store_id, jsonb_build_object(
              'status', b.status, 'units', x.units, 'first', x.first)
            FROM orders_basket b CROSS JOIN LATERAL (
              SELECT sum(l.quantity) AS units, min(p.name_fr) AS first FROM orders_basketline l
                JOIN catalog_variant v ON v.id = l.variant_id
                JOIN catalog_product p ON p.id = v.product_id WHERE l.basket_id = b.id) x
           WHERE b.customer_id = ANY(%(who)s) AND b.status IN ('open', 'proposed', 'later')
             AND x.units > 0""",
    ),
    Kind.CASE: (
        """SELECT e.at, e.id, CASE e.channel WHEN 'form' THEN 'web' WHEN 'chat' THEN 'web'
              WHEN 'shop' THEN 'till' ELSE e.channel END, k.store_id,
              jsonb_build_object('number', coalesce(m.number, k.number), 'token',
              coalesce(m.token, k.token), 'subject', k.subject, 'side', e.side,
              'internal', e.internal, 'text', left(e.text, 160), 'by', e.channel)
            FROM customers_case k JOIN customers_caseentry e ON e.case_id = k.id
            LEFT JOIN customers_case m ON m.id = k.merged_into_id
           WHERE coalesce(m.customer_id, k.customer_id) = ANY(%(who)s) AND e.kind = 'message'
             AND (%(staff)s OR NOT e.internal)
             AND (%(every)s OR k.store_id = ANY(%(stores)s) OR k.assignee_id = %(user)s)""",
    ),
    Kind.MESSAGE: (
        # What a case said stands in it; its mail is shown when it did not leave.
        """SELECT coalesce(m.sent_at, m.queued_at), m.id, m.channel, NULL::bigint,
              jsonb_build_object('subject', m.subject, 'template', m.template,
              'context', CASE WHEN m.subject = '' THEN m.context END,
              'status', m.status, 'reason', m.reason, 'purpose', m.purpose, 'arrival', m.arrival,
              'document', m.document)
            FROM customers_message m
           WHERE m.customer_id = ANY(%(who)s) AND (%(staff)s OR m.status = 'sent')
             AND (m.template NOT LIKE 'case\\_%%' OR m.status NOT IN ('sent', 'queued'))""",
        """SELECT coalesce(r.decided_at, r.due_at), -r.id, 'email', NULL::bigint,
              jsonb_build_object('relaunch', true, 'status', r.status, 'reason', r.reason)
            FROM orders_relaunch r
           WHERE %(staff)s AND r.status IN ('withheld', 'held_out') AND r.id IN (
             SELECT id FROM orders_relaunch WHERE customer_id = ANY(%(who)s)
             UNION SELECT x.id FROM orders_relaunch x JOIN orders_basket b ON b.id = x.basket_id
                    WHERE b.customer_id = ANY(%(who)s))""",
    ),
    Kind.POINTS: (
        """SELECT e.at, max(e.id), e.channel, NULL::bigint, jsonb_build_object('what', e.kind,
              'points', sum(e.delta), 'document', e.document,
              'origin', max(l.origin) FILTER (WHERE e.kind = 'correction'))
            FROM loyalty_account a JOIN loyalty_pointsentry e ON e.account_id = a.id
            LEFT JOIN loyalty_pointslot l ON l.id = e.lot_id
           WHERE a.customer_id = ANY(%(who)s) GROUP BY a.id, e.at, e.kind, e.document, e.channel""",
    ),
    Kind.REVIEW: (
        """SELECT r.written_at, r.id, r.channel, NULL::bigint, jsonb_build_object(
              'product', p.name_fr, 'slug', p.slug, 'rating', r.rating, 'status', r.status)
            FROM catalog_review r JOIN catalog_product p ON p.id = r.product_id
           WHERE r.customer_number = ANY(%(numbers)s)""",
        """SELECT q.written_at, -q.id, 'web', NULL::bigint, jsonb_build_object(
              'product', p.name_fr, 'slug', p.slug, 'rating', NULL, 'status', q.status)
            FROM catalog_question q JOIN catalog_product p ON p.id = q.product_id
           WHERE q.customer_number = ANY(%(numbers)s)""",
    ),
    Kind.WISH: (
        """SELECT i.added_at, i.id, 'web', NULL::bigint, jsonb_build_object('product', p.name_fr,
              'slug', p.slug, 'list', w.name, 'removed', i.removed_at IS NOT NULL)
            FROM orders_wishlist w JOIN orders_wishitem i ON i.wish_list_id = w.id
            JOIN catalog_product p ON p.id = i.product_id
           WHERE w.customer_id = ANY(%(who)s)""",
        """SELECT a.asked_at, -a.id, 'web', a.store_id, jsonb_build_object('product', p.name_fr,
              'slug', p.slug, 'alert', true, 'status', a.status, 'reason', a.reason)
            FROM orders_stockalert a JOIN catalog_variant v ON v.id = a.variant_id
            JOIN catalog_product p ON p.id = v.product_id
           WHERE a.customer_id = ANY(%(who)s)
             AND (%(every)s OR a.store_id IS NULL OR a.store_id = ANY(%(stores)s))""",
    ),
    Kind.CONSENT: (
        """SELECT c.at, c.id, CASE WHEN c.source LIKE 'till%%' THEN 'till' ELSE 'web' END,
              NULL::bigint, jsonb_build_object('purpose', c.purpose, 'by', c.channel,
              'granted', c.granted, 'source', c.source)
            FROM customers_consentevent c WHERE c.customer_id = ANY(%(who)s)""",
    ),
    Kind.VISIT: (
        """SELECT v.first_at, v.id, v.channel, v.store_id, '{}'::jsonb
            FROM customers_visit v WHERE v.customer_id = ANY(%(who)s)
             AND (%(every)s OR v.store_id IS NULL OR v.store_id = ANY(%(stores)s))""",
    ),
    Kind.MERGE: (
        """SELECT g.at, g.id, 'other', NULL::bigint, jsonb_build_object(
              'source', s.number, 'target', t.number, 'reason', g.reason, 'undone', false)
            FROM customers_customermerge g JOIN customers_customer s ON s.id = g.source_id
            JOIN customers_customer t ON t.id = g.target_id
           WHERE g.source_id = ANY(%(who)s) OR g.target_id = ANY(%(who)s)""",
        """SELECT g.undone_at, -g.id, 'other', NULL::bigint, jsonb_build_object(
              'source', s.number, 'target', t.number, 'reason', '', 'undone', true)
            FROM customers_customermerge g JOIN customers_customer s ON s.id = g.source_id
            JOIN customers_customer t ON t.id = g.target_id
           WHERE g.undone_at IS NOT NULL
             AND (g.source_id = ANY(%(who)s) OR g.target_id = ANY(%(who)s))""",
    ),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One contact."""

    at: datetime
    kind: str
    id: int
    channel: str
    store: str
    data: dict[str, Any]

    @property
    def cursor(self) -> str:
        """Where the next page goes on."""
        text = f"{self.at.isoformat()}|{self.kind}|{self.id}"
        return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def after(cursor: str) -> tuple[datetime, str, int] | None:
    """The row that a cursor names; none for what is no cursor."""
    try:
        text = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        at, kind, pk = text.split("|")
        found = datetime.fromisoformat(at), kind, int(pk)
    except ValueError:
        return None
    return found if found[0].tzinfo and "\x00" not in kind and abs(found[2]) < 2**62 else None


def _branch(kind: str, branch: str) -> str:
    """A branch with its kind, and only ways that have a name."""
    return f"""SELECT '{kind}', b.at, b.id, CASE WHEN b.channel = ANY(%(ways)s)
        THEN b.channel ELSE 'other' END, b.store_id, b.data
        FROM ({branch}) AS b (at, id, channel, store_id, data)"""  # noqa: S608  our constants


def rows(
    person: Customer,
    *,
    viewer: User | AnonymousUser | None,
    kinds: Iterable[str] = (),
    channels: Iterable[str] = (),
    cursor: str = "",
    size: int = PAGE,
) -> tuple[list[Row], str]:
    """A page of a live person's contacts, newest first, and where the next one goes on.

    `viewer` is the member of staff who reads, within their stores; None is the person, who gets
    what is theirs: no notes among staff. Two statements; three for staff of some stores.
    """
    staff = viewer is not None
    allowed = set(Kind.values) if staff else set(Kind.values) - STAFF_ONLY
    wanted = set(kinds) & allowed or allowed
    every = viewer is None or sees_all_stores(viewer)
    stores: list[int] = []
    if viewer is not None and not every:
        stores = list(Store.objects.visible_to(viewer).values_list("pk", flat=True))
    known = list(records(person.pk).values_list("pk", "number"))
    name = f"coalesce(nullif(p.name_{site_language()}, ''), p.name_fr)"
    branches = [
        _branch(kind, branch.replace("p.name_fr", name))
        for kind in Kind.values
        if kind in wanted
        for branch in _BRANCHES[kind]
    ]
    start = after(cursor) if cursor else None
    chosen = sorted(set(channels) & set(Channel.values))
    condition = "AND t.channel = ANY(%(channels)s) " if chosen else ""
    condition += "AND (t.at, t.kind, t.id) < (%(at)s, %(kind)s, %(id)s)" if start else ""
    query = f"""
        SELECT t.at, t.kind, t.id, t.channel, coalesce(s.name, ''), t.data
          FROM ({" UNION ALL ".join(branches)}) AS t (kind, at, id, channel, store_id, data)
          LEFT JOIN network_store s ON s.id = t.store_id
         WHERE true {condition}
         ORDER BY t.at DESC, t.kind DESC, t.id DESC LIMIT %(size)s"""  # noqa: S608  our constants
    values = {
        "who": [pk for pk, _number in known],
        "numbers": [number for _pk, number in known],
        "every": every,
        "staff": staff,
        "stores": stores,
        "user": getattr(viewer, "pk", None),
        "channels": chosen,
        "ways": Channel.values,
        "size": size + 1,
    }
    if start:
        values |= {"at": start[0], "kind": start[1], "id": start[2]}
    with connection.cursor() as database:
        database.execute(query, values)
        found = [
            Row(at, kind, pk, channel, store, json.loads(data))  # Django gives jsonb as text
            for at, kind, pk, channel, store, data in database.fetchall()
        ]
    more = found[size - 1].cursor if len(found) > size else ""
    return found[:size], more
