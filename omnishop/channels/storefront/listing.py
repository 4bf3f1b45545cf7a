"""Shelves and search results: a page of cards, and facets with counts, whatever their number.

Three statements: the facets of what the shopper looks at, one page of products, their prices.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _

from catalog.models import Product
from catalog.search import LISTED, listed
from inventory.availability import IN_STORE
from omnishop.channels.storefront.cards import Card, cards
from omnishop.channels.storefront.context import FACTS_SECONDS, Request, Shelf
from omnishop.kernel.language import site_language

PAGE = 24
BANDS: tuple[tuple[int, int | None], ...] = (
    (0, 2500),
    (2500, 5000),
    (5000, 10_000),
    (10_000, 20_000),
    (20_000, None),
)  # minor units, [from, below)
SORTS = {
    "rank": "d.rank DESC, d.popularity DESC, d.id",
    "popularity": "d.popularity DESC, d.id",
    "price": "low, d.popularity DESC, d.id",
    "-price": "low DESC, d.popularity DESC, d.id",
    "new": "d.created_at DESC, d.id DESC",
    "cut": "d.listed_cut_bp DESC, d.popularity DESC, d.id",
}
SHOWN = 7  # values of a facet before the others are folded
OPTION = "o-"  # before an option's code in the address


@dataclass(frozen=True)
class Choice:
    """What the address asks for."""

    here: bool = False
    offer: bool = False  # only what costs less than before
    shelves: tuple[str, ...] = ()
    brands: tuple[str, ...] = ()
    bands: tuple[int, ...] = ()
    options: dict[str, tuple[str, ...]] = field(default_factory=dict)
    sort: str = "popularity"
    page: int = 1

    @classmethod
    def of(cls, query: QueryDict, *, default_sort: str) -> "Choice":
        """The address's query; what it names and we do not know is left out."""

        def words(name: str) -> tuple[str, ...]:
            given = (value for value in query.getlist(name) if value and "\x00" not in value)
            return tuple(dict.fromkeys(given))

        sort, page = query.get("sort", default_sort), query.get("page", "1")
        known = sort in SORTS and (sort != "rank" or default_sort == "rank")
        return cls(
            here=query.get("here") == "1",
            offer=query.get("offer") == "1",
            shelves=words("shelf"),
            brands=words("brand"),
            bands=tuple(
                sorted(
                    {
                        int(v)
                        for v in query.getlist("price")
                        if v.isdecimal() and int(v) < len(BANDS)
                    }
                )
            ),
            options={
                name[len(OPTION) :]: words(name)
                for name in query
                if name.startswith(OPTION) and "\x00" not in name and words(name)
            },
            sort=sort if known else default_sort,
            page=min(int(page), 10_000) if page.isdecimal() and int(page) else 1,
        )

    @property
    def narrowed(self) -> bool:
        return bool(
            self.here or self.offer or self.shelves or self.brands or self.bands or self.options
        )


@dataclass(frozen=True, slots=True)
class FacetValue:
    """One value of a facet, with how many products it would leave."""

    name: str  # in the address
    value: str
    label: str
    count: int
    chosen: bool
    swatch: str = ""

    @property
    def id(self) -> str:
        return f"f-{self.name}-{self.value}"


@dataclass(frozen=True, slots=True)
class Facet:
    """A group of values; several may be chosen."""

    label: str
    values: tuple[FacetValue, ...]

    @property
    def chosen(self) -> int:
        return sum(value.chosen for value in self.values)

    @property
    def first(self) -> tuple[FacetValue, ...]:
        """What is shown at once."""
        return self.values if len(self.values) <= SHOWN + 2 else self.values[:SHOWN]

    @property
    def more(self) -> tuple[FacetValue, ...]:
        """What is folded away; it stays open while something of it is chosen."""
        return self.values[len(self.first) :]

    @property
    def more_open(self) -> bool:
        return any(value.chosen for value in self.more)


@dataclass(frozen=True, slots=True)
class Listing:
    """What a listing page shows."""

    cards: tuple[Card, ...]
    facets: tuple[Facet, ...]
    total: int
    choice: Choice
    read_at: datetime

    @property
    def chips(self) -> tuple[FacetValue, ...]:
        """The chosen values, to be taken off one by one (L2)."""
        return tuple(value for facet in self.facets for value in facet.values if value.chosen)


