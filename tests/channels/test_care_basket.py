"""The desk's page of a person's basket: filled, previewed, reserved, sent (issue 5.3)."""

import re

import pytest
from django.test import Client
from django.utils import timezone

from catalog.models import Price, Variant
from catalog.services import refresh_search, set_price
from customers.models import Case, CaseEntry, CustomerGroup, Identity, Message
from customers.services import conversations
from customers.services.conversations import Sender
from customers.services.merging import merge
from orders.models import Basket, BasketLine, Order
from orders.services import baskets
from tests.channels.test_care_cases import signed_in, text
from tests.factories import (
    LONG_AGO,
    NOON,
    AccountFactory,
    CouponFactory,
    CustomerFactory,
    DeliveryMethodFactory,
    PriceListFactory,
    ProductFactory,
    PromotionFactory,
    StockLevelFactory,
    StoreFactory,
    TillFactory,
    UserFactory,
    VariantFactory,
    WarehouseFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(settings):
    return signed_in(settings, role="service", all_stores=True)


@pytest.fixture
def camille():
    return CustomerFactory(
        first_name="Camille", last_name="Zebulon", email="camille@example.org",
        phone="+33639980001", user=UserFactory(email="camille@example.org"),
    )  # fmt: skip


@pytest.fixture
def store():
    return StoreFactory(name="Lyon Part-Dieu", opening_hours="24/7")


def article(store, on_hand=10, price=2000, **product):
    variant = VariantFactory(price=price, product=ProductFactory(**product))
    StockLevelFactory(variant=variant, location=store.locations.get(), on_hand=on_hand)
    return variant


def page_of(person, door="", case=None):
    return f"/care/person/{person.number}/basket/{door}" + (f"?case={case.number}" if case else "")


def add(desk, person, variant, quantity=1, **kwargs):
    return desk.post(
        page_of(person, "add/", **kwargs), {"variant": variant.pk, "quantity": quantity}
    )


def hidden(response):
    """The form of a preview, as a press sends it."""
    fields = re.findall(
        r'<input type="hidden" name="(\w+)" value="([^"]*)"', response.content.decode()
    )
    return {name: value for name, value in fields if name != "csrfmiddlewaretoken"}


def test_the_desk_fills_the_basket_that_the_site_shows(desk, camille, store):
    gourde = article(store, name="Gourde 1 L")
    shopper = Client()
    shopper.force_login(camille.user)

    found = text(desk.get(page_of(camille), {"words": gourde.sku}))
    assert "Gourde 1 L" in found
    assert "20,00 €" in found
    assert not Basket.objects.exists()  # looking begins nothing
    assert add(desk, camille, gourde, 2).url == page_of(camille)

    basket = Basket.objects.get()
    assert (basket.customer, basket.channel, basket.till) == (camille, "web", None)
    assert "Gourde 1 L" in text(shopper.get("/panier/"))
    shopper.post(f"/panier/article/{gourde.pk}/", {"quantity": "3"})
    assert "60,00 €" in text(desk.get(page_of(camille)))
    desk.post(page_of(camille, f"line/{gourde.pk}/"), {"quantity": "1"})
    assert BasketLine.objects.get().quantity == 1
    desk.post(page_of(camille, f"out/{gourde.pk}/"))
    assert not BasketLine.objects.exists()
    assert "Le panier est vide" in text(desk.get(page_of(camille)))
    assert Basket.objects.count() == 1


def test_words_and_bar_codes_find_what_is_on_sale_at_the_persons_price(desk, camille, store):
    first = article(store, name="Gourde isotherme")
    first.gtin = "4006381333931"
    first.save()
    gone = article(store, name="Gourde ancienne")
    Variant.objects.filter(pk=gone.pk).update(active=False)
    camille.groups.add(CustomerGroup.objects.create(code="clubs", name="Clubs"))
    clubs = PriceListFactory(group="clubs")
    Price.objects.create(
        variant=first, price_list=clubs, amount_minor=1500, valid_from=LONG_AGO
    )  # fmt: skip

    refresh_search()

    for words in ("gourde", "4006381333931"):
        page = text(desk.get(page_of(camille), {"words": words}))
        assert "Gourde isotherme" in page
        assert "15,00 €" in page
        assert "Gourde ancienne" not in page
    assert "Rien trouvé" in text(desk.get(page_of(camille), {"words": "zzzzqq"}))
    assert desk.get(page_of(camille), {"words": "\x00"}).status_code == 200


def test_offers_say_what_they_give_or_why_not_with_points_stores_and_deliveries(
    desk, camille, store
):
    AccountFactory(customer=camille)
    DeliveryMethodFactory(name="Domicile", price_minor=490)
    gourde = article(store, on_hand=1)
    StockLevelFactory(variant=gourde, location=WarehouseFactory(), on_hand=5)
    PromotionFactory(percent_bp=1000, name_fr="Dix pour cent")
    PromotionFactory(percent_bp=2000, name_fr="Dès cent euros", min_minor=10_000)
    CouponFactory(code="DIX", promotion__percent_bp=500, promotion__name_fr="Avec code")
    other = StoreFactory(name="Annecy", opening_hours="24/7")
    StockLevelFactory(variant=gourde, location=other.locations.get(), on_hand=9)
    add(desk, camille, gourde, 2)

    page = text(desk.get(page_of(camille)))

    for words in ("Dix pour cent", "Dès cent euros", "Pourquoi les autres offres"):
        assert words in page
    assert "36,00 €" in page
    assert "points à gagner" in page
    assert page.index("Annecy") < page.index("Lyon Part-Dieu")  # who has it all comes first
    assert "1 articles sur 2 en stock" in page
    assert "Domicile" in page
    desk.post(page_of(camille, "code/"), {"code": "dix"})
    assert Basket.objects.get().coupons == ["DIX"]
    refused = desk.post(page_of(camille, "code/"), {"code": "RIEN"})
    assert refused.status_code == 409
    assert Basket.objects.get().coupons == ["DIX"]
    desk.post(page_of(camille, "drop-code/"), {"code": "DIX"})
    assert Basket.objects.get().coupons == []


def test_a_reservation_is_previewed_then_done_once_and_stands_in_the_case(desk, camille, store):
    gourde = article(store, name="Gourde 1 L")
    case = conversations.open_case(
        subject="Gourde", text="Veut deux gourdes.", channel="phone", key="call", actor="user:1",
        sender=Sender(customer_id=camille.pk), at=NOON,
    )  # fmt: skip
    started = desk.get(f"/care/case/{case.number}/order/")
    assert started.url == page_of(camille, case=case)
    add(desk, camille, gourde, 2, case=case)

    seen = desk.get(
        page_of(camille, "reserve/"), {"store": store.pk, "collector": "Léo", "case": case.number}
    )
    page = text(seen)
    for words in ("40,00 €", "Lyon Part-Dieu", "2 unités gardées", "camille@example.org", "Léo"):
        assert words in page
    assert not Order.objects.exists()
    door = page_of(camille, "reserve/", case=case)
    for _ in range(2):
        assert desk.post(door, hidden(seen)).url == f"/care/case/{case.number}/#last"

    order = Order.objects.get()
    assert (order.channel, order.total_minor) == ("phone", 4000)
    assert order.fulfilments.get().collector == "Léo"
    assert Case.objects.get().document == order.number
    assert f"Commande {order.number} passée : 40,00 € à payer au magasin Lyon Part-Dieu" in text(
        desk.get(f"/care/case/{case.number}/")
    )
    everything = text(desk.get(f"/care/person/{camille.number}/"))
    assert order.number in everything
    shopper = Client()
    shopper.force_login(camille.user)
    assert order.number in text(shopper.get("/mon-compte/"))


def test_a_link_is_previewed_then_sent_once_and_opens_the_basket(desk, camille, store):
    add(desk, camille, article(store, name="Gourde 1 L"))

    seen = desk.get(page_of(camille, "send/"))
    assert "camille@example.org" in text(seen)
    for _ in range(2):
        assert desk.post(page_of(camille, "send/"), hidden(seen)).status_code == 302

    mail = Message.objects.get()
    assert mail.template == "basket_link"
    assert CaseEntry.objects.filter(what="basket_sent").count() == 1
    anybody = Client()
    opened = anybody.get(mail.context["link"].partition("://")[2].partition("/")[2].join("/ ")[:-1])
    assert opened.status_code == 302
    assert "Gourde 1 L" in text(anybody.get("/panier/"))
    assert "Votre panier, à commander et à payer" in text(
        desk.get(f"/care/person/{camille.number}/")
    )


def test_a_stale_preview_is_shown_anew_and_sold_out_goes_back_to_the_basket(desk, camille, store):
    gourde = article(store, on_hand=2)
    add(desk, camille, gourde, 2)
    sent = hidden(desk.get(page_of(camille, "reserve/"), {"store": store.pk}))
    set_price(variant=gourde, amount_minor=2100, at=timezone.now())

    dearer = desk.post(page_of(camille, "reserve/"), sent)
    assert dearer.status_code == 409
    assert "42,00 €" in text(dearer)
    assert hidden(dearer)["total"] == "4200"
    basket = Basket.objects.get()
    baskets.set_quantity(
        basket_id=basket.pk, variant_id=gourde.pk, quantity=3, at=timezone.now()
    )  # fmt: skip
    short = desk.post(page_of(camille, "reserve/"), hidden(dearer))
    assert short.status_code == 409
    assert "3 demandés, 2 disponibles" in text(short)
    assert 'id="basket-title"' in text(short)
    for broken in ({"seen": "yesterday"}, {"total": "-1"}, {"key": ""}, {"basket": "x"},
                   {"basket": "999999999"}, {"store": "0"}):  # fmt: skip
        answer = desk.post(page_of(camille, "reserve/"), sent | broken)
        assert answer.status_code in (404, 409, 422)
    assert desk.get(page_of(camille, "reserve/")).status_code == 422  # no store chosen

    assert not Order.objects.exists()
    assert not Case.objects.exists()
    assert not Message.objects.exists()


def test_what_the_customer_ordered_meanwhile_is_said(desk, camille, store):
    add(desk, camille, article(store))
    sent = hidden(desk.get(page_of(camille, "reserve/"), {"store": store.pk}))
    desk.post(page_of(camille, "reserve/"), sent)

    again = desk.post(page_of(camille, "reserve/"), sent | {"key": "another"})

    assert again.status_code == 409
    assert "déjà" in text(again)
    assert Order.objects.count() == 1
    assert desk.post(page_of(camille, "code/"), {"code": "X"}).status_code == 404


def test_nobody_who_cannot_be_reached_is_ordered_for(desk, store):
    person = CustomerFactory()
    Identity.objects.create(customer=person, kind="email", value="typed@example.org")
    nobody = CustomerFactory()
    add(desk, person, article(store))
    add(desk, nobody, article(store))

    refused = desk.get(page_of(nobody, "reserve/"), {"store": store.pk})

    assert refused.status_code == 422
    assert "Ajoutez-en d’abord à la fiche" in text(refused)
    assert "typed@example.org" in text(
        desk.get(page_of(person, "reserve/"), {"store": store.pk})
    )  # fmt: skip
    unsafe = desk.get(page_of(person, "send/"))
    assert unsafe.status_code == 422
    assert "chez quelqu’un d’autre" in text(unsafe)


@pytest.mark.parametrize("door", ["", "reserve/", "send/"])
def test_who_is_not_at_the_desk_is_turned_away(settings, camille, store, door):
    seller = signed_in(settings, role="associate", stores=[store])

    assert seller.get(page_of(camille, door)).status_code == 403
    assert Client().get(page_of(camille, door)).status_code == 302


def test_associates_change_nothing(settings, camille, store):
    seller = signed_in(settings, role="associate", stores=[store])
    variant = article(store)

    doors = ("add/", f"line/{variant.pk}/", f"out/{variant.pk}/", "code/", "drop-code/",
             "reserve/", "send/")  # fmt: skip
    assert {seller.post(page_of(camille, door)).status_code for door in doors} == {403}
    assert not Basket.objects.exists()


def test_unknown_people_and_others_cases_are_not_there(settings, desk, camille, store):
    other = CustomerFactory()
    theirs = conversations.open_case(
        subject="x", text="x", channel="phone", key="k", actor="user:1", at=NOON,
        sender=Sender(customer_id=other.pk),
    )  # fmt: skip
    elsewhere = conversations.open_case(
        subject="x", text="x", channel="phone", key="k2", actor="user:1", at=NOON,
        sender=Sender(customer_id=camille.pk), store_id=StoreFactory().pk,
    )  # fmt: skip
    manager = signed_in(settings, role="store_manager", stores=[store])

    assert desk.get("/care/person/C-999999/basket/").status_code == 404
    assert desk.get(page_of(camille, case=theirs)).status_code == 404
    assert manager.get(page_of(camille, case=elsewhere)).status_code == 404
    assert manager.get(page_of(camille)).status_code == 200
    assert manager.post(page_of(camille, "add/", case=elsewhere)).status_code == 404
    nameless = conversations.open_case(
        subject="x", text="x", channel="phone", key="k3", actor="user:1", at=NOON,
        sender=Sender(name="?"),
    )  # fmt: skip
    assert desk.get(f"/care/case/{nameless.number}/order/").status_code == 422
    assert not Basket.objects.exists()


def test_a_merged_record_leads_to_the_live_one(desk, camille):
    old = CustomerFactory()
    merge(source_id=old.pk, target_id=camille.pk, reason="", by="user:1", at=NOON)

    assert desk.get(page_of(old)).url == page_of(camille)


def test_a_basket_at_a_till_is_shown_and_finished_there(desk, camille, store):
    add(desk, camille, article(store))
    sent = hidden(desk.get(page_of(camille, "send/")))
    baskets.open_at_till(basket_id=Basket.objects.get().pk, till=TillFactory(store=store))

    assert "ouvert en caisse" in text(desk.get(page_of(camille)))
    assert desk.post(page_of(camille, "send/"), sent).status_code == 409
    assert not Message.objects.exists()


@pytest.mark.parametrize("wrong", ["0", "-1", "0.5", "1000", "x", ""])
def test_quantities_that_no_line_can_have_are_refused(desk, camille, store, wrong):
    answer = add(desk, camille, article(store), wrong)

    assert answer.status_code == 422
    assert not BasketLine.objects.exists()


def test_htmx_gets_the_baskets_part_alone(desk, camille, store):
    variant = article(store, name="Gourde 1 L")

    part = desk.post(
        page_of(camille, "add/"), {"variant": variant.pk}, headers={"HX-Request": "true"}
    )

    assert "<main" not in text(part)
    assert "Gourde 1 L est ajouté" in text(part)
    unknown = desk.post(page_of(camille, "add/"), {"variant": 0}, headers={"HX-Request": "true"})
    assert unknown.status_code == 422


def test_the_page_asks_as_much_for_ten_lines_as_for_two(
    desk, camille, store, django_assert_max_num_queries
):
    AccountFactory(customer=camille)
    DeliveryMethodFactory()
    basket = baskets.begun(customer=camille, at=NOON)
    for _ in range(10):
        baskets.add(basket_id=basket.pk, variant_id=article(store).pk, quantity=1, at=NOON)

    desk.get(page_of(camille))
    with django_assert_max_num_queries(26):
        desk.get(page_of(camille))
