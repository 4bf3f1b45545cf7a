"""Long lists stay quick (FIELD 8d)."""

import pytest

from catalog.models import Product
from customers.models import Customer
from inventory.models import StockLevel, StockMovement
from omnishop.kernel.admin import EstimatedPaginator
from orders.models import (
    Order,
)
from tests.back_office.registered import url
from tests.factories import (
    CustomerFactory,
    StaffFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "model", [Order, Product, Customer, StockLevel, StockMovement], ids=lambda m: m._meta.label
)
def test_a_long_list_takes_ten_statements_and_no_full_count(
    client, a_and_b, model, django_assert_max_num_queries, monkeypatch
):
    a, _b = a_and_b
    StaffFactory(user=UserFactory(email="head@x.fr", is_staff=True), role="head_office",
                 all_stores=True)  # fmt: skip
    monkeypatch.setattr("omnishop.kernel.admin.COUNTED_UP_TO", 1)
    for user in (a.user, type(a.user).objects.get(email="head@x.fr")):
        client.force_login(user)
        with django_assert_max_num_queries(10) as seen:
            assert client.get(url(model)).status_code == 200
        counts = [
            query["sql"] for query in seen.captured_queries
            if "COUNT(*)" in query["sql"] and "LIMIT" not in query["sql"]
        ]  # fmt: skip
        assert not counts


def test_the_estimate_takes_over_beyond_the_limit(monkeypatch):
    monkeypatch.setattr("omnishop.kernel.admin.COUNTED_UP_TO", 2)
    for _each in range(5):
        CustomerFactory()
    assert EstimatedPaginator(Customer.objects.all(), 50).count >= 3
    assert EstimatedPaginator(Customer.objects.filter(pk=0), 50).count == 0
