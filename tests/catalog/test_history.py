"""Every change of the catalogue leaves a row, whoever makes it and by whatever door."""

import pytest
from django.db import connection, transaction
from django.db.models import F
from django.db.utils import DatabaseError
from django.urls import reverse
from django.utils.translation import override

from catalog import history, services, sheet
from catalog.acting import acting
from catalog.models import Attribute, Brand, CatalogChange, Category, Price, Product, Variant
from tests.factories import (
    NOON,
    BrandFactory,
    CategoryFactory,
    PriceListFactory,
    ProductFactory,
    StaffFactory,
    UserFactory,
    VariantFactory,
)

pytestmark = pytest.mark.django_db
STAFF = "omnishop.network.backends.StaffBackend"
DERIVED = ("search_", "listed_", "rating", "popularity", "created_at", "updated_at")


def changes(table, **which):
    return list(CatalogChange.objects.filter(table_name=table, **which).order_by("pk"))


def test_a_change_keeps_what_was_and_what_is_of_the_columns_that_changed():
    product = ProductFactory(name_fr="Tente", status="draft")
    with acting("user:12"):
        product.name_fr, product.status = "Tente Igloo", "active"
        product.save()

    last = changes("catalog_product")[-1]

    assert (last.row_id, last.product_id, last.action) == (product.pk, product.pk, "update")
    assert last.before == {"name_fr": "Tente", "status": "draft"}
    assert last.after == {"name_fr": "Tente Igloo", "status": "active"}
    assert last.actor == "user:12"


def test_saving_the_same_or_what_is_derived_leaves_nothing():
    product = VariantFactory().product
    before = CatalogChange.objects.count()

    product.save()
    services.refresh_search([product.pk])
    Product.objects.update(popularity=F("popularity") + 5)

    assert CatalogChange.objects.count() == before


def test_bulk_updates_inserts_and_sql_are_caught_too():
    product = ProductFactory()
    Variant.objects.bulk_create(Variant(product=product, sku=f"B-{n}") for n in range(3))
    Variant.objects.filter(product=product).update(weight_g=500)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE catalog_variant SET eco_minor = 12 WHERE sku = 'B-1'")
    Variant.objects.filter(sku="B-2").delete()

    rows = changes("catalog_variant", product_id=product.pk)

    assert [row.action for row in rows] == ["insert"] * 3 + ["update"] * 4 + ["delete"]
    assert rows[3].after == {"weight_g": 500}
    assert (rows[6].before, rows[6].after) == ({"eco_minor": 0}, {"eco_minor": 12})
    assert rows[7].before["sku"] == "B-2"
    assert rows[6].actor.startswith("sql:")


def test_options_attributes_shelves_and_brands_are_caught():
    variant = VariantFactory()
    colour = Attribute.objects.create(code="c", name_fr="Couleur")
    red = colour.values.create(code="red", name_fr="Rouge")
    variant.options.add(red)
    sheet.set_attributes(variant.product, {"c": "red"})
    Brand.objects.filter(pk=BrandFactory().pk).update(name="Autre")
    camp = CategoryFactory()
    Category.objects.move(CategoryFactory(), camp, "last-child")

    assert changes("catalog_variant_options")[0].product_id == variant.product_id
    assert changes("catalog_productattribute")[0].after["value_id"] == red.pk
    assert changes("catalog_brand")[-1].after == {"name": "Autre"}
    assert "path" in changes("catalog_category")[-1].after or changes("catalog_category")


def test_the_name_ends_with_the_block_and_the_transaction():
    product = ProductFactory()
    with acting("import:4"):
        Product.objects.filter(pk=product.pk).update(withdrawal="hygiene")
        with acting("user:7"):
            Product.objects.filter(pk=product.pk).update(withdrawal="perishable")
        Product.objects.filter(pk=product.pk).update(withdrawal="hygiene")
    Product.objects.filter(pk=product.pk).update(withdrawal="")

    actors = [row.actor for row in changes("catalog_product", action="update")]

    assert actors[:3] == ["import:4", "user:7", "import:4"]
    assert actors[3].startswith("sql:")


def test_a_rolled_back_change_leaves_nothing_and_history_cannot_be_rewritten():
    product = ProductFactory()
    before = CatalogChange.objects.count()
    with transaction.atomic(), acting("user:1"):
        Product.objects.filter(pk=product.pk).update(withdrawal="hygiene")
        transaction.set_rollback(True)
    assert CatalogChange.objects.count() == before
    with pytest.raises(DatabaseError), transaction.atomic():
        CatalogChange.objects.update(actor="nobody")
    with pytest.raises(DatabaseError), transaction.atomic():
        CatalogChange.objects.all().delete()


