"""Checkout: one order however often one presses, refusals in words, money that is never lost."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalog.models import Product
from catalog.services import set_price
from customers.models import Message
from customers.services.messages import preview
from inventory.models import Reservation, StockLevel
from loyalty.services.corrections import correct
from loyalty.services.points import join
from omnishop.kernel.templatetags.omnishop import format_day
from orders.models import Basket, Fulfilment, Order, Payment, SandboxCharge
from orders.offers import arrives_on
from orders.providers.sandbox import signed_notice
from orders.services import picking, pickup
from tests.channels.storefront import CONTACT, add, bank, order_now, small_shop, to_payment
from tests.factories import CustomerFactory, StockLevelFactory, UserFactory

pytestmark = pytest.mark.django_db


def text(response):
    words = response.content.decode().replace("&#x27;", "'")
    return words.replace("\u00a0", " ").replace("\u202f", " ")


def test_a_whole_purchase_takes_few_statements(client):
    """Ours: without the test's savepoints and the test bank's own books."""
    shop = small_shop()
    client.get("/rayon/randonnee/")
    earlier = Client()  # what every page remembers for a minute is warm
    add(earlier, shop.cup)
    to_payment(earlier, store=shop.lyon.pk)

    with CaptureQueriesContext(connection) as queries:
        add(client, shop.cup, HTTP_HX_REQUEST="true", HTTP_HX_TARGET="added")
        page = to_payment(client, store=shop.lyon.pk)
        order_now(client, page)
        confirmation = bank(client)
        client.get(confirmation["Location"])

    assert Order.objects.get().status == Order.Status.PLACED
    ours = [
        query["sql"]
        for query in queries
        if not query["sql"].startswith(("SAVEPOINT", "RELEASE"))
        and "orders_sandboxcharge" not in query["sql"]
    ]
    assert len(ours) <= 60, len(ours)


def test_a_delivery_is_ordered_with_its_price_and_its_day(client):
    shop = small_shop()
    add(client, shop.cup, 2)

    page = to_payment(client, method=shop.method.pk)
    assert "Commande avec obligation de paiement · 28,90 €" in text(page)
    order_now(client, page)
    response = bank(client)

    order = Order.objects.get()
    assert order.total_minor == 2890
    assert order.fulfilments.get().address["city"] == "Lyon"
    page = text(client.get(response["Location"]))
    assert "28,90 €" in page
    day = format_day(arrives_on(shop.method, order.paid_at), "fr").replace("\u00a0", " ")
    assert f"Au plus tard {day}" in page
    mail = preview(Message.objects.get(template="order_placed"))
    assert mail
    assert f"Au plus tard {day}." in mail.text.replace("\u00a0", " ")


@pytest.mark.parametrize(
    "postcode, first", [("62000", "Lille Centre"), ("38000", "Lyon Part-Dieu")]
)
def test_stores_that_can_do_as_much_stand_nearest_first(client, postcode, first):
    shop = small_shop()
    StockLevelFactory(variant=shop.cup, location=shop.lille.locations.get())
    add(client, shop.cup)
    to_payment(client, method=shop.method.pk, postcode=postcode)

    page = client.get("/commander/livraison/").content.decode()

    other = {"Lille Centre": "Lyon Part-Dieu", "Lyon Part-Dieu": "Lille Centre"}[first]
    assert page.index(first) < page.index(other)


def test_a_postcode_asked_of_the_store_finder_counts_at_checkout_too(client):
    shop = small_shop()
    StockLevelFactory(variant=shop.cup, location=shop.lille.locations.get())
    add(client, shop.cup)
    client.get("/magasins/", {"place": "62000"})
    client.post("/commander/contact/", CONTACT)

    page = client.get("/commander/livraison/").content.decode()

    assert page.index("Lille Centre") < page.index("Lyon Part-Dieu")
    assert 'value="62000"' in page


def test_a_reservation_is_placed_at_once_and_paid_in_the_store(client):
    shop = small_shop()
    add(client, shop.cup)

    response = order_now(client, to_payment(client, store=shop.lyon.pk), when="store")

    order = Order.objects.get()
    assert (order.status, order.paid_at) == (Order.Status.PLACED, None)
    assert "12,00 € à payer en magasin" in text(client.get(response["Location"]))
    assert not Payment.objects.exists()


def test_pressing_twice_and_going_back_makes_one_order(client):
    shop = small_shop()
    add(client, shop.cup)
    page = to_payment(client, store=shop.lyon.pk)

    first = order_now(client, page)
    second = order_now(client, page)
    assert first["Location"] == second["Location"]
    confirmation = bank(client)
    third = order_now(client, page)

    assert Order.objects.count() == 1
    assert third["Location"] == confirmation["Location"]
    assert (
        StockLevel.objects.get(variant=shop.cup, location=shop.lyon.locations.get()).reserved == 1
    )


def test_a_stale_price_shows_the_new_total_and_asks_again(client):
    shop = small_shop()
    add(client, shop.cup)
    page = to_payment(client, store=shop.lyon.pk)
    set_price(variant=shop.cup, amount_minor=1500, at=timezone.now() - timedelta(seconds=1))

    response = order_now(client, page)

    assert response.status_code == 409
    assert "Le nouveau total est de 15,00 €" in text(response)
    assert not Order.objects.exists()
    assert order_now(client, response).status_code == 302


@pytest.mark.parametrize("total", ["", "x", "-5", "0.1", "9" * 30])
def test_a_forged_total_is_refused(client, total):
    shop = small_shop()
    add(client, shop.cup)
    to_payment(client, store=shop.lyon.pk)

    response = client.post("/commander/paiement/", {"total": total, "when": "now"})

    assert response.status_code == 422
    assert not Order.objects.exists()


def test_goods_gone_meanwhile_name_the_article_and_offer_a_way_on(client):
    shop = small_shop()
    add(client, shop.jacket_m, 3)
    page = to_payment(client, store=shop.lyon.pk)
    StockLevel.objects.filter(variant=shop.jacket_m, location=shop.lyon.locations.get()).update(
        safety=4
    )

    response = order_now(client, page)

    assert response.status_code == 409
    assert "Veste imperméable : 3 demandés, 1 disponibles." in text(response)
    assert "Un autre magasin ou la livraison" in text(response)
    assert not Reservation.objects.exists()


def test_an_article_gone_from_sale_at_the_last_step_is_named(client):
    shop = small_shop()
    add(client, shop.cup)
    add(client, shop.jacket_m)
    page = to_payment(client, store=shop.lyon.pk)
    Product.objects.filter(slug="tasse").update(status=Product.Status.ARCHIVED)

    response = order_now(client, page)

    assert response.status_code == 409
    assert "Tasse émaillée n'est plus en vente" in text(response)
    assert not Order.objects.exists()


@pytest.mark.parametrize("store", ["", "x", "0", "999999"])
def test_a_store_that_is_none_is_refused_without_losing_the_basket(client, store):
    shop = small_shop()
    add(client, shop.cup)
    client.post("/commander/contact/", CONTACT)
    chosen = client.post("/commander/livraison/", {"way": "pickup", "store": store})

    if chosen.status_code == 302:
        assert client.get("/commander/paiement/").status_code == 302
    else:
        assert chosen.status_code == 422
        assert "Choisissez le magasin de retrait." in text(chosen)
    assert Basket.objects.get().lines.count() == 1


def test_a_half_filled_contact_is_told_field_by_field_and_keeps_the_rest(client):
    shop = small_shop()
    add(client, shop.cup)

    response = client.post(
        "/commander/contact/", {"name": "Camille", "email": "camille@", "phone": "12"}
    )

    assert response.status_code == 422
    assert "<title>Erreur" in text(response)
    assert "Ce n'est pas une adresse e-mail" in text(response)
    assert 'value="Camille"' in text(response)


def test_a_refusal_debits_nothing_and_can_be_tried_again(client):
    shop = small_shop()
    add(client, shop.cup)
    order_now(client, to_payment(client, store=shop.lyon.pk))

    refused = bank(client, "refuse")

    order = Order.objects.get()
    assert "Rien n'a été débité" in text(refused)
    assert order.status == Order.Status.AWAITING_PAYMENT
    again = client.post(f"/commande/{order.token}/payer/")
    assert again["Location"].startswith("/paiement-test/")
    bank(client)
    order.refresh_from_db()
    assert order.status == Order.Status.PLACED
    assert order.payments.count() == 2


def test_an_answer_that_is_late_says_do_not_pay_again_until_it_comes(client):
    shop = small_shop()
    add(client, shop.cup)
    order_now(client, to_payment(client, store=shop.lyon.pk))

    waiting = bank(client, "late")

    assert "Ne payez pas à nouveau" in text(waiting)
    assert Order.objects.get().status == Order.Status.AWAITING_PAYMENT
    charge = SandboxCharge.objects.get()
    body, headers = signed_notice(charge, at=timezone.now())
    for _twice in range(2):
        answer = client.post(
            "/paiement/notification/sandbox/",
            body,
            content_type="application/json",
            headers=headers,
        )
        assert answer.status_code == 204
    assert Order.objects.get().status == Order.Status.PLACED
    assert Payment.objects.get().captured_minor == 1200


def test_a_forged_notice_changes_nothing(client):
    shop = small_shop()
    add(client, shop.cup)
    order_now(client, to_payment(client, store=shop.lyon.pk))

    for provider in ("sandbox", "nobody"):
        answer = client.post(
            f"/paiement/notification/{provider}/", b"{}", content_type="application/json"
        )
        assert answer.status_code == 400
    assert Order.objects.get().status == Order.Status.AWAITING_PAYMENT


def test_an_order_paid_by_points_alone_needs_no_bank(client):
    shop = small_shop()
    user = UserFactory(email="camille@example.org")
    customer = CustomerFactory(user=user)
    join(customer=customer, at=timezone.now())
    correct(
        customer_id=customer.pk, points=240, reason="Geste", reference="R-1", actor="user:1",
        at=timezone.now(),
    )  # fmt: skip
    client.force_login(user)
    add(client, shop.cup)

    response = order_now(client, to_payment(client, store=shop.lyon.pk), points="1")

    order = Order.objects.get()
    assert order.status == Order.Status.PLACED
    assert order.payments.get().points == 240
    assert response["Location"] == f"/commande/{order.token}/"


def test_the_order_page_keeps_its_promises_word_by_word(client):
    shop = small_shop()
    add(client, shop.cup)
    order_now(client, to_payment(client, store=shop.lyon.pk))
    link = bank(client)["Location"]
    waiting = client.get(link)
    assert waiting["Cache-Control"] == "no-store, private"
    assert "pas encore prête" in text(waiting)
    fulfilment = Fulfilment.objects.get()
    picking.pick_all(fulfilment_id=fulfilment.pk, actor="u", at=timezone.now())
    pickup.ready(fulfilment_id=fulfilment.pk, actor="u", at=timezone.now())
    assert "Prête à retirer" in text(client.get(link))

    client.post(f"{link}annuler/{fulfilment.pk}/")

    order = Order.objects.get()
    assert order.status == Order.Status.CANCELLED
    assert order.payments.get().refunded_minor == 1200
    again = client.post(f"{link}annuler/{fulfilment.pk}/")
    assert again.status_code == 409
    assert "plus possible" in text(again)


def test_an_empty_basket_has_nothing_to_order(client):
    small_shop()
    client.post("/commander/contact/", CONTACT)

    for step in ("contact", "livraison", "paiement"):
        assert client.get(f"/commander/{step}/").status_code == 302
