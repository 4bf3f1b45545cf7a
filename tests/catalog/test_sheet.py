"""A product is described by the attributes of its type, each with values of its kind."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction

from catalog import sheet
from catalog.models import Attribute, AttributeValue, CatalogChange, ProductAttribute, ProductType
from omnishop.kernel.errors import Invalid
from tests.factories import ProductFactory

pytestmark = pytest.mark.django_db


def attribute(code, kind, *values, **more):
    made = Attribute.objects.create(code=code, name_fr=code.title(), kind=kind, **more)
    for position, value in enumerate(values):
        made.values.create(code=value, name_fr=value, name_en=f"{value} in English",
                           position=position)  # fmt: skip
    return made


@pytest.fixture
def tent():
    kind = ProductType.objects.create(code="tent", name_fr="Tente", name_en="Tent")
    kind.attributes.set(
        [
            attribute("saison", "choice", "ete", "hiver"),
            attribute("teinte", "colour", "vert"),
            attribute("arceaux", "boolean"),
            attribute("poids", "number", unit="g"),
            attribute("mention", "text"),
            attribute("essai", "date"),
        ]
    )
    return ProductFactory(product_type=kind, name_fr="Igloo")


EVERYTHING = {
    "saison": ["ete", "hiver"], "teinte": "vert", "arceaux": True, "poids": Decimal("1850.5"),
    "mention": {"fr": "Autoportante", "en": "Freestanding"}, "essai": date(2026, 3, 1),
}  # fmt: skip


def held(product):
    return {
        (row.attribute.code, row.value.code if row.value else row.text_fr or row.number or row.day)
        for row in ProductAttribute.objects.filter(product=product).select_related(
            "attribute", "value"
        )
    }


def test_each_kind_of_attribute_takes_a_value_of_its_kind(tent):
    assert sheet.set_attributes(tent, EVERYTHING)

    assert held(tent) == {
        ("saison", "ete"), ("saison", "hiver"), ("teinte", "vert"), ("arceaux", "yes"),
        ("poids", Decimal("1850.500")), ("mention", "Autoportante"), ("essai", date(2026, 3, 1)),
    }  # fmt: skip


def test_the_same_again_changes_nothing(tent):
    sheet.set_attributes(tent, EVERYTHING)
    before = CatalogChange.objects.count()

    assert not sheet.set_attributes(tent, EVERYTHING)
    assert CatalogChange.objects.count() == before


def test_another_value_takes_the_place_of_the_old_and_none_takes_it_off(tent):
    sheet.set_attributes(tent, EVERYTHING)
    sheet.set_attributes(
        tent, {"saison": "ete", "arceaux": False, "poids": 900, "mention": "", "essai": None}
    )

    assert held(tent) == {
        ("saison", "ete"), ("teinte", "vert"), ("arceaux", "no"), ("poids", Decimal("900.000")),
    }  # fmt: skip


@pytest.mark.parametrize(
    "code, value",
    [
        ("saison", "printemps"), ("saison", ["ete", "printemps"]), ("saison", 4),
        ("arceaux", "oui"), ("poids", "lourd"), ("poids", 1.5), ("poids", True),
        ("poids", Decimal("0.0001")), ("poids", Decimal("NaN")), ("poids", 10**9),
        ("mention", {"de": "Kuppelzelt"}), ("mention", "x" * 301), ("essai", "2026-03-01"),
        ("volume", 4),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_in_words_and_nothing_is_written(tent, code, value):
    with pytest.raises(sheet.Untyped) as refused:
        sheet.set_attributes(tent, {"teinte": "vert", code: value})

    assert refused.value.details["attribute"] == code
    assert str(refused.value)
    assert held(tent) == set()


def test_an_attribute_of_another_type_is_refused_but_may_be_taken_off(tent):
    attribute("pointure", "choice", "42")

    with pytest.raises(sheet.Untyped, match="Tent"):
        sheet.set_attributes(tent, {"pointure": "42"})
    assert not sheet.set_attributes(tent, {"pointure": None})


def test_the_database_holds_the_type_too(tent):
    poids = Attribute.objects.get(code="poids")
    with pytest.raises(IntegrityError), transaction.atomic():
        ProductAttribute.objects.create(product=tent, attribute=poids, text_fr="lourd")
    other = AttributeValue.objects.get(code="vert")
    saison = Attribute.objects.get(code="saison")
    with pytest.raises(IntegrityError), transaction.atomic():
        ProductAttribute.objects.create(product=tent, attribute=saison, value=other)


def test_yes_and_no_are_made_once():
    boolean = attribute("pliable", "boolean")

    assert sheet.yes_and_no(boolean) == sheet.yes_and_no(boolean)
    assert [value.name_fr for value in boolean.values.all()] == ["Oui", "Non"]


def test_a_document_is_a_pdf_by_its_content_and_not_too_large(monkeypatch):
    sheet.check_document(ContentFile(b"%PDF-1.7\n..."))
    with pytest.raises(Invalid):
        sheet.check_document(ContentFile(b"<html><script>"))
    with pytest.raises(Invalid):
        sheet.check_document(ContentFile(b""))
    monkeypatch.setattr(sheet, "LARGEST_DOCUMENT", 4)
    with pytest.raises(Invalid):
        sheet.check_document(ContentFile(b"%PDF-1.7"))
