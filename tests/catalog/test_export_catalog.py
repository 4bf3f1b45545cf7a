"""Exports: what comes back in changes nothing, in every format; formulas are text (F-24)."""

import csv
import io

import pytest
from django.core.files.base import ContentFile
from django.core.management import call_command
from django.db import transaction
from django.utils import timezone
from PIL import Image

from catalog.exports.items import Left
from catalog.exports.run import WRITERS, export
from catalog.models import (
    Attribute,
    AttributeValue,
    Brand,
    Category,
    ImportRun,
    Picture,
    PictureSource,
    Product,
    Variant,
)
from catalog.services import refresh_search
from tests.catalog.loading import FIXTURE, counts, load, reasons, shared, snapshot
from tests.factories import TaxCategoryFactory, VariantFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("importing")]


@pytest.fixture
def shop():
    return build()


def build():
    """Products of the shop's own, with all that makes a file hard to read back."""
    top = Category.objects.add_root({"slug": "habits", "name_fr": "Vêtements, linge"})
    shelf = Category.objects.add_child(top, {"slug": "ete-2", "name_fr": "Été/plage > jeux"})
    other = Category.objects.add_root({"slug": "ete", "name_fr": "Été/plage > jeux"})
    tax = TaxCategoryFactory()
    size = Attribute.objects.create(code="size", name_fr="Taille, EU")
    same = Attribute.objects.create(code="shoe", name_fr="Taille, EU")
    colour = Attribute.objects.create(code="couleur-x", name_fr="Couleur")
    small = AttributeValue.objects.create(attribute=size, code="s1", name_fr="S, petit")
    twin = AttributeValue.objects.create(attribute=same, code="s9", name_fr="S, petit")
    large = AttributeValue.objects.create(attribute=size, code="l", name_fr="L=grand|1:2")
    blue = AttributeValue.objects.create(attribute=colour, code="b", name_fr="Bleu")
    brand = Brand.objects.create(name="Ä & Co, = fils", slug="a-co")
    made = []

    def product(slug, name, articles, **fields):
        owner = Product.objects.create(
            **{"slug": slug, "name_fr": name, "category": shelf, "tax_category": tax,
               "status": "active", "brand": brand} | fields
        )  # fmt: skip
        for place, (sku, gtin, minor, options) in enumerate(articles):
            variant = VariantFactory(
                product=owner, sku=sku, gtin=gtin, position=place * 10, weight_g=125, price=minor
            )
            variant.options.set(options)
        made.append(owner.pk)
        return owner

    lamp = product("lampe", "=1+1 lampe", [("L-1", "4006381333931", 1999, [])])
    product(
        "tee",
        "Tee « d’été »",
        [("T-S", None, 1000, [small, blue]), ("T-L", "2000000000015", 1250, [large, blue])],
        description_fr="Prix : 10\u00a0€ & <b>léger</b>\n\n– lavable\n– R&D",
        category=other,
        brand=None,
    )
    product("chaussure", "Chaussure", [("C-1", "0036000291452", 5, [twin])], status="archived")
    product("brouillon", "Brouillon", [("B-1", None, 0, [])], status="draft")
    pixels = io.BytesIO()
    Image.new("RGB", (8, 8)).save(pixels, "PNG")
    Picture.objects.create(
        product=lamp, image=ContentFile(pixels.getvalue(), "lampe.png"), alt="La lampe"
    )
    PictureSource.objects.create(
        product=lamp, url="https://x.example/a,b.jpg", alt="Dos", position=7
    )
    refresh_search(made)
    return made


def write(path, name):
    left = Left()
    with path.open("w", encoding="utf-8", newline="") as stream:
        stream.writelines(export(name, at=timezone.now(), left=left))
    return left


@pytest.mark.parametrize("name", WRITERS)
def test_what_is_exported_and_read_in_again_changes_nothing(shop, tmp_path, name):
    path = tmp_path / "catalogue.csv"
    left = write(path, name)
    before = snapshot()

    said, status = load(path, format="auto")

    assert not left.counts
    assert (status, counts()) == (0, (0, 0, 4, 0)), f"{said} {reasons()}"
    assert ImportRun.objects.get().format == name
    assert snapshot() == before


@pytest.mark.parametrize("name", WRITERS)
def test_what_came_from_another_shop_and_goes_out_again_is_the_same(tmp_path, name):
    load(FIXTURE)
    write(tmp_path / "catalogue.csv", name)
    before = snapshot()

    said, status = load(tmp_path / "catalogue.csv", format="auto")

    assert (status, counts()) == (0, (0, 0, 3, 0)), f"{said} {reasons()}"
    assert snapshot() == before


@pytest.mark.parametrize("name", WRITERS)
def test_an_export_read_by_an_empty_shop_gives_the_same_articles(tmp_path, name):
    with transaction.atomic():
        build()
        write(tmp_path / "catalogue.csv", name)
        facts = articles()
        transaction.set_rollback(True)

    said, status = load(tmp_path / "catalogue.csv", format="auto")

    assert (status, counts()) == (0, (4, 0, 0, 0)), f"{said} {reasons()}"
    assert articles() == facts
    assert Variant.objects.get(sku="T-L").gtin is None  # a shop's own number is no GTIN (STD-1)
    assert Variant.objects.get(sku="C-1").gtin == "0036000291452"


def articles():
    return sorted(
        (
            variant.sku,
            variant.weight_g,
            variant.prices.get().amount_minor,
            variant.product.name_fr,
            variant.product.description_fr or "",
            variant.product.category.name_fr,
            sorted(variant.options.values_list("name_fr", flat=True)),
        )
        for variant in Variant.objects.select_related("product__category")
    )


def test_formulas_are_text_in_every_export(shop, tmp_path):
    for name, writer in WRITERS.items():
        write(tmp_path / name, name)
        with (tmp_path / name).open(encoding="utf-8-sig", newline="") as stream:
            cells = [c for row in csv.reader(stream, delimiter=writer.separator) for c in row]
        assert "'=1+1 lampe" in cells
        assert not [cell for cell in cells if cell.startswith(("=", "@", "\t"))]


def test_what_a_format_cannot_say_is_counted(shop):
    VariantFactory(product__name_fr="Sans prix", price__none=True)
    Variant.objects.get(sku="T-L").options.clear()
    left = Left()

    lines = list(export("shopify", at=timezone.now(), left=left))

    assert not [line for line in lines if "T-S" in line or "Sans prix" in line]
    assert left.counts == {
        "articles without a price: left out": 1,
        "products with more or other options than Shopify has: left out": 1,
    }


def test_the_command_says_how_many_rows(shop, tmp_path):
    out = io.StringIO()
    call_command("export_catalog", tmp_path / "x.csv", format="csv", stdout=out)

    assert "x.csv: 5 rows written" in out.getvalue()


@pytest.mark.parametrize("name", WRITERS)
def test_real_catalogues_go_out_and_come_in_unchanged(tmp_path, name):
    load(shared("catalog", "shopify_products.csv"))
    load(shared("catalog", "saleor_demo.json"), format="saleor", channel="default-channel")
    write(tmp_path / "catalogue.csv", name)
    before = snapshot()

    said, status = load(tmp_path / "catalogue.csv", format="auto")

    assert (status, counts()) == (0, (0, 0, 52, 0)), f"{said} {reasons()}"
    assert snapshot() == before
