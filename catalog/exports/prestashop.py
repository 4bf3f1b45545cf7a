"""PrestaShop's product file; combinations follow their product, with columns of their own."""

from collections.abc import Iterator

from catalog.exports.items import Article, Item, Left, escaped, way_of
from catalog.imports.prestashop import NAME

HEADER = (
    *("ID", "Active (0/1)", "Name*", "Categories (x,y,z...)", "Price tax included"),
    *("Reference #", "EAN13", "UPC", "Weight", "Manufacturer", "Description"),
    *("Image URLs (x,y,z...)", "Product reference"),
    *("Attribute (Name:Type:Position)*", "Value (Value:Position)*"),
)


def rows(item: Item, left: Left) -> Iterator[dict[str, str]]:
    """The rows of a product."""
    key = item.own_key(NAME)
    number = key if key.isdigit() else ""
    row = {
        "ID": number,
        "Active (0/1)": "1" if item.status == "active" else "0",
        "Name*": item.name,
        "Categories (x,y,z...)": way_of(item.category, "/", also=","),
        "Manufacturer": item.brand,
        "Description": item.description,
        "Image URLs (x,y,z...)": ",".join(url for url, _alt, _position in item.pictures),
    }
    if not item.varies:
        yield row | _article(item.articles[0])
        return
    parent = item.parent_sku(NAME) if not number else ""
    yield row | {"Reference #": parent}
    for article in item.articles:
        yield {
            "ID": number,
            "Product reference": parent,
            "Image URLs (x,y,z...)": article.picture,
            "Attribute (Name:Type:Position)*": ", ".join(
                f"{escaped(name, ',:')}:select:{n}" for n, (name, _v) in enumerate(article.options)
            ),
            "Value (Value:Position)*": ", ".join(
                f"{escaped(value, ',:')}:{n}" for n, (_name, value) in enumerate(article.options)
            ),
        } | _article(article)


def _article(article: Article) -> dict[str, str]:
    upc = len(article.gtin) == 12
    return {
        "Reference #": article.sku,
        "UPC" if upc else "EAN13": article.gtin,
        "Price tax included": article.price,
        "Weight": article.weight_kg,
    }
