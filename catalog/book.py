"""What prices a basket: prices of articles, offers and sets, in one statement.

Prices are read each time. Offers and sets are few and change seldom: a process remembers them by
the token that the database writes anew at each change, and reads them again when it is another.
"""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection

from catalog.models.assortment import SOLD
from catalog.offers import BundleSet, Context, Offer, Shopper
from catalog.pricing import PriceBook, PricePoint, UnitPrice, reference_price

HISTORY = timedelta(days=120)  # how far back price rows are read for the reference price

_PRICES = f"""
    SELECT p.variant_id, p.price_list_id, l."group",
           (l.store_id IS NOT NULL)::int * 2 + (l.channel <> '')::int AS rank,
           p.amount_minor, p.valid_to IS NULL OR p.valid_to > %(at)s,
           CASE WHEN count(*) OVER of_list > 1 THEN p.valid_from END,
           CASE WHEN count(*) OVER of_list > 1 THEN p.valid_to END,
           v.eco_minor, r.tax_bp, v.content, v.measure, d.id, d.brand_id, c.path,
           (SELECT token FROM catalog_bookversion)
      FROM catalog_price p
      JOIN catalog_pricelist l ON l.id = p.price_list_id
      JOIN catalog_variant v ON v.id = p.variant_id AND v.active
      JOIN catalog_product d ON d.id = v.product_id
      JOIN catalog_category c ON c.id = d.category_id
      JOIN catalog_vatrate r ON r.category_id = d.tax_category_id
       AND r.territory = %(territory)s AND r.valid_from <= %(day)s
       AND (r.valid_to IS NULL OR r.valid_to > %(day)s)
     WHERE {{articles}}
       AND l.currency = %(currency)s AND l.channel IN ('', %(channel)s)
       AND (l.store_id IS NULL OR l.store_id = %(store)s)
       AND (l."group" = '' OR l."group" = ANY(%(groups)s))
       AND p.valid_from <= %(at)s
       AND (p.valid_to IS NULL OR p.valid_to > %(since)s)
       AND {SOLD}
    WINDOW of_list AS (PARTITION BY p.variant_id, p.price_list_id)
"""  # noqa: S608  constants
_ASKED = "p.variant_id = ANY(%(variants)s)"
# With the sets that the articles belong to: their price may be what the articles cost together.
# Read first and as one list: said with OR, every price of the house would be read.
_ASKED_AND_SETS = """
    p.variant_id = ANY(ARRAY(
      SELECT unnest(%(variants)s::bigint[])
      UNION SELECT bundle_id FROM catalog_bundleitem WHERE item_id = ANY(%(variants)s)))
"""


def prices(
    variant_ids: Collection[int],
    *,
    at: datetime,
    channel: str = "web",
    store_id: int | None = None,
    groups: Collection[str] = (),
) -> dict[int, UnitPrice]:
    """The price of each article in a channel and store at an instant, in one statement.

    Articles that are not on sale there and then, archived or without a price, are left out. The
    most precise price list wins: store and channel, store, channel, all; a list of one of the
    `groups` where it is lower.
    """
    found, _token = _read(_ASKED, variant_ids, at, channel, store_id, groups)
    return found


def price_book(
    variant_ids: Collection[int],
    *,
    at: datetime,
    channel: str = "web",
    store_id: int | None = None,
    shopper: Shopper | None = None,
) -> PriceBook:
    """The same with the offers and sets of the house, for `catalog.pricing.quote`.

    `store_id` is the store that sells: its price lists and operations count; None is the site. One
    statement; another when operations or sets were changed since this process last looked.
    """
    shopper = shopper or Shopper()
    found, token = _read(_ASKED_AND_SETS, variant_ids, at, channel, store_id, shopper.groups)
    context = Context(at=at, channel=channel, store_id=store_id, shopper=shopper)
    if not found:
        return PriceBook({}, context)
    offers = _offers(token)
    return PriceBook(found, context, offers.offers, offers.sets)


def _read(
    articles: str,
    variant_ids: Collection[int],
    at: datetime,
    channel: str,
    store_id: int | None,
    groups: Iterable[str],
) -> tuple[dict[int, UnitPrice], UUID | None]:
    if not variant_ids:
        return {}, None
    with connection.cursor() as cursor:
        cursor.execute(
            _PRICES.format(articles=articles),
            {
                # What is too long for a key is no article; the cast would be an error.
                "variants": [pk for pk in variant_ids if pk.bit_length() < 64],
                "at": at,
                "since": at - HISTORY,
                "day": at.astimezone(ZoneInfo(settings.TIME_ZONE)).date(),
                "territory": settings.VAT_TERRITORY,
                "currency": settings.CURRENCY,
                "channel": channel,
                "store": store_id,
                "groups": list(groups),
            },
        )
        rows = cursor.fetchall()
    # Times are read only where there is a history: without one there is no former price.
    histories: dict[tuple[int, bool, int, int], list[PricePoint]] = defaultdict(list)
    now: dict[tuple[int, bool, int, int], UnitPrice] = {}
    token: UUID | None = None
    for variant_id, list_id, group, rank, amount, in_force, start, end, *about in rows:
        eco, tax_bp, content, measure, product_id, brand_id, path, token = about
        key = variant_id, bool(group), rank, list_id
        if start:
            histories[key].append(PricePoint(amount, start, end))
        if in_force:
            now[key] = UnitPrice(
                amount_minor=amount,
                tax_bp=tax_bp,
                eco_minor=eco,
                content=content,
                measure=measure,
                product_id=product_id,
                brand_id=brand_id,
                category_path=path,
            )
    found: dict[int, UnitPrice] = {}
    for key, unit in sorted(now.items(), key=lambda item: item[0]):
        variant_id, of_group, *_list = key
        public = found.get(variant_id)
        if of_group:  # comes after everybody's
            if public is None or unit.amount_minor < public.amount_minor:
                everybody = (public.public_minor or public.amount_minor) if public else None
                found[variant_id] = replace(unit, public_minor=everybody)
            continue
        points = histories.get(key)  # later keys are more precise lists and replace the earlier
        reference = reference_price(points, at) if points else None
        found[variant_id] = replace(unit, reference_minor=reference) if reference else unit
    return found, token


