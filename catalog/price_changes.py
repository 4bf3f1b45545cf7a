"""Many prices changed together: looked at before, approved by a second person, undone after.

A change writes rows of the price history like any other price (PRC-1); what it wrote is marked with
it, so that undoing takes back these rows alone.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from catalog.models import PriceChange
from catalog.services import refresh_listed
from omnishop.kernel.errors import Invalid, Refusal
from omnishop.network.models import User

Status = PriceChange.Status


@dataclass(frozen=True, slots=True)
class NewPrice:
    """What a change means for one article; `refused` says why it stays out of it."""

    variant_id: int
    sku: str
    name: str
    before_minor: int
    after_minor: int
    refused: str = ""


# The articles of a change with their price at its beginning and the one it gives them. An article
# whose price changes again before the change ends stays out: nobody could say what was meant.
_ROWS = """
    WITH change AS (SELECT * FROM catalog_pricechange WHERE id = %(change)s),
    chosen AS (
      SELECT v.id, v.sku, d.id AS product_id, coalesce(d.name_fr, d.name) AS name, v.eco_minor
        FROM change h
        JOIN catalog_product d ON d.status <> 'archived'
        JOIN catalog_variant v ON v.product_id = d.id AND v.active
        JOIN catalog_category c ON c.id = d.category_id
       WHERE h.everything
          OR EXISTS (SELECT FROM catalog_pricechange_products x
                      WHERE x.pricechange_id = h.id AND x.product_id = d.id)
          OR EXISTS (SELECT FROM catalog_pricechange_brands x
                      WHERE x.pricechange_id = h.id AND x.brand_id = d.brand_id)
          OR EXISTS (SELECT FROM catalog_pricechange_categories x
                       JOIN catalog_category s ON s.id = x.category_id
                      WHERE x.pricechange_id = h.id AND c.path LIKE s.path || '%%')),
    priced AS (
      SELECT k.*, p.id AS price_id, p.valid_from, p.valid_to, p.amount_minor AS before,
             CASE h.kind
               WHEN 'percent' THEN p.amount_minor
                 - (2 * p.amount_minor::bigint * h.percent_bp + 10000) / 20000
               WHEN 'raise' THEN p.amount_minor
                 + (2 * p.amount_minor::bigint * h.percent_bp + 10000) / 20000
               WHEN 'amount' THEN p.amount_minor - h.amount_minor
               ELSE h.amount_minor END AS raw,
             h.ending, h.starts_at, h.ends_at, h.price_list_id
        FROM chosen k CROSS JOIN change h
        JOIN catalog_price p ON p.variant_id = k.id AND p.price_list_id = h.price_list_id
         AND p.valid_from <= h.starts_at AND (p.valid_to IS NULL OR p.valid_to > h.starts_at)),
    rounded AS (
      SELECT *, CASE WHEN ending IS NULL OR raw < ending THEN raw
                     WHEN raw %% 100 >= ending THEN raw / 100 * 100 + ending
                     ELSE raw / 100 * 100 - 100 + ending END AS after
        FROM priced),
    judged AS (
      SELECT *, CASE
               WHEN valid_from = starts_at
                 OR valid_to < coalesce(ends_at, 'infinity') THEN 'planned'
               WHEN after < 1 OR after < eco_minor THEN 'low'
               WHEN after = before THEN 'same'
               ELSE '' END AS refused
        FROM rounded)
