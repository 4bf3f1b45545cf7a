"""Files that shopping sites fetch: every article with its price, and what each store has of it.

Google Merchant Center's specifications of product data (RSS with the g: names) and of local
inventory. A task writes them row by row; a page serves what lies there.
"""

import csv
import io
import tempfile
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import IO
from xml.sax.saxutils import escape

from django.conf import settings
from django.core.files import File
from django.core.files.storage import storages
from django.urls import reverse
from django.utils import translation

from catalog.book import prices
from catalog.gs1 import in_store
from catalog.models import Picture, Product, Variant
from catalog.pictures import public_address
from inventory.availability import stock
from omnishop.kernel.templatetags.omnishop import decimal_amount
from omnishop.network.models import Store

CHUNK = 500  # articles
PRODUCTS, STORES = "feeds/products.xml", "feeds/stores.csv"


def build(*, at: datetime) -> int:
    """Write both files anew; how many articles they tell of."""
    with tempfile.NamedTemporaryFile() as products, tempfile.NamedTemporaryFile() as stores:
        count = _write(products, stores, at=at)
        _keep(PRODUCTS, products)
        _keep(STORES, stores)
    return count


def _keep(name: str, content: IO[bytes]) -> None:
    storage = storages["private"]
    content.seek(0)
    storage.delete(name)
    storage.save(name, File(content))


def _write(products: IO[bytes], stores: IO[bytes], *, at: datetime) -> int:
    count = 0
    codes = dict(Store.objects.open_to_shoppers().values_list("pk", "code"))
    products.write(_head().encode())
    stores.write(_line(["store_code", "id", "quantity", "price", "availability"]).encode())
    rows = (
        Variant.objects.filter(active=True, product__status=Product.Status.ACTIVE)
        .select_related("product__brand")
        .order_by("pk")
    )
    with translation.override(settings.LANGUAGE_CODE):
        articles = rows.iterator(chunk_size=CHUNK)
        while chunk := list(islice(articles, CHUNK)):
            ids = [variant.pk for variant in chunk]
            units, free = prices(ids, at=at), stock(ids, at=at)
            pictures = _pictures({variant.product_id for variant in chunk})
            for variant in chunk:
                if variant.pk not in units:
                    continue
                count += 1
                price = f"{decimal_amount(units[variant.pk].amount_minor)} {settings.CURRENCY}"
                had = free.most(variant.pk) if free.places else 0
                products.write(
                    _item(variant, price, had > 0, pictures.get(variant.product_id, "")).encode()
                )
                for store, quantity in free.by_store(variant.pk).items():
                    if store in codes:
                        word = "in_stock" if quantity > 0 else "out_of_stock"
                        cells = [codes[store], variant.sku, str(max(quantity, 0)), price, word]
                        stores.write(_line(cells).encode())
    products.write(b"</channel></rss>\n")
    return count


def _head() -> str:
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        '<rss version="2.0" xmlns:g="http://base.google.com/ns/1.0"><channel>\n'
        f"<title>{escape(settings.SHOP_NAME)}</title><link>{escape(settings.SITE_URL)}</link>\n"
        f"<description>{escape(settings.SHOP_NAME)}</description>\n"
    )


def _item(variant: Variant, price: str, had: bool, picture: str) -> str:
    product = variant.product
    link = reverse("storefront:product", args=[product.slug])
    gtin = variant.gtin if variant.gtin and not in_store(variant.gtin) else ""
    said = {
        "id": variant.sku,
        "title": product.name,
        "description": product.description or product.name,
        "link": f"{settings.SITE_URL}{link}?sku={variant.sku}",
        "image_link": picture,
        "availability": "in_stock" if had else "out_of_stock",
        "price": price,
        "brand": product.brand.name if product.brand else "",
        "gtin": gtin,
        "identifier_exists": "" if gtin else "no",
        "item_group_id": str(product.pk),
        "condition": "new",
    }
    cells = "".join(f"<g:{name}>{escape(_clean(v))}</g:{name}>" for name, v in said.items() if v)
    return f"<item>{cells}</item>\n"


def _clean(text: str) -> str:
    """Without the control signs that XML has no way to write."""
    return "".join(sign for sign in text if sign >= " " or sign in "\t\n\r")


def _pictures(products: set[int]) -> dict[int, str]:
    rows = Picture.objects.filter(product__in=products).order_by("-position", "-pk")
    return {
        product: public_address(image) for product, image in rows.values_list("product_id", "image")
    }


def _line(cells: list[str]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue()


def parts(name: str) -> tuple[Iterator[bytes], str] | None:
    """A feed's content with its ETag; None while it was never written."""
    storage = storages["private"]
    if not storage.exists(name):
        return None
    tag = f'"{storage.get_modified_time(name).timestamp():.0f}-{storage.size(name)}"'
    return _pieces(name), tag


def _pieces(name: str) -> Iterator[bytes]:
    with storages["private"].open(name) as content:
        yield from content.chunks()