_BAND = (
    "CASE "
    + " ".join(f"WHEN price < {below} THEN {i}" for i, (_low, below) in enumerate(BANDS) if below)
    + f" ELSE {len(BANDS) - 1} END"
)
Base = tuple[str, tuple[Any, ...]]  # SQL of rows of catalog.search.LISTED, parameters
Condition = tuple[str, str, list[Any]]  # what it narrows, SQL, parameters

_CHOICES = """(
    SELECT variant_id, attributevalue_id AS value FROM catalog_variant_options
    UNION ALL
    SELECT w.id, u.value_id FROM catalog_productattribute u
      JOIN catalog_variant w ON w.product_id = u.product_id WHERE u.value_id IS NOT NULL)
"""  # what an article is of itself and by its product


def _conditions(
    choice: Choice, shelves: Sequence[Shelf], store_id: int | None, at: datetime
) -> list[Condition]:
    """What the shopper chose, as conditions on `d`, `v` and `p`."""
    found: list[Condition] = []
    if choice.here and store_id:
        found.append(("here", IN_STORE, [store_id, at]))
    if choice.offer:
        found.append(("offer", "d.listed_cut_bp > 0", []))
    if choice.shelves:
        paths = [shelf.path + "%" for shelf in shelves if shelf.slug in choice.shelves]
        found.append(
            (
                "shelf",
                "d.category_id IN (SELECT id FROM catalog_category WHERE path LIKE ANY(%s))",
                [paths],
            )
        )
    if choice.brands:
        found.append(
            (
                "brand",
                "d.brand_id IN (SELECT id FROM catalog_brand WHERE slug = ANY(%s))",
                [list(choice.brands)],
            )
        )
    if choice.bands:
        parts, params = [], []
        for band in choice.bands:
            low, below = BANDS[band]
            parts.append("p.amount_minor >= %s" + (" AND p.amount_minor < %s" if below else ""))
            params += [low, below] if below else [low]
        found.append(("price", f"({' OR '.join(parts)})", params))
    for code, values in choice.options.items():
        found.append(
            (
                OPTION + code,
                f"""EXISTS (SELECT 1 FROM {_CHOICES} x
                     JOIN catalog_attributevalue y ON y.id = x.value
                     JOIN catalog_attribute z ON z.id = y.attribute_id AND z.filterable
                    WHERE x.variant_id = v.id AND z.code = %s AND y.code = ANY(%s))""",  # noqa: S608  a constant of this module
                [code, list(values)],
            )
        )
    return found


_ARTICLES = """
    catalog_variant v
    JOIN catalog_price p ON p.variant_id = v.id AND p.valid_from <= %s
     AND (p.valid_to IS NULL OR p.valid_to > %s)
    JOIN catalog_pricelist l ON l.id = p.price_list_id AND l.channel = ''
     AND l.store_id IS NULL AND l."group" = '' AND l.currency = %s
"""  # articles with the price of the list for all; the card shows the most precise list's


def _base(products: QuerySet[Any, Any]) -> Base:
    """The statement of the products that a page is about."""
    sql, params = products.query.sql_with_params()
    return f"SELECT {', '.join(LISTED)} FROM ({sql}) b", params  # noqa: S608


