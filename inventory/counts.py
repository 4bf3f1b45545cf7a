"""Reads of counts: what to count next, what is left to count, what a count found."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery

from catalog import book
from catalog.models import Category
from inventory.models import CountLine, StockCount, StockLevel, StockMovement
from omnishop.network.models import User

# Where goods came or went; the other kinds only put the book right.
PHYSICAL = (
    StockMovement.Kind.RECEIPT,
    StockMovement.Kind.SALE,
    StockMovement.Kind.RETURN,
    StockMovement.Kind.TRANSFER_OUT,
    StockMovement.Kind.TRANSFER_IN,
)


def approves_own(user: User | AnonymousUser) -> bool:
    """Whether a person may approve what they counted themselves: those who see every store.

    Everybody else needs a second pair of eyes; `services.counts.approve` holds to it.
    """
    member = getattr(user, "staff", None)
    return bool(user.is_authenticated and (user.is_superuser or (member and member.all_stores)))


@dataclass(frozen=True, slots=True)
class Candidate:
    """An article to count; `gap`: a till sold what the book did not have, and nobody looked."""

    variant_id: int
    gap: bool
    counted_at: datetime | None


def to_count(
    location_id: int,
    *,
    category: Category | None = None,
    variant_ids: Collection[int] | None = None,
    limit: int | None = None,
) -> list[Candidate]:
    """Articles of a place in the order to count them: count gaps, then those longest not counted,
    then the best sellers. With a limit, those on a count under way there are left out.

    One statement.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH counted AS (
              SELECT n.variant_id, max(n.counted_at) AS at
                FROM inventory_countline n JOIN inventory_stockcount c ON c.id = n.count_id
               WHERE c.location_id = %(location)s AND n.decision = 'approved'
               GROUP BY 1),
            gaps AS (
              SELECT m.variant_id, max(m.at) AS at
                FROM inventory_stockmovement m
               WHERE m.location_id = %(location)s AND m.kind = 'count_gap'
               GROUP BY 1),
            unseen AS (
              SELECT g.variant_id FROM gaps g LEFT JOIN counted c USING (variant_id)
               WHERE (c.at IS NULL OR c.at < g.at)
                 AND NOT EXISTS (  -- corrected by hand, which is a count too
                   SELECT FROM inventory_stockmovement a
                    WHERE a.variant_id = g.variant_id AND a.location_id = %(location)s
                      AND a.kind = 'adjustment' AND a.line = 0 AND a.at > g.at))
            SELECT l.variant_id, o.variant_id IS NOT NULL AS gap, c.at
              FROM inventory_stocklevel l
              JOIN catalog_variant v ON v.id = l.variant_id
              JOIN catalog_product p ON p.id = v.product_id
              JOIN catalog_category k ON k.id = p.category_id
              LEFT JOIN counted c ON c.variant_id = l.variant_id
              LEFT JOIN unseen o ON o.variant_id = l.variant_id
             WHERE l.location_id = %(location)s
               AND (%(path)s::text IS NULL OR starts_with(k.path, %(path)s::text))
               AND (%(variants)s::bigint[] IS NULL OR l.variant_id = ANY(%(variants)s::bigint[]))
               AND (%(limit)s::int IS NULL OR %(variants)s::bigint[] IS NOT NULL OR NOT EXISTS (
                 SELECT FROM inventory_countline n JOIN inventory_stockcount s ON s.id = n.count_id
                  WHERE n.variant_id = l.variant_id AND s.location_id = %(location)s
                    AND s.status IN ('counting', 'submitted')))
             ORDER BY gap DESC, c.at NULLS FIRST, p.popularity DESC, l.variant_id
             LIMIT %(limit)s::int
            """,
            {
                "location": location_id,
                "path": category.path if category else None,
                "variants": None if variant_ids is None else list(variant_ids),
                "limit": limit,
            },
        )
        return [Candidate(*row) for row in cursor.fetchall()]


@dataclass(frozen=True, slots=True)
class Since:
    """What the ledger says of an article since it was counted."""

    sold: int = 0  # units
    moved: int = 0  # units that came less those that went, sales included
    corrected: int = 0  # changes of the book alone: gaps, adjustments, other counts


def since(line_ids: Collection[int]) -> dict[int, Since]:
    """What happened to each counted line's article after its last scan. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT n.id,
                   coalesce(sum(-m.delta) FILTER (WHERE m.kind = 'sale'), 0)::int,
                   coalesce(sum(m.delta) FILTER (WHERE m.kind = ANY(%(physical)s)), 0)::int,
                   coalesce(sum(m.delta) FILTER (WHERE m.kind <> ALL(%(physical)s)), 0)::int
              FROM inventory_countline n
              JOIN inventory_stockcount c ON c.id = n.count_id
              JOIN inventory_stockmovement m
                ON m.variant_id = n.variant_id AND m.location_id = c.location_id
               AND m.at > n.counted_at
             WHERE n.id = ANY(%(lines)s)
             GROUP BY 1
            """,
            {"lines": list(line_ids), "physical": list(PHYSICAL)},
        )
        return {row[0]: Since(*row[1:]) for row in cursor.fetchall()}


def left_to_count(count: StockCount) -> QuerySet[CountLine]:
    """Lines without a figure, in the order to walk them: gaps, those to count again, then by
    shelf. Each has its `shelf` and nothing of the book (blind).
    """
    here = StockLevel.objects.filter(variant=OuterRef("variant"), location=count.location_id)
    return (
        count.lines.filter(counted__isnull=True)
        .select_related("variant__product")
        .prefetch_related("variant__options__attribute")
        .annotate(shelf=Subquery(here.values("shelf")[:1]))
        .order_by("-gap", "-decision", "shelf", "pk")
    )


def counted_last(count: StockCount) -> QuerySet[CountLine]:
    """Lines with a figure, the last one counted first."""
    return (
        count.lines.filter(counted__isnull=False)
        .select_related("variant__product")
        .prefetch_related("variant__options__attribute")
        .order_by("-counted_at", "-pk")
    )


def with_progress(counts: QuerySet[StockCount]) -> QuerySet[StockCount]:
    """Counts with their number of `articles`, of those `done` and `left`, and of `gaps`."""
    return counts.annotate(
        articles=Count("lines"),
        left=Count("lines", filter=Q(lines__counted__isnull=True)),
        done=Count("lines", filter=Q(lines__counted__isnull=False)),
        gaps=Count("lines", filter=Q(lines__gap=True)),
    )


@dataclass(frozen=True, slots=True)
class Found:
    """What a count found of one article, for whoever approves it."""

    line: CountLine
    difference: int
    value_minor: int  # at the sale price of now, signed
    since: Since

    @property
    def change(self) -> int:
        """By how much approving changes the book: what others put right since is not done twice."""
        return self.difference - self.since.corrected


def found(count: StockCount, *, at: datetime) -> list[Found]:
    """The counted lines: gaps first, then the largest value, then the largest quantity.

    Four statements, whatever the number of lines.
    """
    lines = list(counted_last(count))
    prices = book.prices([line.variant_id for line in lines], at=at, channel="till")
    after = since([line.pk for line in lines])
    rows = []
    for line in lines:
        difference = line.difference or 0
        price = prices.get(line.variant_id)
        rows.append(
            Found(
                line=line,
                difference=difference,
                value_minor=difference * (price.amount_minor if price else 0),
                since=after.get(line.pk, Since()),
            )
        )
    rows.sort(
        key=lambda row: (
            not row.line.gap,
            -abs(row.value_minor),
            -abs(row.difference),
            row.line.pk,
        )
    )
    return rows
