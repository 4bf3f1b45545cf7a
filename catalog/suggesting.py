"""What to propose while a shopper types: products and brands. Two statements at the most."""

from dataclasses import dataclass, replace
from typing import Any

from django.db import connection

from catalog.models import Picture
from catalog.search import FOUND, Reading, found_params, read
from omnishop.kernel.language import Language, site_language

PRODUCTS, BRANDS = 6, 1


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A product or a brand that the words may be about."""

    kind: str  # "product" or "brand"
    slug: str
    name: str
    picture: tuple[str, int, int] | None = None  # file, width, height

    @property
    def photo(self) -> Any:
        """The first picture of the product."""
        if not self.picture:
            return None
        image, width, height = self.picture
        return Picture(image=image, width=width, height=height).image


_PRODUCTS = """
    SELECT 'product', x.slug, coalesce(x.name_{language}, x.name), i.image, i.width, i.height
      FROM (SELECT id FROM ({products}) d WHERE listed_prices <> '{{}}'
             ORDER BY popularity DESC, id LIMIT {limit}) p
      JOIN catalog_product x ON x.id = p.id
      LEFT JOIN LATERAL (
        SELECT image, width, height FROM catalog_picture
         WHERE product_id = p.id ORDER BY position, id LIMIT 1) i ON true
"""


def _shown(cursor: Any) -> list[Suggestion]:
    return [
        Suggestion(kind, slug, name, (image, width, height) if image else None)
        for kind, slug, name, image, width, height in cursor.fetchall()
    ]


def _begun(reading: Reading) -> str:
    """For to_tsquery: the last word is still being typed, and looked for in names and choices."""
    *whole, last = reading.words
    begun = last.begun()
    begun = f"{begun}AB" if begun.endswith(":*") else begun
    ends = replace(last, own=begun).query if begun else last.query
    return " & ".join([*(word.query for word in whole), ends])


def suggestions(text: str, language: Language | None = None) -> list[Suggestion]:
    """A brand and up to six products for words whose last may be a beginning; bears typos and
    missing accents (UX L6).
    """
    language = language or site_language()
    reading = read(text, language)
    if not reading.words or len(text.strip()) < 2:
        return []
    config = f"omnishop_{language}"
    products = _PRODUCTS.format(language=language, limit=PRODUCTS, products=_FOUND)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            (SELECT 'brand', slug, name, NULL, NULL, NULL FROM catalog_brand
              WHERE plain_text(name) LIKE plain_text(%s) || '%%' ORDER BY name LIMIT {BRANDS})
            UNION ALL ({products})
            """.replace("{language}", language),  # noqa: S608  constants of this module
            [reading.text, config, _begun(reading)],
        )
        if found := _shown(cursor):
            return found
        cursor.execute(
            f"""
            {FOUND}, meant AS (
              SELECT to_tsquery(%(config)s::regconfig, string_agg('(' || query || ')', ' & ')) q
                FROM found WHERE sure)
            {_PRODUCTS.format(language=language, limit=PRODUCTS, products=_MEANT)}
            """.replace("{language}", language),  # noqa: S608  constants of two modules
            found_params(reading.words, language, beginning=True),
        )
        return _shown(cursor)


_FOUND = """
    SELECT d.id, d.listed_prices, d.popularity FROM catalog_product d
     WHERE d.search_{language} @@ to_tsquery(%s::regconfig, %s) AND d.status = 'active'
"""
_MEANT = """
    SELECT d.id, d.listed_prices, d.popularity
      FROM meant JOIN catalog_product d ON d.search_{language} @@ meant.q
     WHERE d.status = 'active'
"""