def _facet_rows(base: Base) -> list[tuple[Any, ...]]:
    """(facet, value, label, count, group label, swatch, position) of every value there is.

    Nothing is chosen: each product counts by what it keeps for lists (ADR 7).
    """
    rows, params = base
    name = f"name_{site_language()}"
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH m AS MATERIALIZED (
              SELECT id, category_id, brand_id, listed_prices, listed_options, listed_cut_bp
                FROM ({rows}) b WHERE listed_prices <> '{{}}'),
            n AS (
              SELECT GROUPING(category_id, brand_id) AS of, category_id, brand_id,
                     count(*)::int AS n
                FROM m GROUP BY GROUPING SETS ((), (category_id), (brand_id)))
            SELECT 'total', '', '', n, '', '', 0 FROM n WHERE of = 3
            UNION ALL
            SELECT 'offer', '1', '', count(*)::int, '', '', 0 FROM m WHERE listed_cut_bp > 0
            UNION ALL
            SELECT 'shelf', c.slug, coalesce(c.{name}, c.name), n, '', '', 0
              FROM n JOIN catalog_category c ON c.id = n.category_id WHERE of = 1
            UNION ALL
            SELECT 'brand', b.slug, b.name, n, '', '', 0
              FROM n JOIN catalog_brand b ON b.id = n.brand_id WHERE of = 2
            UNION ALL
            SELECT 'price', band::text, '', count(*)::int, '', '', 0
              FROM (SELECT DISTINCT id, {_BAND} AS band FROM m, unnest(listed_prices) price) p
             GROUP BY 2
            UNION ALL
            SELECT 'o-' || z.code, y.code, coalesce(y.{name}, y.name), o.n,
                   coalesce(z.{name}, z.name), y.swatch, z.position::int * 1000 + y.position::int
              FROM (SELECT value, count(*)::int AS n
                      FROM m, unnest(listed_options) value GROUP BY 1) o
              JOIN catalog_attributevalue y ON y.id = o.value
              JOIN catalog_attribute z ON z.id = y.attribute_id AND z.filterable
            """,  # noqa: S608  constants of this module and Django's own statement
            params,
        )
        return list(cursor.fetchall())


def _narrowed_facet_rows(
    base: Base,
    conditions: list[Condition],
    *,
    store_id: int | None,
    at: datetime,
) -> list[tuple[Any, ...]]:
    """The same by article, so that all that was chosen holds for one and the same; each facet
    counts as if nothing of its own were chosen.
    """
    rows, params = base[0], list(base[1])
    flags = "".join(f", ({sql}) AS m{i}" for i, (_name, sql, _p) in enumerate(conditions))
    params += [value for _name, _sql, values in conditions for value in values]
    here = IN_STORE if store_id else "false"
    if store_id:
        params += [store_id, at]
    params += [at, at, settings.CURRENCY]

    def rest(but: str = "") -> str:
        kept = [f"m{i}" for i, (name, _sql, _p) in enumerate(conditions) if name != but]
        return " AND ".join(kept) or "true"

    name = f"name_{site_language()}"
    chosen_options = [n for n, _sql, _p in conditions if n.startswith(OPTION)]
    count = "count(DISTINCT product)::int"
    options = f"""
        SELECT 'o-' || z.code, y.code, coalesce(y.{name}, y.name), {count},
               coalesce(z.{name}, z.name), y.swatch, z.position::int * 1000 + y.position::int
          FROM m JOIN {_CHOICES} x ON x.variant_id = m.variant
          JOIN catalog_attributevalue y ON y.id = x.value
          JOIN catalog_attribute z ON z.id = y.attribute_id AND z.filterable"""  # noqa: S608  names of columns
    by_option = " WHERE {} AND {} GROUP BY z.id, y.id"
    facets = f"""
        SELECT 'total', '', '', {count}, '', '', 0 FROM m WHERE {rest()}
        UNION ALL
        SELECT 'here', '1', '', {count}, '', '', 0 FROM m WHERE here AND {rest("here")}
        UNION ALL
        SELECT 'offer', '1', '', {count}, '', '', 0 FROM m WHERE offer AND {rest("offer")}
        UNION ALL
        SELECT 'shelf', c.slug, coalesce(c.{name}, c.name), {count}, '', '', 0
          FROM m JOIN catalog_category c ON c.id = m.shelf WHERE {rest("shelf")} GROUP BY c.id
        UNION ALL
        SELECT 'brand', c.slug, c.name, {count}, '', '', 0
          FROM m JOIN catalog_brand c ON c.id = m.brand WHERE {rest("brand")} GROUP BY c.id
        UNION ALL
        SELECT 'price', ({_BAND})::text, '', {count}, '', '', 0
          FROM m WHERE {rest("price")} GROUP BY 2"""  # noqa: S608  constants of this module
    parts = [
        facets,
        options + by_option.format(rest(), "NOT ('o-' || z.code = ANY(%s))"),
    ]
    params.append(chosen_options)
    for option in chosen_options:
        parts.append(options + by_option.format(rest(option), "'o-' || z.code = %s"))
        params.append(option)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH base AS ({rows}), m AS (
              SELECT d.id AS product, v.id AS variant, d.brand_id AS brand,
                     d.category_id AS shelf, p.amount_minor AS price,
                     d.listed_cut_bp > 0 AS offer{flags}, {here} AS here
                FROM base d
                JOIN {_ARTICLES} ON v.product_id = d.id AND v.active)
            {" UNION ALL ".join(parts)}
            """,  # noqa: S608  constants of this module and Django's own statement
            params,
        )
        return list(cursor.fetchall())