@dataclass(frozen=True, slots=True)
class _Offers:
    """What a process remembers, and under which token it was read."""

    token: UUID | None
    offers: tuple[Offer, ...]
    sets: tuple[BundleSet, ...]


_remembered = _Offers(None, (), ())


def remembered(promotion_id: int | None) -> Offer | None:
    """An offer as this process last read it; no statement."""
    return next((one for one in _remembered.offers if one.id == promotion_id), None)


def _offers(token: UUID | None) -> _Offers:
    global _remembered
    if token != _remembered.token:
        _remembered = _read_offers()
    return _remembered


_CHOSEN = """ARRAY(SELECT x.{column} FROM catalog_promotion_{table} x
                    WHERE x.promotion_id = p.id)"""
_OFFERS = f"""
    SELECT 'offer', (SELECT token FROM catalog_bookversion), jsonb_build_object(
             'id', p.id, 'kind', p.kind,
             'names', jsonb_build_object('fr', p.name_fr, 'en', p.name_en, '', p.name),
             'percent_bp', p.percent_bp, 'amount_minor', p.amount_minor,
             'buy_units', p.buy_units, 'get_units', p.get_units, 'tiers', p.tiers,
             'by_amount', p.by_amount, 'gift_id', p.gift_id, 'claim_days', p.claim_days,
             'products', {_CHOSEN.format(column="product_id", table="products")},
             'brands', {_CHOSEN.format(column="brand_id", table="brands")},
             'categories', ARRAY(SELECT c.path FROM catalog_promotion_categories x
                                   JOIN catalog_category c ON c.id = x.category_id
                                  WHERE x.promotion_id = p.id),
             'except_cut', p.except_cut, 'min_units', p.min_units, 'min_minor', p.min_minor,
             'groups', p.groups, 'loyalty_tiers', p.loyalty_tiers, 'members', p.members,
             'first_order', p.first_order, 'by_coupon', p.by_coupon,
             'stacking_group', p.stacking_group, 'exclusive', p.exclusive,
             'priority', p.priority, 'operation', o.code, 'channels', o.channels,
             'stores', ARRAY(SELECT s.store_id FROM catalog_operation_stores s
                              WHERE s.operation_id = o.id)),
           o.starts_at, o.ends_at
      FROM catalog_promotion p JOIN catalog_operation o ON o.id = p.operation_id
     WHERE o.status = 'approved' AND p.active
    UNION ALL
    SELECT 'set', (SELECT token FROM catalog_bookversion), jsonb_build_object(
             'variant_id', v.id,
             'names', jsonb_build_object('fr', d.name_fr, 'en', d.name_en, '', d.name),
             'items', (SELECT jsonb_agg(jsonb_build_array(i.item_id, i.quantity) ORDER BY i.item_id)
                         FROM catalog_bundleitem i WHERE i.bundle_id = v.id)),
           NULL, NULL
      FROM catalog_variant v JOIN catalog_product d ON d.id = v.product_id
     WHERE v.id IN (SELECT bundle_id FROM catalog_bundleitem)
    UNION ALL
    SELECT 'token', (SELECT token FROM catalog_bookversion), NULL, NULL, NULL
"""  # noqa: S608  constants


def _read_offers() -> _Offers:
    """The approved operations and the sets, as one snapshot with its token."""
    offers, sets = [], []
    token: UUID | None = None
    with connection.cursor() as cursor:
        cursor.execute(_OFFERS)
        rows = cursor.fetchall()
    for kind, read_token, text, starts_at, ends_at in rows:
        token = read_token
        values = json.loads(text or "null")
        if kind == "offer":
            offers.append(_offer(values, starts_at, ends_at))
        elif kind == "set":
            items = tuple((item, count) for item, count in values["items"])
            sets.append(BundleSet(values["variant_id"], _names(values["names"]), items))
    return _Offers(token, tuple(offers), tuple(sets))


def _names(names: dict[str, str | None]) -> dict[str, str]:
    return {language: name for language, name in names.items() if name}


def _offer(values: dict[str, Any], starts_at: datetime, ends_at: datetime) -> Offer:
    """An offer of its row: lists become sets, what is not said becomes nothing."""
    said = {key: value for key, value in values.items() if value is not None}
    sets = ("products", "brands", "groups", "loyalty_tiers", "channels", "stores")
    return Offer(
        **said
        | {key: frozenset(said[key]) for key in sets}
        | {
            "names": _names(said["names"]),
            "tiers": tuple((int(step), int(bp)) for step, bp in said["tiers"]),
            "categories": tuple(said["categories"]),
            "starts_at": starts_at,
            "ends_at": ends_at,
        }
    )
