"""Run the import and look at what became of it."""

import io
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from catalog.models import (
    Attribute,
    AttributeValue,
    Brand,
    Category,
    ImportRow,
    ImportRun,
    PictureSource,
    Price,
    PriceList,
    Product,
    Variant,
)

FIXTURE = Path(__file__).parent.parent / "fixtures" / "shopify.csv"
SHARED = Path(settings.BASE_DIR).parent / "shared" / "data"
HEADER = "Handle,Title,Variant SKU,Variant Price,Variant Barcode"


def load(path, **options):
    """What the command prints, and its exit status."""
    out = io.StringIO()
    try:
        call_command("import_catalog", path, stdout=out, **({"format": "shopify"} | options))
    except CommandError as error:
        return f"{out.getvalue()}{error}", error.returncode
    return out.getvalue(), 0


def rows(*lines, header=HEADER):
    return "\n".join([header, *lines]) + "\n"


def shared(*parts):
    path = SHARED.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"real input is not here: {path.name} (see CONTRIBUTING)")
    return path


def counts():
    last = ImportRun.objects.latest("pk")
    return last.created, last.changed, last.same, last.refused


def reasons():
    return list(ImportRow.objects.order_by("pk").values_list("row", "column", "value", "reason"))


def snapshot():
    """Every row of the catalogue, timestamps included, but for the log of imports."""
    models: list[Any] = [
        Brand,
        Category,
        Attribute,
        AttributeValue,
        PriceList,
        Price,
        Product,
        Variant,
    ]
    found = {m.__name__: list(m.objects.order_by("pk").values_list()) for m in models}
    found["options"] = list(Variant.options.through.objects.order_by("pk").values_list())
    found["pictures"] = list(PictureSource.objects.order_by("pk").values_list())
    return found


def product(handle) -> Any:
    return Product.objects.get(source_key=f"shopify:{handle}")


def facts():
    """The same without keys and times, to compare two databases."""
    products: Any = Product.objects.select_related("category", "brand")
    return sorted(
        (
            product.source_key,
            product.name_fr,
            product.description_fr,
            product.slug,
            product.status,
            product.category.slug,
            product.brand.name if product.brand else "",
            str(product.search_fr),
            [
                (
                    variant.sku,
                    variant.gtin,
                    variant.weight_g,
                    variant.position,
                    sorted(variant.options.values_list("attribute__code", "code")),
                    list(variant.prices.values_list("amount_minor", "valid_to")),
                )
                for variant in product.variants.order_by("position")
            ],
            sorted(product.picture_sources.values_list("url", "variant__sku", "alt", "position")),
        )
        for product in products
    )
