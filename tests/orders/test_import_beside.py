"""An import of the catalogue and the shop's business go on beside each other (F-21, F-22)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, connections

from catalog.imports import apply, run
from catalog.imports.formats import Choices
from catalog.models import ImportRun, Product, Variant
from orders.services import checkout
from orders.services.ways import Pickup
from tests.factories import NOON, StoreFactory, TaxCategoryFactory
from tests.orders.flows import contact, filled, stocked

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]


def test_an_order_of_an_article_passes_while_a_batch_that_changes_it_is_open(
    monkeypatch, tmp_path, settings
):
    """The order is placed, at the old price, between the batch's statements and its commit."""
    settings.VAR_DIR = tmp_path
    TaxCategoryFactory(code="standard")
    store = StoreFactory()
    variant = stocked(store, price=2000)
    Variant.objects.filter(pk=variant.pk).update(sku="HOT")
    basket = filled((variant, 1))
    path = tmp_path / "prices.csv"
    path.write_text("sku;name;price\nHOT;New name;15,00\nNEW;New thing;1,00\n")
    totals = []

    def buy():
        try:
            with connection.cursor() as cursor:
                cursor.execute("SET lock_timeout = '3s'")
            return checkout.place(
                basket_id=basket.pk,
                request=checkout.Request(contact=contact(), way=Pickup(store.pk)),
                at=NOON,
            ).total_minor
        finally:
            connections.close_all()

    real = apply.Applier._write

    def write(self, new):
        real(self, new)
        with ThreadPoolExecutor(1) as pool:
            totals.append(pool.submit(buy).result(timeout=30))

    monkeypatch.setattr(apply.Applier, "_write", write)
    run.import_file(path, Choices(format="csv"), at=NOON + timedelta(hours=1))

    assert totals == [2000]
    assert ImportRun.objects.values_list("changed", "created").get() == (1, 1)
    assert Product.objects.filter(name_fr="New name").exists()
