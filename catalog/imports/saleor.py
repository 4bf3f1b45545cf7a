"""Saleor's data as a fixture (JSON): its articles become rows of our own fields.

A Saleor shop has a price per channel, each with its currency: which one counts is said, never
guessed. The row of an article is its place in the file's list.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from catalog.imports.generic import OPTION, GenericReader
from catalog.imports.records import ProductRecord
from omnishop.kernel.csv_files import NotReadable, Row

NAME = "saleor"
MAX_BYTES = 50_000_000  # it is read whole
OTHER_CURRENCY = gettext_noop("prices of a channel with another currency: taken as they are")


@dataclass(frozen=True, slots=True)
class SaleorFile:
    """The articles of a fixture as a table."""

    path: Path
    sha256: str
    channel: str
    currency: str
    articles: tuple[Row, ...]
    header: tuple[str, ...] = ("product", "sku", "name", "price")
    encoding: str = "utf-8"
    delimiter: str = ","
    headed: bool = True

    def count(self) -> int:
        return len(self.articles)

    def rows(self) -> Iterator[Row]:
        yield from self.articles


class SaleorReader(GenericReader):
    """Articles have their prices of one channel."""

    name = NAME
    by_sku = True
    other_currency = False

    def product(self, key: str, rows: list[Row]) -> ProductRecord:
        record = super().product(key, rows)
        if self.other_currency:
            self.notes.counts[OTHER_CURRENCY] += len(record.variants)
        return record


def looks_like(path: Path) -> bool:
    """Whether a file is a list in JSON."""
    with path.open("rb") as stream:
        return stream.read(64).lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"[")


def open_fixture(path: Path, *, channel: str) -> SaleorFile:
    """The articles with their prices in a channel. Raises NotReadable."""
    if path.stat().st_size > MAX_BYTES:
        raise NotReadable(_("%(file)s is too large to be read whole.") % {"file": path.name})
    content = path.read_bytes()
    try:
        entries = json.loads(content)
        fields: dict[str, dict[Any, dict[str, Any]]] = defaultdict(dict)
        places: dict[Any, int] = {}
        for place, entry in enumerate(entries, 1):
            fields[entry["model"]][entry["pk"]] = entry["fields"]
            if entry["model"] == "product.productvariant":
                places[entry["pk"]] = place
        chosen, currency = _channel(path, fields["channel.channel"], channel)
        articles = tuple(_articles(fields, places, chosen))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise NotReadable(
            _("%(file)s is not a Saleor fixture: %(why)s")
            % {"file": path.name, "why": f"{type(error).__name__} {error}"[:120]}
        ) from error
    if not articles:
        raise NotReadable(
            _("%(file)s is not a Saleor fixture: %(why)s")
            % {"file": path.name, "why": _("no articles in it")}
        )
    return SaleorFile(path, hashlib.sha256(content).hexdigest(), channel, currency, articles)


def _channel(path: Path, channels: dict[Any, dict[str, Any]], wanted: str) -> tuple[Any, str]:
    """The key and currency of a channel; the only one where there is one in our currency."""
    if not wanted and len(channels) == 1:
        key, fields = next(iter(channels.items()))
        if fields["currency_code"] == settings.CURRENCY:
            return key, fields["currency_code"]
    for key, fields in channels.items():
        if fields["slug"] == wanted:
            return key, fields["currency_code"]
    names = ", ".join(f"{c['slug']} ({c['currency_code']})" for c in channels.values())
    raise NotReadable(
        _("%(file)s has prices per channel. Say whose prices count: --channel, one of %(names)s.")
        % {"file": path.name, "names": names}
    )


def _articles(
    fields: dict[str, dict[Any, dict[str, Any]]], places: dict[Any, int], channel: Any
) -> Iterator[Row]:
    prices = {
        listing["variant"]: listing["price_amount"]
        for listing in fields["product.productvariantchannellisting"].values()
        if listing["channel"] == channel
    }
    listed = {
        listing["product"]: listing["is_published"]
        for listing in fields["product.productchannellisting"].values()
        if listing["channel"] == channel
    }
    options = _options(fields)
    variants = fields["product.productvariant"]
    by_product: dict[Any, list[Any]] = defaultdict(list)
    for key, variant in variants.items():
        by_product[variant["product"]].append(key)
    for key, variant in variants.items():
        product = fields["product.product"][variant["product"]]
        cells = {
            "product": product["slug"],
            "sku": variant["sku"] or "",
            "name": product["name"],
            "description": product["description_plaintext"] or "",
            "category": _way(fields["product.category"], product["category"]),
            "status": "active" if listed.get(variant["product"]) else "draft",
            "price": _amount(prices.get(key)),
            "weight_g": _weight(variant["weight"] or product.get("weight")),
        }
        own = options.get(key, {})
        if not own and len(by_product[variant["product"]]) > 1:
            own = {"Variant": variant["name"] or variant["sku"]}
        yield Row(places[key], cells | {f"{OPTION}{name}": value for name, value in own.items()})


def _options(fields: dict[str, dict[Any, dict[str, Any]]]) -> dict[Any, dict[str, str]]:
    """By article, what it has of the attributes that articles of its type differ by."""
    chosen: dict[Any, dict[str, str]] = defaultdict(dict)
    for entry in fields["attribute.assignedvariantattributevalue"].values():
        assigned = fields["attribute.assignedvariantattribute"][entry["assignment"]]
        value = fields["attribute.attributevalue"][entry["value"]]
        attribute = fields["attribute.attribute"][value["attribute"]]
        chosen[assigned["variant"]][attribute["name"]] = value["name"]
    return chosen


def _way(categories: dict[Any, dict[str, Any]], key: Any) -> str:
    names: list[str] = []
    while key in categories and len(names) < 20:
        names.insert(0, categories[key]["name"].replace(">", r"\>"))
        key = categories[key]["parent"]
    return " > ".join(names)


def _amount(amount: Any) -> str:
    """40.000 has the three decimals of its column, not of its currency."""
    text = str(amount or "")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _weight(weight: Any) -> str:
    """Grams of "200.0:g" or "0.2:kg"."""
    number, _sign, unit = str(weight or "").partition(":")
    if not number:
        return ""
    return str(round(float(number) * {"g": 1, "kg": 1000}.get(unit, 0)))
