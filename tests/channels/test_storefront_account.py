"""The account, consents, withdrawal, stores."""

import re
from datetime import date

import pytest
from django.utils import timezone

from customers.links import preferences_link
from customers.models import ConsentEvent, Message
from orders.models import Withdrawal
from orders.services import baskets, till
from tests.channels.storefront import add, bank, order_now, small_shop, to_payment
from tests.factories import CustomerFactory, StoreFactory, TillFactory, UserFactory

pytestmark = pytest.mark.django_db


def signed_in(client):
    user = UserFactory(email="camille@example.org")
    customer = CustomerFactory(user=user, first_name="Camille")
    client.force_login(user)
    return customer


def sold_at_till(customer, desk, variant):
    at = timezone.now()
    basket = baskets.start(at=at, channel="till", till=desk)
    baskets.add(basket_id=basket.pk, variant_id=variant.pk, quantity=1, at=at)
    baskets.identify(basket_id=basket.pk, customer=customer)
    order = till.open_order(
        basket_id=basket.pk, till=desk, expected_total_minor=None, actor="u", at=at
    )
    till.take_cash(order_id=order.pk, till=desk, tendered_minor=5000, key="k", at=at)
    return till.finish(order_id=order.pk, till=desk, actor="u", at=at)


@pytest.mark.parametrize("path", ["/mon-compte/", "/mon-compte/points/", "/mon-compte/profil/"])
def test_the_account_asks_to_sign_in(client, path):
    response = client.get(path)

    assert response.status_code == 302
    assert response["Location"].startswith("/compte/login/")


def test_purchases_of_all_channels_stand_in_one_list_with_the_till_s_receipt(client):
    shop = small_shop()
    customer = signed_in(client)
    receipt = sold_at_till(customer, TillFactory(store=shop.lyon), shop.cup)
    add(client, shop.jacket_m)
    order_now(client, to_payment(client, store=shop.lyon.pk))
    bank(client)

    page = client.get("/mon-compte/")
    ticket = client.get(f"/commande/{receipt.order.token}/")

    assert page["Cache-Control"] == "no-store, private"
    assert "Lyon Part-Dieu" in page.content.decode()
    assert "Veste imperméable" in page.content.decode()
    assert "Tasse émaillée" in page.content.decode()
    assert receipt.number in ticket.content.decode()


def test_joining_gives_a_card_and_ticks_no_consent(client):
    small_shop()
    customer = signed_in(client)
    assert "Adhérer" in client.get("/mon-compte/points/").content.decode()

    client.post("/mon-compte/points/")

    page = client.get("/mon-compte/points/").content.decode()
    assert customer.identities.get(kind="card").value in page
    assert not ConsentEvent.objects.exists()


def test_one_press_agrees_and_one_press_withdraws(client):
    customer = signed_in(client)

    client.post("/mon-compte/accord/", {"consent": "marketing-email", "answer": "yes"})
    client.post("/mon-compte/accord/", {"consent": "marketing-email", "answer": "no"})

    answers = ConsentEvent.objects.filter(customer=customer, channel="email").order_by("pk")
    assert [event.granted for event in answers] == [True, False]
    assert client.post("/mon-compte/accord/", {"consent": "x", "answer": "yes"}).status_code == 404


def test_a_link_from_a_mail_withdraws_without_sign_in(client):
    customer = CustomerFactory()

    link = f"/preferences/{preferences_link(customer)}/"
    assert client.get(link).status_code == 200
    client.post(link, {"consent": "all", "answer": "no"})

    assert ConsentEvent.objects.filter(customer=customer, granted=False).count() == 5


def test_the_profile_is_corrected(client):
    customer = signed_in(client)

    assert client.post("/mon-compte/profil/", {"language": "de"}).status_code == 422
    client.post("/mon-compte/profil/", {"first_name": "Léa", "last_name": "Roy", "language": "en"})

    customer.refresh_from_db()
    assert (customer.name, customer.language) == ("Léa Roy", "en")