def test_a_reading_names_nobody_and_costs_nothing(django_assert_num_queries):
    product = ProductFactory()
    with django_assert_num_queries(1), acting("user:1"):
        Product.objects.get(pk=product.pk)


def test_the_back_office_signs_with_its_login(client):
    user = UserFactory(email="root@x.fr", is_staff=True, is_superuser=True)
    client.force_login(user)
    client.post(reverse("admin:catalog_brand_add"), {"name": "Cairn", "slug": "cairn"})

    assert changes("catalog_brand")[-1].actor == f"user:{user.pk}"


def test_every_column_of_a_kept_table_is_kept_but_for_what_is_derived():
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT c.relname, a.attname
              FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
              JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
             WHERE t.tgname = 'history_update' AND a.attnum <> ALL (t.tgattr::int2[])
               AND a.attname <> 'id'
               AND NOT EXISTS (SELECT FROM pg_attribute f WHERE f.attrelid = c.oid
                                AND f.attname = a.attname || '_fr')
            """
        )
        unkept = {(table, name) for table, name in cursor if not name.startswith(DERIVED)}

    assert unkept == {
        ("catalog_category", "depth"),
        ("catalog_category", "numchild"),
        ("catalog_picture", "width"),
        ("catalog_picture", "height"),
        ("catalog_coupon", "used"),
    }


def test_nothing_derived_of_a_product_is_kept():
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT a.attname FROM pg_trigger t JOIN pg_attribute a ON a.attrelid = t.tgrelid
               AND a.attnum = ANY (t.tgattr::int2[])
             WHERE t.tgname = 'history_update' AND t.tgrelid = 'catalog_product'::regclass
            """
        )
        kept = {name for (name,) in cursor}

    assert "name_fr" in kept
    assert not {name for name in kept if name.startswith(DERIVED)}


def test_a_change_is_told_in_words():
    user = UserFactory(email="lea@example.org")
    old, new = CategoryFactory(name_fr="Tentes"), CategoryFactory(name_fr="Abris")
    product = ProductFactory(category=old, status="draft")
    with acting(f"user:{user.pk}"):
        Product.objects.filter(pk=product.pk).update(category=new, status="active")

    with override("en"):
        [last] = history.told(CatalogChange.objects.order_by("-pk")[:1])

    assert last.who == "lea@example.org"
    assert {(f.label, f.before, f.after) for f in last.fields} == {
        ("category", "Tentes", "Abris"),
        ("status", "draft", "on sale"),
    }


def test_words_take_a_statement_for_each_table_pointed_at(django_assert_num_queries):
    first = CategoryFactory()
    with acting("user:1"):
        for _each in range(5):
            product = ProductFactory(category=first)
            Product.objects.filter(pk=product.pk).update(category=CategoryFactory())
    rows = list(CatalogChange.objects.filter(table_name="catalog_product", action="update"))

    with django_assert_num_queries(2):
        history.told(rows)


def test_a_price_says_who_set_it():
    """Set on a page, brought by an import, or written by hand in the database."""
    user = UserFactory(email="lea@example.org")
    variant, other, third = VariantFactory(price=2000), VariantFactory(), VariantFactory()
    with acting(f"user:{user.pk}"):
        services.set_price(variant=variant, amount_minor=1800, at=NOON)
    with acting("import:4"):
        services.set_price(variant=other, amount_minor=900, at=NOON)
    services.set_price(variant=third, amount_minor=700, at=NOON)

    found = dict(Price.objects.filter(valid_from=NOON).values_list("variant_id", "actor"))

    assert found.pop(third.pk).startswith("sql:")
    assert found == {variant.pk: f"user:{user.pk}", other.pk: "import:4"}


def test_the_price_list_in_the_back_office_names_them(client, django_assert_max_num_queries):
    client.force_login(StaffFactory(role="head_office", all_stores=True).user, backend=STAFF)
    for n in range(8):
        user = UserFactory(email=f"set{n}@example.org")
        with acting(f"user:{user.pk}"):
            services.set_price(variant=VariantFactory(), amount_minor=1800 + n, at=NOON)

    with django_assert_max_num_queries(10):
        page = client.get(reverse("admin:catalog_price_changelist")).content.decode()

    assert all(f"set{n}@example.org" in page for n in range(8))


def test_a_price_list_is_part_of_the_history():
    with acting("user:7"):
        row = PriceListFactory(name="Tarif Lyon")

    [change] = changes("catalog_pricelist", row_id=row.pk)
    assert (change.action, change.actor) == ("insert", "user:7")
    assert change.after["name"] == "Tarif Lyon"
