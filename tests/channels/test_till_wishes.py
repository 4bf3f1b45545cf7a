"""The wish list of the customer of a sale, at the till (UX T5, T8)."""

from orders.services import wishes
from tests.channels.till_desk import HTMX
from tests.factories import NOON, CustomerFactory


def wanted(person, variant):
    wishes.add(customer=person, product_id=variant.product_id, variant_id=variant.pk, at=NOON)


def test_a_wish_is_seen_with_its_stock_and_enters_the_sale_in_one_press(
    shop,
    django_assert_max_num_queries,
):
    person = CustomerFactory()
    bought, wish, lacking = shop.article(), shop.article(price=3000), shop.article(on_hand=0)
    wanted(person, wish)
    wanted(person, lacking)
    wanted(CustomerFactory(), shop.article())
    shop.sale(bought, customer=person)

    assert 'hx-get="/till/customer/wishes/"' in shop.get("/till/").content.decode()
    with django_assert_max_num_queries(13):
        part = shop.get("/till/customer/wishes/").content.decode()
    assert part.count('name="code"') == 2
    assert wish.sku in part
    assert "10 ici" in part
    assert part.index(wish.sku) < part.index(lacking.sku)

    shop.post("/till/scan/", {"code": wish.sku}, **HTMX)
    again = shop.get("/till/customer/wishes/").content.decode()
    assert wish.sku not in again
    assert lacking.sku in again


def test_a_sale_of_nobody_shows_nobodys_wishes(shop):
    wanted(CustomerFactory(), shop.article())
    shop.sale(shop.article())

    assert shop.get("/till/customer/wishes/").content.decode().strip() == ""
