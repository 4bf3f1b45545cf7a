"""Shelf labels: the price of the till, the mentions of the law, the way to the shelf page."""

import base64
import re
import zlib
from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse
from django.utils.translation import override

from catalog.label_sheets import sheet_pdf
from catalog.labels import MOST, labels, mentions
from catalog.pricing import UnitPrice
from catalog.services import set_price
from omnishop.kernel.errors import Invalid
from tests.channels.till_desk import shop  # noqa: F401  a fixture of the tills
from tests.factories import (
    NOON,
    OperationFactory,
    PriceListFactory,
    PromotionFactory,
    StaffFactory,
    StoreFactory,
    TillFactory,
    VariantFactory,
)
from tests.orders.flows import sold, stocked

pytestmark = pytest.mark.django_db


def said(pdf: bytes) -> str:
    """The words drawn in a PDF of ours."""
    text = b""
    for stream in re.findall(rb"stream\r?\n(.*?)endstream", pdf, re.DOTALL):
        text += zlib.decompress(base64.a85decode(stream.strip().removesuffix(b"~>")))
    return text.decode("latin-1").encode("latin-1").decode("cp1252", "replace")


def test_the_label_is_at_the_price_that_the_stores_till_charges():
    desk, elsewhere = TillFactory(), StoreFactory()
    variant = stocked(desk.store, price=2000)
    own = PriceListFactory(store=desk.store, channel="till")
    set_price(variant=variant, amount_minor=1850, at=NOON - timedelta(days=40), price_list=own)

    here = labels([variant.pk], store=desk.store, at=NOON)[0]
    there = labels([variant.pk], store=elsewhere, at=NOON)[0]
    charged = sold(desk, (variant, 1)).lines.get().total_minor

    assert (here.price.amount_minor, charged) == (1850, 1850)
    assert there.price.amount_minor == 2000


def test_the_code_opens_the_shelf_page_of_that_store(settings):
    settings.SITE_URL = "https://shop.example"
    store = StoreFactory(code="LYO")
    by_gtin = VariantFactory(gtin="3017620422003")
    by_sku = VariantFactory(sku="TENT 2/P")

    found = {label.sku: label.address for label in labels(
        [by_gtin.pk, by_sku.pk], store=store, at=NOON
    )}  # fmt: skip

    assert found[by_gtin.sku] == "https://shop.example/p/3017620422003/?m=LYO"
    assert found["TENT 2/P"] == "https://shop.example/p/TENT%202%2FP/?m=LYO"


def test_the_reference_of_prc_1_and_the_eco_participation_are_mentioned():
    with override("fr"):
        words = mentions(
            UnitPrice(1500, 2000, reference_minor=1800, eco_minor=12, content=750, measure="g")
        )

    assert [line.replace("\xa0", " ") for line in words] == [
        "Prix le plus bas des 30 derniers jours : 18,00 €",
        "20,00 €/kg",
        "dont 0,12 € d'éco-participation",
    ]  # fmt: skip


def test_an_offer_of_the_store_stands_on_its_label_with_its_last_day():
    """The till takes it off by itself, so the label says it; another store's label does not."""
    here, elsewhere = TillFactory().store, StoreFactory()
    variant = VariantFactory(price=2000)
    operation = OperationFactory(ends_at=datetime(2026, 11, 30, 23, tzinfo=UTC))  # midnight, Paris
    operation.stores.add(here)
    PromotionFactory(operation=operation, name="Deux pour un").products.add(variant.product)
    PromotionFactory(operation=operation, name="Sur tout le panier")
    PromotionFactory(operation=operation, name="Avec un code", by_coupon=True).products.add(
        variant.product
    )

    [ours], [theirs] = (labels([variant.pk], store=store, at=NOON) for store in (here, elsewhere))

    with override("fr"):
        words = [line.replace("\xa0", " ") for line in mentions(ours.price, ours.offer)]
    assert words == ["Deux pour un, jusqu’au 30 nov. 2026"]
    assert theirs.offer is None


def test_the_sheet_says_name_price_former_price_and_mention():
    variant = VariantFactory(price=2000, product__name="Théière « Œuf » à fond émaillé")
    set_price(variant=variant, amount_minor=1500, at=NOON - timedelta(days=1))
    store = StoreFactory()

    with override("fr"):
        pdf = sheet_pdf(labels([variant.pk], store=store, at=NOON), sheet="a4")

    text = said(pdf).replace("\xa0", " ")
    assert pdf.startswith(b"%PDF")
    assert variant.sku in text
    assert "15,00" in text
    assert "Prix le plus bas des 30 derniers jours" in text


def pages(pdf: bytes) -> int:
    return len(re.findall(rb"/Type /Page\b", pdf))


def test_twenty_four_labels_are_one_sheet_and_the_next_begins_another():
    found = labels([VariantFactory().pk], store=StoreFactory(), at=NOON)

    assert pages(sheet_pdf(found, sheet="a4", copies=24)) == 1
    assert pages(sheet_pdf(found, sheet="a4", copies=25)) == 2
    assert pages(sheet_pdf(found, sheet="single", copies=3)) == 3


def test_what_is_not_sold_here_or_too_much_is_refused():
    found = labels([VariantFactory().pk], store=StoreFactory(), at=NOON)
    assert labels([VariantFactory(active=False).pk], store=StoreFactory(), at=NOON) == []

    for wrong in (([], "a4", 1), (found, "letter", 1), (found, "a4", MOST + 1)):
        with pytest.raises(Invalid):
            sheet_pdf(wrong[0], sheet=wrong[1], copies=wrong[2])


def test_letters_that_the_font_lacks_do_not_stop_the_printer():
    variant = VariantFactory(product__name="Łódź 世界 \u202f−10 %")

    assert sheet_pdf(labels([variant.pk], store=StoreFactory(), at=NOON), sheet="single")


def test_labels_take_three_statements_whatever_their_number(django_assert_num_queries):
    store = StoreFactory()
    ids = [VariantFactory().pk for _ in range(5)]

    with django_assert_num_queries(3):
        assert len(labels(ids, store=store, at=NOON)) == 5


def test_the_back_office_prints_for_stores_the_reader_sees_alone(client):
    mine, other = StoreFactory(), StoreFactory()
    member = StaffFactory(role="store_manager", stores=[mine])
    client.force_login(member.user, backend="omnishop.network.backends.StaffBackend")
    variant = VariantFactory()
    chosen = {"action": "print_labels", "_selected_action": [variant.pk]}
    page = reverse("admin:catalog_variant_labels")
    assert client.get(page).status_code == 302  # nothing chosen

    assert client.post(reverse("admin:catalog_variant_changelist"), chosen).url == page
    assert client.get(page).status_code == 200
    asked = {"key": "k", "store": mine.pk, "sheet": "a4", "copies": 2}
    printed = client.post(page, asked)

    assert printed["Content-Type"] == "application/pdf"
    assert printed.content.startswith(b"%PDF")
    assert client.post(page, asked | {"store": other.pk}).status_code == 422


def test_the_till_shows_an_article_and_prints_its_label(shop, django_assert_max_num_queries):  # noqa: F811  it
    variant = shop.article(price=1990)
    with django_assert_max_num_queries(14):
        page = shop.get(f"/till/article/{variant.pk}/")
    assert "19,90" in page.content.decode()

    printed = shop.get(f"/till/article/{variant.pk}/label/")

    assert printed["Content-Type"] == "application/pdf"
    assert shop.get("/till/article/999999/").status_code == 404
    assert shop.get("/till/article/999999/label/").status_code == 404