def test_birth_date_postcode_and_store_are_the_person_s_to_say(client):
    customer, store = signed_in(client), StoreFactory()
    data = {"first_name": "Léa", "last_name": "Roy", "language": "fr", "postcode": "69003"}
    late = client.post("/mon-compte/profil/", data | {"birth_date": "2999-01-01"})
    assert late.status_code == 422

    client.post("/mon-compte/profil/", data | {"birth_date": "1984-03-12", "home_store": store.pk})

    customer.refresh_from_db()
    assert (customer.birth_date, customer.postcode) == (date(1984, 3, 12), "69003")
    assert (customer.home_store, customer.home_store_rule) == (store, "chosen")
    page = client.get("/mon-compte/profil/").content.decode()
    assert 'value="1984-03-12"' in page


WITHDRAWAL = {"name": "Camille", "email": "camille@example.org", "order_number": "O-404"}


def test_a_withdrawal_takes_two_presses_and_answers_the_same_whatever_exists(client):
    first = client.post("/renoncer/", WITHDRAWAL | {"step": "read"})
    assert "Confirmer la rétractation" in first.content.decode()
    assert not Withdrawal.objects.exists()

    done = client.post("/renoncer/", WITHDRAWAL | {"step": "confirm"})

    declared = Withdrawal.objects.get()
    assert declared.reference in done.content.decode()
    assert Message.objects.get().template == "withdrawal_receipt"


def test_a_withdrawal_without_a_name_is_told_and_kept_on_the_page(client):
    response = client.post("/renoncer/", WITHDRAWAL | {"name": "", "step": "confirm"})

    assert response.status_code == 422
    assert 'value="O-404"' in response.content.decode()
    assert not Withdrawal.objects.exists()


def test_a_chosen_store_is_kept_and_shown_in_the_header(client):
    small_shop()

    response = client.post(
        "/magasins/choisir/", {"store": "lille", "next": "https://evil.example/"}
    )

    assert response["Location"] == "/magasins/lille/"
    assert "Lille Centre" in client.get("/bandeau/").content.decode()
    assert client.post("/magasins/choisir/", {"store": "nope"}).status_code == 422


def test_an_unknown_store_is_answered_with_what_each_store_has_of_the_basket(client):
    """The list of stores with their times, which the page of a basket shows (S2)."""
    shop = small_shop()
    add(client, shop.cup)

    page = client.post("/magasins/choisir/", {"store": "nope"})

    assert page.status_code == 422
    assert "choisissez" in page.content.decode().lower()


def test_the_nearest_store_of_a_postcode_comes_first(client):
    small_shop()

    page = client.get("/magasins/?place=59800").content.decode()

    assert page.index("Lille Centre") < page.index("Lyon Part-Dieu")
    assert "Aucun magasin" in client.get("/magasins/?place=zzz").content.decode()


@pytest.mark.parametrize("place, first", [("62000", "Lille Centre"), ("38000", "Lyon Part-Dieu")])
def test_a_postcode_without_a_store_of_ours_has_its_nearest_ones_first(client, place, first):
    small_shop()

    page = client.get("/magasins/", {"place": place}).content.decode()
    page = re.sub(r'value="\w{64}"', "", page)  # a form's token may well have "km" in it

    other = {"Lille Centre": "Lyon Part-Dieu", "Lyon Part-Dieu": "Lille Centre"}[first]
    assert page.index(first) < page.index(other)
    assert "Aucun magasin" not in page
    assert "km" not in page[page.index(first) : page.index(other)]  # only roughly known


def test_stores_answer_for_the_whole_basket(client):
    shop = small_shop()
    add(client, shop.jacket_m)
    add(client, shop.cup)

    page = client.get("/magasins/").content.decode()

    assert "Tout prêt" in page
    assert "Pas ici" in page