def _facets(
    rows: list[tuple[Any, ...]], choice: Choice, shelves: Sequence[Shelf], store_name: str
) -> tuple[tuple[Facet, ...], int]:
    """The facets in reading order, chosen values in place even when they leave nothing."""
    total = next(row[3] for row in rows if row[0] == "total")
    facets: list[Facet] = []

    def values(name: str, chosen: Sequence[str], labels: dict[str, str]) -> tuple[FacetValue, ...]:
        found = {row[1]: row for row in rows if row[0] == name}
        keys = [key for key in labels if key in found or key in chosen]
        return tuple(
            FacetValue(
                name=name,
                value=key,
                label=labels[key],
                count=found[key][3] if key in found else 0,
                chosen=key in chosen,
                swatch=found[key][5] if key in found else "",
            )
            for key in keys
        )

    if store_name:
        label = _("Available at %(store)s") % {"store": store_name}
        facets.append(
            Facet(_("Availability"), values("here", ["1"] if choice.here else [], {"1": label}))
        )
    offers = {"1": _("Reduced price")} if _counted(rows, "offer") or choice.offer else {}
    facets.append(Facet(_("Offers"), values("offer", ["1"] if choice.offer else [], offers)))
    in_shelf = {shelf.slug: shelf.name for shelf in shelves}
    facets.append(Facet(_("Category"), values("shelf", choice.shelves, in_shelf)))
    groups: dict[str, str] = {}
    for row in sorted((row for row in rows if row[0].startswith(OPTION)), key=lambda row: row[6]):
        groups.setdefault(row[0], row[4])
    for name, label in groups.items():
        chosen = choice.options.get(name[len(OPTION) :], ())
        ordered = sorted((row for row in rows if row[0] == name), key=lambda row: row[6])
        facets.append(Facet(label, values(name, chosen, {row[1]: row[2] for row in ordered})))
    brands = {row[1]: row[2] for row in sorted(rows, key=lambda row: row[2]) if row[0] == "brand"}
    facets.append(Facet(_("Brand"), values("brand", choice.brands, brands)))
    bands = {str(i): band_label(i) for i in range(len(BANDS))}
    facets.append(Facet(_("Price"), values("price", [str(band) for band in choice.bands], bands)))
    alone = (_("Availability"), _("Offers"))  # said even where there is one value
    kept = [f for f in facets if len(f.values) > 1 or f.chosen or (f.values and f.label in alone)]
    return tuple(kept), total


def _counted(rows: list[tuple[Any, ...]], name: str) -> int:
    return sum(row[3] for row in rows if row[0] == name)


