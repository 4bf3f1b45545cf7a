"""The till's sale: who may enter, scans, lines, customers, baskets of the site (UX T1 to T9)."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from catalog.services import refresh_search
from customers.models import ConsentEvent, Customer, Identity, Message
from customers.services.messages import send
from loyalty.models import Account
from loyalty.services.points import join
from loyalty.services.referrals import code_of
from omnishop.network.models import Store
from orders.models import Basket, BasketLine
from orders.services import baskets, till, wanted
from tests.channels.till_desk import HTMX, statements
from tests.factories import (
    NOON,
    BasketFactory,
    BasketLineFactory,
    CustomerFactory,
    StaffFactory,
    StockLevelFactory,
    StoreFactory,
    TillFactory,
    UserFactory,
)

SALE = "/till/"
SCAN = "/till/scan/"
LINE = "/till/line/"


def lines(basket):
    return dict(basket.lines.values_list("variant_id", "quantity"))


def only_basket():
    return Basket.objects.get()


# --- Who may enter ------------------------------------------------------------------------------


def test_strangers_sign_in_first_and_shoppers_are_refused(client, shop):
    shopper = UserFactory()

    assert client.get(SALE).status_code == 302
    client.force_login(shopper, backend="omnishop.network.backends.StaffBackend")
    assert client.get(SALE).status_code == 403
    assert client.post(SCAN, {"code": "X"}).status_code == 403


def test_the_till_is_chosen_once_among_those_of_ones_stores(shop):
    other = TillFactory()
    client = shop.sign_in(shop.staff, None)

    assert client.get(SALE).headers["Location"] == reverse("till:choose")
    page = client.get("/till/choose/").content.decode()
    assert shop.store.name in page
    assert f">{other.store.name}<" not in page
    assert client.post("/till/choose/", {"till": other.pk}).status_code == 404
    assert client.post("/till/choose/", {"till": "x"}).status_code == 404
    assert client.post("/till/choose/", {"till": shop.till.pk}).status_code == 302
    assert client.get(SALE).status_code == 200


def test_staff_who_leave_the_store_are_out_at_once(shop):
    shop.staff.stores.clear()

    assert shop.get(SALE).headers["Location"] == reverse("till:choose")
    assert shop.post(SCAN, {"code": "X"}, **HTMX).headers["HX-Redirect"] == reverse("till:choose")
    assert not Basket.objects.exists()


@pytest.mark.parametrize("home", ["/till/", "/en/till/"])
def test_what_is_not_there_and_what_is_not_allowed_keep_the_tills_frame(client, shop, home):
    missing = shop.get(f"{home}pay/99999/")
    nowhere = shop.get(f"{home}no/such/page/")
    client.force_login(UserFactory(), backend="omnishop.network.backends.StaffBackend")
    denied = client.get(home)

    assert [page.status_code for page in (missing, nowhere, denied)] == [404, 404, 403]
    for page in (missing, nowhere):
        assert 'class="till-bar"' in page.content.decode()
        assert f'href="{home}" data-key="Escape"' in page.content.decode()
    assert 'class="till-main' in denied.content.decode()
    assert 'class="till-bar"' not in shop.get("/no/such/page/").content.decode()


# --- Scans --------------------------------------------------------------------------------------


def test_a_scan_adds_a_unit_and_shows_the_line_and_the_total(shop):
    article = shop.article(price=4990, sku="VESTE-M", gtin="3017620422003")

    shop.post(SCAN, {"code": "3017620422003"}, **HTMX)
    answer = shop.post(SCAN, {"code": "VESTE-M"}, **HTMX)

    assert answer.status_code == 200
    assert lines(only_basket()) == {article.pk: 2}
    body = answer.content.decode()
    assert "99,80\u00a0€" in body
    assert 'hx-swap-oob="true"' in body
    assert "<html" not in body


def test_without_scripts_a_scan_comes_back_to_the_page(shop):
    shop.article(sku="VESTE-M")

    assert shop.post(SCAN, {"code": "VESTE-M"}).headers["Location"] == SALE
    assert "VESTE-M" in shop.get(SALE).content.decode()


def test_an_unknown_code_is_named_and_the_sale_goes_on(shop):
    article = shop.article(sku="VESTE-M")
    shop.post(SCAN, {"code": "VESTE-M"}, **HTMX)

    answer = shop.post(SCAN, {"code": "4006381333931"}, **HTMX)

    assert (answer.status_code, answer.headers["X-Refusal"]) == (404, "not_found")
    assert "4006381333931" in answer.content.decode()
    assert "VESTE-M" in answer.content.decode()
    assert lines(only_basket()) == {article.pk: 1}


@pytest.mark.parametrize("code", ["", "   ", "\u0000", "<svg onload=1>", "9" * 500, "-1", "0.1"])
def test_a_senseless_code_is_refused_in_words(shop, code):
    answer = shop.post(SCAN, {"code": code}, **HTMX)

    assert answer.status_code in (404, 422)
    assert "<svg onload" not in answer.content.decode()
    assert not BasketLine.objects.exists()


def test_words_find_articles_with_stock_here_nearby_and_to_send(shop):
    article = shop.article(product__name="Veste imperméable", on_hand=2)
    refresh_search()
    far = StoreFactory(name="Lyon Part-Dieu")
    StockLevelFactory(variant=article, location=far.locations.get(), on_hand=7)

    found = shop.get("/till/search/", {"code": "veste"}).content.decode()
    entered = shop.post(SCAN, {"code": "veste"}, **HTMX)

    assert "Veste imperméable" in found
    assert "Lyon Part-Dieu" in found
    assert entered.status_code == 200
    assert "Veste imperméable" in entered.content.decode()
    assert not BasketLine.objects.exists()


def test_an_article_no_longer_on_sale_is_refused(shop):
    shop.article(sku="OLD", active=False)

    assert shop.post(SCAN, {"code": "OLD"}, **HTMX).status_code == 409
    assert not BasketLine.objects.exists()


def test_a_sale_under_payment_does_not_take_scans(shop):
    basket = shop.sale(shop.article(sku="A"))
    shop.article(sku="B")
    order = till.open_order(
        basket_id=basket.pk, till=shop.till, expected_total_minor=None, actor="u", at=NOON
    )

    assert shop.post(SCAN, {"code": "B"}, **HTMX).status_code == 409
    assert basket.lines.count() == 1
    assert shop.get(SALE).headers["Location"] == reverse("till:payment", args=[order.pk])


def test_a_scan_takes_six_statements_into_a_sale_of_any_length(shop):
    """All of the request: session, login, till with its scope, then the three of the scan (DESIGN
    6). The one that begins a sale takes two more."""
    articles = [shop.article(product__name=f"Article {n}") for n in range(21)]
    taken = []
    for article in articles:
        with CaptureQueriesContext(connection) as queries:
            answer = shop.post(SCAN, {"code": article.sku}, **HTMX)
        assert article.sku in answer.content.decode()
        taken.append(len(statements(queries)))

    assert answer.content.decode().count("data-line ") == 21
    assert taken == [8] + 20 * [6]


def test_a_second_scan_of_an_article_takes_six_statements(shop):
    article = shop.article()
    shop.post(SCAN, {"code": article.sku}, **HTMX)

    with CaptureQueriesContext(connection) as queries:
        shop.post(SCAN, {"code": article.sku}, **HTMX)

    assert len(statements(queries)) == 6
    assert lines(only_basket()) == {article.pk: 2}


def test_a_line_shows_stock_here_nearby_and_to_send(shop):
    article = shop.article(sku="VESTE-M", on_hand=2)
    near, far = (
        StoreFactory(name=name, latitude=lat) for name, lat in (("Lille", 50.6), ("Nice", 43.7))
    )
    for place in (far, near):
        StockLevelFactory(variant=article, location=place.locations.get(), on_hand=7)
    Store.objects.filter(pk=shop.store.pk).update(latitude=48.8, longitude=near.longitude)

    body = shop.post(SCAN, {"code": "VESTE-M"}, **HTMX).content.decode()

    assert "2 ici" in body
    assert "7 à Lille" in body
    assert "Nice" not in body


def test_no_line_of_an_article_goes_past_999(shop):
    article = shop.article(sku="A")
    basket = shop.sale(article)
    basket.lines.update(quantity=999)

    answer = shop.post(SCAN, {"code": "A"}, **HTMX)

    assert (answer.status_code, answer.headers["X-Refusal"]) == (422, "invalid")
    assert lines(basket) == {article.pk: 999}


# --- Lines --------------------------------------------------------------------------------------


def test_a_quantity_is_set_not_added_so_twice_is_once(shop):
    article = shop.article()
    basket = shop.sale(article)

    for _ in range(2):
        answer = shop.post(LINE, {"variant_id": article.pk, "quantity": 3}, **HTMX)

    assert answer.status_code == 200
    assert lines(basket) == {article.pk: 3}


@pytest.mark.parametrize("quantity", ["-1", "0.1", "1000000000", "", "two"])
def test_an_impossible_quantity_changes_nothing(shop, quantity):
    article = shop.article()
    basket = shop.sale(article)

    answer = shop.post(LINE, {"variant_id": article.pk, "quantity": quantity}, **HTMX)

    assert answer.status_code == 422
    assert lines(basket) == {article.pk: 1}


def test_a_sale_is_put_aside_and_resumed_and_nothing_is_lost(shop):
    first, second = shop.article(), shop.article()
    basket = shop.sale(first)

    assert shop.post("/till/hold/").status_code == 302
    assert shop.post("/till/hold/").status_code == 422  # nothing left to put aside
    other = shop.sale(second)
    assert "12:00" in shop.get("/till/held/").content.decode()
    assert shop.post(reverse("till:resume", args=[basket.pk])).status_code == 302

    basket.refresh_from_db()
    other.refresh_from_db()
    assert (basket.held_label, bool(other.held_label)) == ("", True)
    assert first.sku in shop.get(SALE).content.decode()


def test_another_tills_sale_is_not_there(shop):
    other = TillFactory(store=shop.store, number=2)
    theirs = baskets.start(at=NOON, channel="till", till=other)
    baskets.add(basket_id=theirs.pk, variant_id=shop.article().pk, quantity=1, at=NOON)
    order = till.open_order(
        basket_id=theirs.pk, till=other, expected_total_minor=None, actor="u", at=NOON
    )

    assert shop.post(reverse("till:resume", args=[theirs.pk])).status_code == 404
    for name in ("payment",):
        assert shop.get(reverse(f"till:{name}", args=[order.pk])).status_code == 404
    for name in ("tender", "finish", "cancel_payment"):
        answer = shop.post(reverse(f"till:{name}", args=[order.pk]), {"key": "k", "method": "cash"})
        assert answer.status_code == 404
    order.refresh_from_db()
    assert order.status == order.Status.AWAITING_PAYMENT
    assert not order.payments.exists()


def test_a_crash_resumes_the_sale(shop):
    article = shop.article()
    shop.sale(article)

    again = shop.sign_in(shop.staff, shop.till)

    assert article.sku in again.get(SALE).content.decode()


# --- Customers ----------------------------------------------------------------------------------


def test_a_customer_is_found_by_any_key_and_shown_with_points(shop):
    person = CustomerFactory(last_name="Rousseau", email="lea@example.org", phone="+33639981234")

    for who in ("rouss", "lea@", "06 39 98 12 34"):
        assert "Rousseau" in shop.get("/till/customers/", {"who": who}).content.decode()
    assert shop.post("/till/customers/identify/", {"customer_id": person.pk}).status_code == 302
    assert "Rousseau" in shop.get("/till/customer/").content.decode()
    assert only_basket().customer == person
    assert shop.post("/till/customers/identify/", {"customer_id": ""}).status_code == 302
    assert only_basket().customer is None
    assert shop.post("/till/customers/identify/", {"customer_id": "99999999"}).status_code == 404
    assert shop.post("/till/customers/identify/", {"customer_id": "x"}).status_code == 404


def new_person(**kwargs):
    return {
        "first_name": "Léa",
        "last_name": "Rousseau",
        "phone": "06 39 98 12 34",
        "email": "",
        "key": "one-press",
    } | kwargs


def test_a_customer_is_created_once_with_a_card_and_without_consent(shop):
    url = "/till/customers/new/"
    assert 'value="06 39"' in shop.get(url, {"who": "06 39"}).content.decode()

    for _ in range(2):
        assert shop.post(url, new_person()).status_code == 302

    person = Customer.objects.get()
    assert only_basket().customer == person
    assert person.identities.filter(kind="card").count() == 1
    assert Account.objects.filter(customer=person).exists()
    assert not ConsentEvent.objects.exists()


def test_consent_is_written_only_when_it_is_ticked(shop):
    shop.post("/till/customers/new/", new_person(marketing="on"))

    event = ConsentEvent.objects.get()
    assert (event.granted, event.actor) == (True, f"user:{shop.staff.user_id}")


def test_who_joins_at_the_till_may_be_brought_by_a_member(shop):
    sponsor = join(customer=CustomerFactory(), at=NOON)
    card = Identity.objects.get(customer=sponsor.customer, kind="card").value

    refused = shop.post("/till/customers/new/", new_person(sponsor="2999999999999"))
    assert refused.status_code == 422
    assert "Aucun membre" in refused.content.decode()
    assert Customer.objects.count() == 1
    assert shop.post("/till/customers/new/", new_person(sponsor=card)).status_code == 302
    assert Account.objects.exclude(pk=sponsor.pk).get().referred_by == sponsor


def test_a_known_customer_joins_by_the_code_of_a_member(shop):
    sponsor, known = join(customer=CustomerFactory(), at=NOON), CustomerFactory()
    shop.post("/till/customers/identify/", {"customer_id": known.pk})

    refused = shop.post("/till/customers/join/", {"sponsor": "nobody"})
    assert refused.status_code == 422
    assert not Account.objects.filter(customer=known).exists()
    shop.post("/till/customers/join/", {"sponsor": code_of(sponsor)})
    assert Account.objects.get(customer=known).referred_by == sponsor


def test_the_card_goes_by_mail_once_for_a_press(shop, mailoutbox):
    person = CustomerFactory(email="c@example.org", first_name="Camille")
    join(customer=person, at=NOON)
    shop.post("/till/customers/identify/", {"customer_id": person.pk})
    page = shop.get(SALE).content.decode()
    key = re.search(r'card/mail/".*?name="key" value="(\w+)"', page, re.S)[1]

    for _ in range(2):
        assert shop.post("/till/customers/card/mail/", {"key": key}).status_code == 302
    message = Message.objects.get(template="loyalty_card")
    assert (message.purpose, message.to, message.customer) == ("service", "c@example.org", person)
    assert send(message_id=message.pk, at=timezone.now())

    letter = mailoutbox[0]
    name, content, kind = letter.attachments[0]
    card = Identity.objects.get(customer=person, kind="card").value
    assert card in letter.body
    assert letter.subject.startswith("Votre carte")
    assert (name, kind, content[:5]) == ("carte-de-fidelite.pdf", "application/pdf", b"%PDF-")
    shop.post("/till/customers/card/mail/", {"key": "another"})
    assert Message.objects.filter(template="loyalty_card").count() == 2


def test_without_an_address_or_a_card_no_card_is_mailed(shop):
    person = CustomerFactory()
    shop.post("/till/customers/identify/", {"customer_id": person.pk})
    assert shop.post("/till/customers/card/mail/", {"key": "k"}).status_code == 404
    join(customer=person, at=NOON)
    assert shop.post("/till/customers/card/mail/", {"key": "k"}).status_code == 409
    assert not Message.objects.exists()


def test_a_key_that_someone_has_makes_nobody_twice(shop):
    CustomerFactory(phone="+33639981234")

    answer = shop.post("/till/customers/new/", new_person())

    assert answer.status_code == 409
    assert Customer.objects.count() == 1
    assert shop.post("/till/customers/new/", new_person(phone="12")).status_code == 422
    assert shop.post("/till/customers/new/", new_person(phone="")).status_code == 422
    assert shop.post("/till/customers/new/", new_person(last_name="")).status_code == 422


def test_a_scanned_card_says_whose_sale_it_is(shop):
    shop.post("/till/customers/new/", new_person())
    card = Customer.objects.get().identities.get(kind="card").value
    shop.post("/till/customers/identify/", {"customer_id": ""})

    answer = shop.post(SCAN, {"code": card}, **HTMX)

    assert answer.status_code == 200
    assert "customer-changed" in answer.headers["HX-Trigger"]
    assert only_basket().customer == Customer.objects.get()


# --- Baskets of the site ------------------------------------------------------------------------


def web_basket(shop, customer=None, seen=1800):
    basket = BasketFactory(customer=customer)
    line = BasketLineFactory(basket=basket, variant=shop.article(), seen_unit_minor=seen)
    return basket, line.variant


def test_a_web_basket_opens_with_what_was_scanned_and_shows_the_price_difference(shop):
    person = CustomerFactory()
    basket, article = web_basket(shop, person)
    scanned = shop.article()
    shop.sale(scanned, customer=person)
    assert (
        reverse("till:open_basket", args=[basket.pk])
        in shop.get("/till/customer/").content.decode()
    )

    assert shop.post(reverse("till:open_basket", args=[basket.pk])).status_code == 302
    shop.post(reverse("till:open_basket", args=[basket.pk]))

    assert lines(basket) == {article.pk: 1, scanned.pk: 1}
    page = shop.get(SALE).content.decode()
    assert "18,00\u00a0€" in page
    assert "20,00\u00a0€" in page


def test_a_basket_of_someone_else_is_not_there(shop):
    basket, _article = web_basket(shop, CustomerFactory())
    shop.sale(shop.article(), customer=CustomerFactory())

    assert shop.post(reverse("till:open_basket", args=[basket.pk])).status_code == 404
    basket.refresh_from_db()
    assert basket.till is None


def test_a_basket_opens_by_its_link_and_goes_back_to_the_shopper(shop):
    basket, article = web_basket(shop)
    link = f"https://shop.example/panier/reprendre/{wanted.basket_link(basket)}/"

    assert shop.post(SCAN, {"code": link}, **HTMX).headers["HX-Redirect"] == SALE
    assert article.sku in shop.get(SALE).content.decode()
    assert shop.post("/till/leave/").status_code == 302

    basket.refresh_from_db()
    assert (basket.till, basket.status) == (None, Basket.Status.OPEN)
    assert lines(basket) == {article.pk: 1}


def test_a_till_sale_is_not_left_to_a_shopper(shop):
    shop.sale(shop.article())

    assert shop.post("/till/leave/").status_code == 409


def test_staff_of_all_stores_choose_any_till(shop):
    office = StaffFactory(all_stores=True)
    other = TillFactory()
    client = shop.sign_in(office, None)

    assert client.post("/till/choose/", {"till": other.pk}).status_code == 302
