"""What a product's page tells of it, in one statement and in the reader's language."""

from datetime import date
from decimal import Decimal

import pytest
from django.utils.translation import override

from catalog import sheet
from catalog.about import about, format_measure
from catalog.guides import Block, blocks
from catalog.models import (
    Attribute,
    BundleItem,
    Category,
    Document,
    Guide,
    Picture,
    RelatedProduct,
    Video,
)
from tests.factories import CategoryFactory, ProductFactory, VariantFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def tent():
    shelf = CategoryFactory(name_fr="Randonnée")
    product = ProductFactory(name_fr="Tente", category=CategoryFactory(parent=shelf))
    Attribute.objects.create(
        code="poids", name_fr="Poids", name_en="Weight", kind="number", unit="g", position=1
    )
    tint = Attribute.objects.create(code="teinte", name_fr="Teinte", kind="colour", position=2)
    tint.values.create(code="vert", name_fr="Vert", name_en="Green", swatch="#0b5d4e")
    tint.values.create(code="brun", name_fr="Brun", name_en="Brown", swatch="#7a5230", position=1)
    Attribute.objects.create(code="essai", name_fr="Essai", kind="date", position=3)
    Attribute.objects.create(code="mention", name_fr="Mention", kind="text", position=4)
    sheet.set_attributes(
        product,
        {
            "poids": Decimal("1850.5"), "teinte": ["brun", "vert"], "essai": date(2026, 3, 1),
            "mention": {"fr": "Autoportante", "en": ""},
        },
    )  # fmt: skip
    return product


def test_facts_are_told_in_the_readers_language_choices_together(tent):
    with override("fr"):
        facts = {fact.label: fact.values for fact in about(tent.pk).facts}
    with override("en"):
        english = {fact.label: fact.values for fact in about(tent.pk).facts}

    assert facts == {
        "Poids": ("1\u202f850,5\u202fg",),
        "Teinte": ("Vert", "Brun"),
        "Essai": ("1\u00a0mars 2026",),
        "Mention": ("Autoportante",),
    }
    assert english["Weight"] == ("1,850.5\u202fg",)
    assert english["Teinte"] == ("Green", "Brown")
    assert english["Mention"] == ("Autoportante",)  # rather than nothing


def test_a_measure_says_no_zeros_that_mean_nothing():
    assert format_measure(Decimal("3.000"), "kg", "fr") == "3\u202fkg"
    assert format_measure(Decimal("1000.000"), "", "fr") == "1\u202f000"
    assert format_measure(Decimal("0.250"), "l", "en") == "0.25\u202fl"


def test_films_papers_relations_and_guides_of_product_or_shelf(tent):
    Video.objects.create(product=tent, title_fr="Montage", url="https://films.example/1")
    Document.objects.create(product=tent, title="Notice", file="documents/notice.pdf")
    peg, old = VariantFactory(), VariantFactory(product=ProductFactory(status="archived"))
    RelatedProduct.objects.create(product=tent, other=peg.product, kind="accessory")
    RelatedProduct.objects.create(product=tent, other=old.product, kind="spare")
    for number, (published, where) in enumerate([(True, 1), (True, 2), (True, 0), (False, 1)]):
        guide = Guide.objects.create(
            title_fr=f"Guide {number}", slug=f"g-{number}", summary_fr="…", body_fr="…",
            published=published,
        )  # fmt: skip
        if where == 1:
            guide.products.add(tent)
        elif where == 2:
            guide.categories.add(Category.objects.get_parent(tent.category))

    told = about(tent.pk)

    assert [film.title for film in told.films] == ["Montage"]
    assert [(paper.title, paper.language) for paper in told.papers] == [("Notice", "fr")]
    assert [(one.kind, one.variants) for one in told.related] == [("accessory", (peg.pk,))]
    assert [guide.slug for guide in told.guides] == ["g-1", "g-0"]


def test_a_set_tells_its_articles_and_an_article_its_sets(tent):
    tent_article, stove = VariantFactory(product=tent), VariantFactory()
    bundle = VariantFactory(product=ProductFactory(name_fr="Lot bivouac"))
    BundleItem.objects.create(bundle=bundle, item=tent_article)
    BundleItem.objects.create(bundle=bundle, item=stove, quantity=2)

    parts = about(bundle.product_id).parts_of(bundle.pk)

    assert [(part.variant, part.quantity, part.name) for part in parts] == [
        (tent_article.pk, 1, "Tente"),
        (stove.pk, 2, stove.product.name),
    ]
    assert [one.name for one in about(tent.pk).sets] == ["Lot bivouac"]
    assert about(tent.pk).parts == ()


def test_everything_takes_one_statement(tent, django_assert_num_queries):
    Picture.objects.bulk_create(
        [Picture(product=tent, image="products/a.jpg", alt_fr="Une tente", width=9, height=9)]
    )
    with django_assert_num_queries(1), override("fr"):
        told = about(tent.pk)
        assert told.pictures[0].alt == "Une tente"
        assert told.pictures[0].image.name == "products/a.jpg"
    with django_assert_num_queries(1):
        assert about(0).facts == ()


def test_a_guides_text_has_headings_paragraphs_lists_and_nothing_else():
    body = "Avant.\r\nPendant.\r\n\r\n## Plier\r\nDoucement.\r\n- un\r\n- deux\r\n\r\n<b>gras</b>"

    assert blocks(body) == [
        Block("paragraph", ("Avant.", "Pendant.")),
        Block("heading", ("Plier",)),
        Block("paragraph", ("Doucement.",)),
        Block("list", ("un", "deux")),
        Block("paragraph", ("<b>gras</b>",)),
    ]
