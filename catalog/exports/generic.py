"""Our own table: a row an article, its columns named as our fields."""

from collections.abc import Iterator

from catalog.exports.items import Item, Left, way_of
from catalog.imports.generic import NAME, OPTION

HEADER = (
    *("product", "sku", "gtin", "name", "description", "brand", "category", "status"),
    *("price", "weight_g", "pictures"),
)


def rows(item: Item, left: Left) -> Iterator[dict[str, str]]:
    """The rows of a product; its options are columns option:NAME."""
    for place, article in enumerate(item.articles):
        row = {
            "product": item.own_key(NAME) or item.slug,
            "sku": article.sku,
            "gtin": article.gtin,
            "name": item.name,
            "description": item.description,
            "brand": item.brand,
            "category": way_of(item.category, ">"),
            "status": item.status,
            "price": article.price,
            "weight_g": str(article.weight_g),
            "pictures": "" if place else ", ".join(url for url, _a, _p in item.pictures),
        }
        yield row | {f"{OPTION}{name}": value for name, value in article.options}
