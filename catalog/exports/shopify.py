"""Shopify's product file: a row an article or a further picture, texts on the first row."""

from collections.abc import Iterator

from django.utils.translation import gettext_noop

from catalog.exports.items import Item, Left, way_of
from catalog.imports.shopify import NAME

HEADER = (
    *("Handle", "Title", "Body (HTML)", "Vendor", "Type", "Published", "Status"),
    *("Option1 Name", "Option1 Value", "Option2 Name", "Option2 Value"),
    *("Option3 Name", "Option3 Value", "Variant SKU", "Variant Grams", "Variant Price"),
    *("Variant Barcode", "Variant Image", "Image Src", "Image Position", "Image Alt Text"),
)
TOO_VARIED = gettext_noop("products with more or other options than Shopify has: left out")


def rows(item: Item, left: Left) -> Iterator[dict[str, str]]:
    """The rows of a product."""
    names = list(dict.fromkeys(name for a in item.articles for name, _value in a.options))
    if len(names) > 3 or any(len(article.options) != len(names) for article in item.articles):
        left.counts[TOO_VARIED] += 1
        return
    handle = item.own_key(NAME) or item.slug
    pictures = list(item.pictures)
    for place in range(max(len(item.articles), len(pictures))):
        row = {"Handle": handle}
        if place == 0:
            row |= {
                "Title": item.name,
                "Body (HTML)": item.description,
                "Vendor": item.brand,
                "Type": way_of(item.category, ">"),
                "Published": "true" if item.status == "active" else "false",
                "Status": item.status,
                **{f"Option{n} Name": name for n, name in enumerate(names, 1)},
            }
            if not names:
                row |= {"Option1 Name": "Title"}
        if place < len(item.articles):
            article = item.articles[place]
            values = dict(article.options)
            row |= {f"Option{n} Value": values[name] for n, name in enumerate(names, 1)}
            if not names:
                row |= {"Option1 Value": "Default Title"}
            row |= {
                "Variant SKU": article.sku,
                "Variant Grams": str(article.weight_g),
                "Variant Price": article.price,
                "Variant Barcode": article.gtin,
                "Variant Image": article.picture,
            }
        if place < len(pictures):
            url, alt, position = pictures[place]
            row |= {"Image Src": url, "Image Position": str(position), "Image Alt Text": alt}
        yield row