"""


def preview(change: PriceChange) -> list[NewPrice]:
    """What the change means for each of its articles, dearest change first. One statement."""
    words = {
        "planned": _("another price is planned for this time"),
        "low": _("the price would be nothing, or less than the eco-participation"),
        "same": _("this is its price already"),
    }
    with connection.cursor() as cursor:
        cursor.execute(
            f"""{_ROWS}
            SELECT id, sku, name, before, after, refused FROM judged
             ORDER BY refused = '' DESC, abs(after - before) DESC, id""",  # noqa: S608  constant
            {"change": change.pk},
        )
        return [
            NewPrice(variant_id, sku, name, before, after, words.get(refused, ""))
            for variant_id, sku, name, before, after, refused in cursor.fetchall()
        ]


@transaction.atomic
def submit(*, change_id: int) -> None:
    """Hand a draft over to who approves it. Raises Invalid when it changes nothing."""
    change = _locked(change_id, Status.DRAFT)
    if not any(not row.refused for row in preview(change)):
        raise Invalid(_("This change gives no article another price. Check what it is about."))
    change.status = Status.SUBMITTED
    change.save(update_fields=["status"])


@transaction.atomic
def approve(*, change_id: int, by: User, at: datetime) -> int:
    """Write the new prices, and after a change for a time those from before; how many articles.

    Raises Refusal to who wrote the change: two people look at it, and Invalid when it should have
    begun already: prices are not changed in the past.
    """
    change = _locked(change_id, Status.SUBMITTED)
    if change.created_by_id == by.pk:
        raise Refusal(_("Who wrote a price change does not approve it: ask a colleague."))
    if change.starts_at < at:
        raise Invalid(_("This change should have begun already. Choose a later beginning."))
    with connection.cursor() as cursor:
        cursor.execute(
            f"""{_ROWS}, taken AS (
              SELECT j.* FROM judged j JOIN catalog_price p ON p.id = j.price_id
               WHERE refused = '' ORDER BY j.id FOR UPDATE OF p),
            ended AS (
              UPDATE catalog_price p SET valid_to = t.starts_at FROM taken t
               WHERE p.id = t.price_id RETURNING p.id)
            SELECT id, product_id, price_id, before, after, valid_to,
                   (SELECT count(*) FROM ended)
              FROM taken""",  # noqa: S608  a constant of this module
            {"change": change.pk},
        )
        rows = cursor.fetchall()
        cursor.executemany(
            """
            INSERT INTO catalog_price
              (variant_id, price_list_id, amount_minor, valid_from, valid_to, change_id, restores)
            VALUES (%s, %s, %s, %s, %s, %s, %s)
            """,
            [
                values
                for variant, _product, _price, before, after, until, _n in rows
                for values in _new_rows(change, variant, before, after, until)
            ],
        )
    change.status = Status.APPROVED
    change.approved_by = by
    change.approved_at = at
    change.save(update_fields=["status", "approved_by", "approved_at"])
    refresh_listed({product for _variant, product, *_rest in rows})
    return len(rows)


def _new_rows(
    change: PriceChange, variant_id: int, before: int, after: int, until: datetime | None
) -> list[tuple[Any, ...]]:
    """The new price, and the one from before when the change is for a time."""
    start, end = change.starts_at, change.ends_at
    article = variant_id, change.price_list_id
    rows: list[tuple[Any, ...]] = [(*article, after, start, end or until, change.pk, False)]
    if end and end != until:
        rows.append((*article, before, end, until, change.pk, True))
    return rows


@transaction.atomic
def undo(*, change_id: int, by: User, at: datetime) -> int:
    """Take an approved change back: prices nobody has seen vanish, those in force end now and the
    ones from before stand again; how many articles. A repeat does nothing.

    Raises Refusal when its prices were changed again since.
    """
    change = PriceChange.objects.select_for_update().get(pk=change_id)
    if change.status == Status.UNDONE:
        return 0
    if change.status != Status.APPROVED:
        raise Refusal(_("Only an approved price change can be undone."))
    started = change.starts_at <= at
    if change.ends_at and change.ends_at <= at:
        raise Refusal(_("This change is over: its prices are no longer in force."))
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT p.variant_id, v.product_id, before.amount_minor, before.id,
                   coalesce(after.valid_to, CASE WHEN after.id IS NULL THEN p.valid_to END),
                   later.id IS NOT NULL AND later.change_id IS DISTINCT FROM %(change)s
              FROM catalog_price p
              JOIN catalog_variant v ON v.id = p.variant_id
              JOIN catalog_price before ON before.variant_id = p.variant_id
               AND before.price_list_id = p.price_list_id AND before.valid_to = p.valid_from
              LEFT JOIN catalog_price after ON after.change_id = p.change_id AND after.restores
               AND after.variant_id = p.variant_id
              LEFT JOIN catalog_price later ON later.variant_id = p.variant_id
               AND later.price_list_id = p.price_list_id AND later.valid_from = p.valid_to
             WHERE p.change_id = %(change)s AND NOT p.restores
             ORDER BY p.variant_id FOR UPDATE OF p
            """,
            {"change": change.pk},
        )
        rows = cursor.fetchall()
        if any(changed for *_rest, changed in rows):
            raise Refusal(
                _("Some of these prices were changed again since. Change them one by one.")
            )
        cursor.execute(
            "DELETE FROM catalog_price WHERE change_id = %s AND (restores OR valid_from > %s)",
            [change.pk, at],
        )
        if started:
            cursor.execute(
                "UPDATE catalog_price SET valid_to = %s WHERE change_id = %s", [at, change.pk]
            )
            cursor.executemany(
                """
                INSERT INTO catalog_price (variant_id, price_list_id, amount_minor, valid_from,
                                           valid_to, change_id, restores)
                VALUES (%s, %s, %s, %s, %s, %s, true)
                """,
                [
                    (variant, change.price_list_id, amount, at, until, change.pk)
                    for variant, _product, amount, _before, until, _changed in rows
                ],
            )
        else:
            cursor.executemany(
                "UPDATE catalog_price SET valid_to = %s WHERE id = %s",
                [(until, before) for _variant, _product, _amount, before, until, _changed in rows],
            )
    change.status = Status.UNDONE
    change.undone_by = by
    change.undone_at = at
    change.save(update_fields=["status", "undone_by", "undone_at"])
    refresh_listed({product for _variant, product, *_rest in rows})
    return len(rows)


def _locked(change_id: int, status: str) -> PriceChange:
    change = PriceChange.objects.select_for_update().get(pk=change_id)
    if change.status != status:
        raise Refusal(
            _("This change is “%(status)s” already.") % {"status": change.get_status_display()}
        )
    return change