def band_label(band: int) -> str:
    """A price band in words."""
    low, below = BANDS[band]
    if not low:
        return _("Under %(price)s €") % {"price": (below or 0) // 100}
    if not below:
        return _("%(price)s € and over") % {"price": low // 100}
    return _("%(low)s to %(high)s €") % {"low": low // 100, "high": below // 100}


def _page_rows(
    base: Base, conditions: list[Condition], choice: Choice, *, at: datetime
) -> list[tuple[Any, ...]]:
    """(id, slug, name, picture, width, height, article ids, stars, reviews) of one page."""
    rows, params = base[0], list(base[1])
    name = f"name_{site_language()}"
    narrow = "".join(f" AND {sql}" for _name, sql, _p in conditions)
    chosen = [value for _name, _sql, values in conditions for value in values]
    matching = f"""
        SELECT array_agg(v.id) AS ids, min(p.amount_minor) AS low
          FROM {_ARTICLES} WHERE v.product_id = d.id AND v.active{narrow}"""  # noqa: S608
    articles = [at, at, settings.CURRENCY, *chosen]
    if conditions:
        low, only = "m.low", f"JOIN LATERAL ({matching}) m ON m.ids IS NOT NULL"
        params += articles
    else:
        low, only = "listed_prices[1] AS low", "WHERE listed_prices <> '{}'"
    order = SORTS[choice.sort]
    params += [PAGE, (choice.page - 1) * PAGE, *articles]
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH d AS (
              SELECT d.*, {low} FROM ({rows}) d {only} ORDER BY {order} LIMIT %s OFFSET %s)
            SELECT d.id, x.slug, coalesce(x.{name}, x.name), i.image, i.width, i.height, m.ids,
                   x.rating_sum, x.rating_count
              FROM d JOIN catalog_product x ON x.id = d.id
              JOIN LATERAL ({matching}) m (ids, lowest) ON true
              LEFT JOIN LATERAL (
                SELECT image, width, height FROM catalog_picture
                 WHERE product_id = d.id ORDER BY position, id LIMIT 1) i ON true
             ORDER BY {order}
            """,  # noqa: S608  constants of this module and Django's own statement
            params,
        )
        return list(cursor.fetchall())


def cards_of(ids: Sequence[int], *, at: datetime, store_id: int | None) -> dict[int, Card]:
    """Product → card, of those on sale among a page's worth of products. Two statements, three
    with a store.
    """
    if not ids:
        return {}
    base = _base(listed(Product.objects.on_sale().filter(pk__in=ids)))
    rows = _page_rows(base, [], Choice(), at=at)
    found = {card.id: card for card in cards(rows, at=at, store_id=store_id)}
    return {row[0]: found[f"p-{row[0]}"] for row in rows if f"p-{row[0]}" in found}


def listing(
    request: Request,
    name: str,
    products: Callable[[], QuerySet[Any, Any]],
    choice: Choice,
    *,
    shelves: Sequence[Shelf],
    at: datetime,
    store_id: int | None = None,
    store_name: str = "",
) -> Listing:
    """One page of these products, rows of `catalog.search.LISTED`, as the shopper narrowed and
    sorted them. No statement when it was read less than a minute ago.

    `name` says which products they are, as one address does not: many lead to the same list.
    The page that shows it is kept no longer than the list. A store's stock is never kept here.
    """
    if store_id:
        return _read(products(), choice, shelves, at, store_id, store_name)
    asked = repr((name, choice, site_language()))
    key = "listing:" + sha256(asked.encode()).hexdigest()
    found: Listing | None = cache.get(key)
    if found is None:
        found = _read(products(), choice, shelves, at, store_id, store_name)
        cache.set(key, found, FACTS_SECONDS)
    request.read_at = found.read_at
    return found


def _read(
    products: QuerySet[Any, Any],
    choice: Choice,
    shelves: Sequence[Shelf],
    at: datetime,
    store_id: int | None,
    store_name: str,
) -> Listing:
    base = _base(products)
    conditions = _conditions(choice, shelves, store_id, at)

    def count() -> list[tuple[Any, ...]]:
        if conditions or store_id:
            return _narrowed_facet_rows(base, conditions, store_id=store_id, at=at)
        return _facet_rows(base)

    # Counts are kept as pages are, whatever their order and number; a store's stock is not.
    asked = repr((base, replace(choice, sort="", page=1), site_language()))
    key = "facets:" + sha256(asked.encode()).hexdigest()
    counted = (count() if store_id else cache.get_or_set(key, count, FACTS_SECONDS)) or []
    facets, total = _facets(counted, choice, shelves, store_name)
    last = max(1, -(-total // PAGE))
    choice = replace(choice, page=min(choice.page, last))
    rows = _page_rows(base, conditions, choice, at=at) if total else []
    return Listing(
        cards=cards(rows, at=at, store_id=store_id),
        facets=facets,
        total=total,
        choice=choice,
        read_at=at,
    )


def best_sellers(*, at: datetime, store_id: int | None, count: int) -> tuple[Card, ...]:
    """The first of what sells best. Two statements, a third for the store's stock."""
    rows = _page_rows(_base(listed(Product.objects.on_sale())), [], Choice(), at=at)
    return cards(rows[:count], at=at, store_id=store_id)


def shop_window(
    *, at: datetime, store_id: int | None, popular: int = 8, offers: int = 4
) -> tuple[tuple[Card, ...], tuple[Card, ...]]:
    """The first of what sells best; and of what is cheaper than in the 30 days before (PRC-1).

    Four statements.
    """
    on_sale = Product.objects.on_sale()
    best = _page_rows(_base(listed(on_sale)), [], Choice(), at=at)[:popular]
    cheaper = _page_rows(_base(listed(on_sale.filter(listed_cut_bp__gt=0))), [], Choice(), at=at)
    found = {card.id: card for card in cards([*best, *cheaper], at=at, store_id=store_id)}
    shown = [
        [found[key] for row in rows if (key := f"p-{row[0]}") in found] for rows in (best, cheaper)
    ]
    return tuple(shown[0]), tuple([card for card in shown[1] if card.price.cut_bp][:offers])
