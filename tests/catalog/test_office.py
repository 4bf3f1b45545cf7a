"""Pages of the back office that describe products and tell their history."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from catalog.acting import acting
from catalog.models import (
    Assortment,
    Attribute,
    BundleItem,
    CatalogChange,
    Category,
    Document,
    Guide,
    Product,
    ProductType,
    VariableArticle,
    VariableCode,
)
from tests.factories import CategoryFactory, ProductFactory, UserFactory, VariantFactory

pytestmark = pytest.mark.django_db
INLINES = ("variants", "pictures", "picture_sources", "videos", "documents", "relations",
           "assortment")  # fmt: skip


@pytest.fixture
def office(client):
    client.force_login(UserFactory(email="root@x.fr", is_staff=True, is_superuser=True))
    return client


@pytest.fixture
def tent():
    kind = ProductType.objects.create(code="tent", name_fr="Tente")
    season = Attribute.objects.create(code="saison", name_fr="Saison", position=1)
    for code in ("ete", "hiver"):
        season.values.create(code=code, name_fr=code.title())
    tint = Attribute.objects.create(code="teinte", name_fr="Teinte", kind="colour", position=2)
    tint.values.create(code="vert", name_fr="Vert", swatch="#0b5d4e")
    others = [
        Attribute.objects.create(code=code, name_fr=code.title(), kind=code, position=position)
        for position, code in enumerate(("boolean", "number", "date", "text"), start=3)
    ]
    kind.attributes.set([season, tint, *others])
    return ProductFactory(product_type=kind, name_fr="Igloo")


def posted(product, **more):
    counts = {f"{name}-{part}": 0 for name in INLINES for part in ("TOTAL_FORMS", "INITIAL_FORMS")}
    return {
        "name_fr": product.name, "slug": product.slug, "category": product.category_id,
        "tax_category": product.tax_category_id, "status": "active", "withdrawal": "",
        "product_type": product.product_type_id or "",
    } | counts | more  # fmt: skip


def describe(product):
    return reverse("admin:catalog_product_describe", args=[product.pk])


def test_a_product_is_described_by_a_field_for_each_attribute_of_its_type(office, tent):
    page = office.get(describe(tent)).content.decode()
    for name in ("a-saison", "a-teinte", "a-boolean", "a-number", "a-date", "a-text-fr"):
        assert f'name="{name}"' in page
    assert "#0b5d4e" in page

    office.post(
        describe(tent),
        {
            "key": "k", "a-saison": ["ete", "hiver"], "a-teinte": "vert", "a-boolean": "no",
            "a-number": "2,5", "a-date": "2026-03-01", "a-text-fr": "Double toit",
            "a-text-en": "Flysheet",
        },
    )  # fmt: skip

    rows = tent.attributes.select_related("attribute", "value")
    assert {(row.attribute.code, row.value.code) for row in rows if row.value} == {
        ("saison", "ete"), ("saison", "hiver"), ("teinte", "vert"), ("boolean", "no"),
    }  # fmt: skip
    assert str(rows.get(attribute__code="number").number) == "2.500"
    assert rows.get(attribute__code="text").text_en == "Flysheet"
    again = office.get(describe(tent)).content.decode()
    assert 'value="2026-03-01"' in again
    assert (
        "Double toit"
        in office.get(reverse("admin:catalog_product_change", args=[tent.pk])).content.decode()
    )


@pytest.mark.parametrize(
    "wrong", [{"a-saison": "printemps"}, {"a-number": "lourd"}, {"a-date": "31/02"}]
)
def test_what_does_not_fit_is_said_beside_its_field_and_nothing_is_written(office, tent, wrong):
    answer = office.post(describe(tent), {"key": "k", "a-text-fr": "x"} | wrong)

    assert answer.status_code == 422
    assert not tent.attributes.exists()


def test_a_yes_or_no_attribute_gets_its_values_by_itself(office):
    office.post(
        reverse("admin:catalog_attribute_add"),
        {
            "name_fr": "Pliable", "code": "pliable", "kind": "boolean", "unit": "", "position": 0,
            "filterable": "on", "values-TOTAL_FORMS": 0, "values-INITIAL_FORMS": 0,
        },
    )  # fmt: skip

    values = Attribute.objects.get(code="pliable").values.all()
    assert [value.name_fr for value in values] == ["Oui", "Non"]


def test_a_unit_belongs_to_a_number(office):
    answer = office.post(
        reverse("admin:catalog_attribute_add"),
        {
            "name_fr": "Pliable", "code": "pliable", "kind": "text", "unit": "kg", "position": 0,
            "values-TOTAL_FORMS": 0, "values-INITIAL_FORMS": 0,
        },
    )  # fmt: skip
    assert answer.status_code == 200
    assert not Attribute.objects.exists()


def test_a_product_is_sold_only_where_it_says_and_carries_a_pdf_alone(office, tent, settings):
    path = reverse("admin:catalog_product_change", args=[tent.pk])
    document = {"documents-TOTAL_FORMS": 1, "documents-0-title": "Notice",
                "documents-0-language": "fr", "documents-0-position": 0}  # fmt: skip
    bad = SimpleUploadedFile("notice.pdf", b"<html>", content_type="application/pdf")
    refused = office.post(path, posted(tent, **document, **{"documents-0-file": bad}))
    assert refused.status_code == 200
    assert not Document.objects.exists()

    good = SimpleUploadedFile("notice.pdf", b"%PDF-1.7 ...", content_type="application/pdf")
    place = {"assortment-TOTAL_FORMS": 1, "assortment-0-channel": "web", "assortment-0-store": ""}
    answer = office.post(path, posted(tent, **document, **place, **{"documents-0-file": good}))

    assert answer.status_code == 302
    assert Document.objects.get().title == "Notice"
    assert [(row.channel, row.store_id) for row in Assortment.objects.all()] == [("web", None)]


def test_a_set_is_made_of_articles_on_its_articles_page(office):
    bundle, item = VariantFactory(), VariantFactory()
    path = reverse("admin:catalog_variant_change", args=[bundle.pk])
    office.post(
        path,
        {
            "product": bundle.product_id, "active": "on", "sku": bundle.sku, "gtin": "",
            "position": 0, "eco_minor": 0, "weight_g": 0, "content": "", "measure": "",
            "items-TOTAL_FORMS": 1, "items-INITIAL_FORMS": 0, "items-0-item": item.pk,
            "items-0-quantity": 2, "prices-TOTAL_FORMS": 0, "prices-INITIAL_FORMS": 0,
        },
    )  # fmt: skip

    assert [(row.item_id, row.quantity) for row in BundleItem.objects.all()] == [(item.pk, 2)]


def test_a_shelf_changes_places_with_its_neighbour(office):
    first, second = CategoryFactory(name_fr="A"), CategoryFactory(name_fr="B")
    below = CategoryFactory(name_fr="C", parent=second)
    path = reverse("admin:catalog_category_change", args=[second.pk])
    data = {"name_fr": "B", "slug": second.slug, "parent": "", "place": "left"}

    office.post(path, data)

    assert [row.pk for row in Category.objects.order_by("path")] == [second.pk, below.pk, first.pk]
    office.post(path, data)  # it is the first already
    assert Category.objects.order_by("path").first() == second
    add = office.get(reverse("admin:catalog_category_below", args=[first.pk]))
    assert add["Location"].endswith(f"?parent={first.pk}")


def test_the_history_of_a_product_is_told_in_words(office, tent):
    worker = UserFactory(email="lea@example.org")
    with acting(f"user:{worker.pk}"):
        Product.objects.filter(pk=tent.pk).update(name_fr="Dôme")
        VariantFactory(product=tent, sku="DOME-1")

    page = office.get(reverse("admin:catalog_product_history", args=[tent.pk])).content.decode()

    assert "lea@example.org" in page
    assert "<del>Igloo</del> → <ins>Dôme</ins>" in page
    assert "DOME-1" in page


def test_all_changes_are_listed_found_filtered_and_never_written(office, tent):
    other = ProductFactory(name_fr="Gourde")
    path = reverse("admin:catalog_catalogchange_changelist")
    everything = office.get(path).content.decode()
    assert "Igloo" in everything

    only = office.get(path, {"table": "catalog_product", "who": "sql", "action__exact": "insert"})
    assert {row.table_name for row in only.context["cl"].result_list} == {"catalog_product"}
    assert {row.product_id for row in only.context["cl"].result_list} == {tent.pk, other.pk}
    row = CatalogChange.objects.first()
    detail = reverse("admin:catalog_catalogchange_change", args=[row.pk])
    assert office.get(detail).status_code == 200
    assert office.post(detail, {"actor": "x"}).status_code == 403


def test_the_list_of_changes_takes_ten_statements(office, tent, django_assert_max_num_queries):
    for number in range(30):
        Product.objects.filter(pk=tent.pk).update(name_fr=f"Igloo {number}")
    with django_assert_max_num_queries(10):
        office.get(reverse("admin:catalog_catalogchange_changelist"))


def test_a_guide_is_seen_before_it_is_published_and_runs_nothing(office, client):
    guide = Guide.objects.create(
        title_fr="Choisir", slug="choisir", summary_fr="…",
        body_fr="## Le poids\n<script>alert(1)</script>",
    )  # fmt: skip
    path = reverse("admin:catalog_guide_preview", args=[guide.pk])

    page = office.get(path).content.decode()

    assert "Le poids</h2>" in page
    assert "<script>alert" not in page
    client.logout()
    assert client.get(path).status_code == 302


def test_an_in_store_code_is_laid_out_with_its_articles(office):
    cheese = VariantFactory()
    data = {
        "prefix": "21", "name": "Balance", "carries": "price", "decimals": 2, "item_digits": 5,
        "value_digits": 4, "value_checked": "on", "articles-TOTAL_FORMS": 1,
        "articles-INITIAL_FORMS": 0, "articles-0-item_number": "12345",
        "articles-0-variant": cheese.pk,
    }  # fmt: skip
    add = reverse("admin:catalog_variablecode_add")
    assert office.post(add, data | {"value_digits": 7}).status_code == 200
    assert not VariableCode.objects.exists()
    assert office.post(add, data).status_code == 302
    assert VariableArticle.objects.get().variant == cheese
