"""Magento 2's product file: a row an article, then the product that they vary."""

from collections.abc import Iterator

from catalog.exports.items import Article, Item, Left, escaped, way_of
from catalog.imports.magento import NAME, ROOT
from catalog.imports.text import code_of

HEADER = (
    *("sku", "store_view_code", "attribute_set_code", "product_type", "categories"),
    *("product_websites", "name", "description", "weight", "product_online", "visibility"),
    *("price", "gtin", "base_image", "base_image_label", "additional_images"),
    *("additional_attributes", "configurable_variations", "configurable_variation_labels"),
)


def rows(item: Item, left: Left) -> Iterator[dict[str, str]]:
    """The rows of a product."""
    urls = [url for url, _alt, _position in item.pictures]
    shared = {
        "attribute_set_code": "Default",
        "product_websites": "base",
        "name": item.name,
        "product_online": "1" if item.status == "active" else "2",
    }
    own = {
        "categories": "/".join(filter(None, [ROOT, way_of(item.category, "/", also=",")])),
        "description": item.description,
        "visibility": "Catalog, Search",
        "base_image": urls[0] if urls else "",
        "base_image_label": item.pictures[0][1] if urls else "",
        "additional_images": ",".join(urls[1:]),
        "additional_attributes": f"manufacturer={escaped(item.brand, ',=|')}" if item.brand else "",
    }
    if not item.varies:
        yield shared | own | {"product_type": "simple"} | _article(item.articles[0])
        return
    names = {name: None for article in item.articles for name, _value in article.options}
    codes = {name: code_of(name, 40).replace("-", "_") for name in names}
    for article in item.articles:
        values = ",".join(f"{codes[name]}={escaped(v, ',=|')}" for name, v in article.options)
        yield (
            shared
            | {"product_type": "simple", "visibility": "Not Visible Individually"}
            | {"base_image": article.picture, "additional_attributes": values}
            | _article(article)
        )
    yield (
        shared
        | own
        | {
            "sku": item.parent_sku(NAME),
            "product_type": "configurable",
            "configurable_variations": "|".join(
                ",".join(
                    [
                        f"sku={escaped(article.sku, ',=|')}",
                        *(f"{codes[name]}={escaped(v, ',=|')}" for name, v in article.options),
                    ]
                )
                for article in item.articles
            ),
            "configurable_variation_labels": ",".join(
                f"{codes[name]}={escaped(name, ',=|')}" for name in names
            ),
        }
    )


def _article(article: Article) -> dict[str, str]:
    return {
        "sku": article.sku,
        "gtin": article.gtin,
        "price": article.price,
        "weight": article.weight_kg,
    }
