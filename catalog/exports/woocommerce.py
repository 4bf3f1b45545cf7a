"""WooCommerce's product file: a row a product, then a row for each of its variations."""

from collections.abc import Iterator

from catalog.exports.items import Article, Item, Left, escaped, way_of
from catalog.imports.woocommerce import GTIN, NAME

OPTIONS = 6  # attributes that have columns
HEADER = (
    *("ID", "Type", "SKU", GTIN, "Name", "Published", "Description", "Tax status"),
    *("In stock?", "Weight (kg)", "Sale price", "Regular price", "Categories", "Brands"),
    *("Images", "Parent", "Position"),
    *(
        f"Attribute {n} {part}"
        for n in range(1, OPTIONS + 1)
        for part in ("name", "value(s)", "visible", "global")
    ),
)
PUBLISHED = {"active": "1", "draft": "-1", "archived": "0"}


def rows(item: Item, left: Left) -> Iterator[dict[str, str]]:
    """The rows of a product."""
    key = item.own_key(NAME)
    number = key if key.isdigit() else ""
    row = {
        "ID": number,
        "Type": "simple",
        "Name": item.name,
        "Published": PUBLISHED[item.status],
        "Description": item.description,
        "Tax status": "taxable",
        "Categories": way_of(item.category, ">", also=","),
        "Brands": item.brand,
        "Images": ", ".join(url for url, _alt, _position in item.pictures),
    }
    if not item.varies:
        yield row | _article(item.articles[0])
        return
    parent = item.parent_sku(NAME) if not number else ""
    values: dict[str, dict[str, None]] = {}
    for article in item.articles:
        for name, value in article.options:
            values.setdefault(name, {})[value] = None
    listed = [(name, ", ".join(escaped(v, ",") for v in found)) for name, found in values.items()]
    yield row | {"Type": "variable", "SKU": parent} | _attributes(listed)
    for position, article in enumerate(item.articles, 1):
        options = [(name, escaped(value, ",")) for name, value in article.options]
        yield (
            {
                "Type": "variation",
                "Name": item.name,
                "Published": PUBLISHED[item.status],
                "Tax status": "taxable",
                "Parent": f"id:{number}" if number else parent,
                "Position": str(position),
                "Images": article.picture,
            }
            | _article(article)
            | _attributes(options)
        )


def _article(article: Article) -> dict[str, str]:
    return {
        "SKU": article.sku,
        GTIN: article.gtin,
        "Weight (kg)": article.weight_kg,
        "Regular price": article.price,
    }


def _attributes(values: list[tuple[str, str]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for n, (name, value) in enumerate(values[:OPTIONS], 1):
        found |= {f"Attribute {n} name": name, f"Attribute {n} value(s)": value}
        found |= {f"Attribute {n} visible": "1", f"Attribute {n} global": "1"}
    return found
