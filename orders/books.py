"""The price book of a basket: for whom, where and with which codes it is priced."""

import json
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from catalog.book import price_book
from catalog.offers import CodeState, Shopper, Why
from catalog.pricing import PriceBook
from orders.models import Basket


def place(basket: Basket) -> dict[str, Any]:
    """Whose price lists count: those of the till's store, or the site's."""
    if basket.till_id:
        return {"channel": "till", "store_id": basket.store_id}
    return {"channel": "web", "store_id": None}


def book_of(
    basket: Basket, variant_ids: Collection[int], *, at: datetime, email: str = ""
) -> PriceBook:
    """What prices the basket's articles for its person with its codes.

    `email` is the address that a guest has just given, whose codes of one use count. One statement
    for a basket of nobody; one more for a person or a code.
    """
    return price_book(
        variant_ids,
        at=at,
        **place(basket),
        shopper=shopper(
            customer_id=basket.customer_id,
            codes=basket.coupons,
            at=at,
            email=email or basket.email,
        ),
    )


_SHOPPER = """
    SELECT c.number,
           ARRAY(SELECT g.code FROM customers_customer_groups m
                   JOIN customers_customergroup g ON g.id = m.customergroup_id
                  WHERE m.customer_id = c.id),
           account.id IS NOT NULL, coalesce(account.tier, ''),
           EXISTS (SELECT FROM orders_order o
                     JOIN customers_customer p ON p.id = o.customer_id
                    WHERE (p.id = c.id OR p.merged_into_id = c.id)
                      AND o.status IN ('placed', 'fulfilled') AND o.number <> %(order)s),
           (SELECT coalesce(jsonb_agg(jsonb_build_object(
                   'code', k.code, 'coupon', k.id, 'promotion', k.promotion_id,
                   'early', k.valid_from > %(at)s, 'late', k.valid_to <= %(at)s,
                   'up', k.used - own.now >= k.uses,
                   'other', k.holder <> '' AND NOT EXISTS (
                     SELECT FROM customers_customer h
                      WHERE h.number = k.holder AND c.id IN (h.id, h.merged_into_id)),
                   'mine', k.uses_each IS NOT NULL AND k.uses_each <= (
                     SELECT count(*) FROM catalog_couponuse u
                      WHERE u.coupon_id = k.id AND u.released_at IS NULL
                        AND u.document <> %(order)s
                        AND u.person = coalesce(c.number, nullif(%(email)s, ''))))), '[]')
                   FROM catalog_coupon k
                  CROSS JOIN LATERAL (
                    SELECT count(*) AS now FROM catalog_couponuse u
                     WHERE u.coupon_id = k.id AND u.document = %(order)s
                       AND u.released_at IS NULL) own
                  WHERE upper(k.code) = ANY(%(codes)s))
      FROM (VALUES (%(customer)s::bigint)) asked (id)
      LEFT JOIN customers_customer f ON f.id = asked.id
      LEFT JOIN customers_customer c ON c.id = coalesce(f.merged_into_id, f.id)
      LEFT JOIN LATERAL (  -- of the accounts of a person, the one that earns
        SELECT a.id, t.code AS tier FROM loyalty_account a
          JOIN customers_customer r ON r.id = a.customer_id
          LEFT JOIN loyalty_tier t ON t.id = a.tier_id
         WHERE r.id = c.id OR r.merged_into_id = c.id
         ORDER BY r.merged_into_id IS NOT NULL, a.joined_at, a.id
         LIMIT 1) account ON true
"""


def shopper(
    *,
    customer_id: int | None,
    codes: Sequence[str],
    at: datetime,
    email: str = "",
    order: str = "",
) -> Shopper:
    """The person through merges, and what each code opens for them. One statement, none for
    nobody without codes.

    `order` is the number of an order that is being made again: its own uses do not count.
    """
    if customer_id is None and not codes:
        return Shopper()
    with connection.cursor() as cursor:
        cursor.execute(
            _SHOPPER,
            {
                "customer": customer_id,
                "codes": [code.upper() for code in codes],
                "at": at,
                "email": email.lower(),
                "order": order,
            },
        )
        number, groups, member, tier, ordered, found = cursor.fetchone()
    known = {row["code"].upper(): row for row in json.loads(found)}
    return Shopper(
        number=number or "",
        groups=frozenset(groups),
        member=member,
        tier=tier,
        ordered=ordered,
        codes=tuple(_state(code.upper(), known.get(code.upper())) for code in codes),
    )


def _state(code: str, row: dict[str, object] | None) -> CodeState:
    """What a code opens, or the first reason that refuses it."""
    if row is None:
        return CodeState(code, refused=Why.CODE_UNKNOWN)
    reasons = {
        "early": Why.CODE_EARLY,
        "late": Why.CODE_EXPIRED,
        "up": Why.CODE_USED_UP,
        "other": Why.CODE_OF_OTHER,
        "mine": Why.CODE_USED,
    }
    return CodeState(
        code,
        promotion_id=int(str(row["promotion"])),
        coupon_id=int(str(row["coupon"])),
        refused=next((why for key, why in reasons.items() if row[key]), None),
    )
