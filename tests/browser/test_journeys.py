"""The main job in a browser, phone and desk, from the site to the shop and back (issue 5)."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page, expect

from catalog.services import refresh_search
from customers.models import Customer, Message
from customers.services.consents import record_consent
from customers.services.identities import add_card
from loyalty.models import Programme
from loyalty.services.points import join
from omnishop.channels.till.access import SESSION_KEY
from omnishop.network.models import Store, Till, User
from orders.invariants import violations
from orders.models import Basket, Fulfilment, Order, Relaunch
from orders.services import pickup, planning, relaunch
from tests.factories import (
    CampaignFactory,
    CategoryFactory,
    CustomerFactory,
    DeliveryMethodFactory,
    ProductFactory,
    StaffFactory,
    StockLevelFactory,
    StoreFactory,
    TillFactory,
    UserFactory,
    VariantFactory,
)

pytestmark = pytest.mark.django_db(transaction=True)
PHONE = {"width": 390, "height": 844, "phone": True}
DESK = {"width": 1440, "height": 900}


class World:
    """One shop open day and night, one tent, one member."""

    def __init__(self) -> None:
        Programme.objects.create(name="Grand Air & Vous")
        self.store: Store = StoreFactory.create(
            name="Lyon Part-Dieu", slug="lyon", opening_hours="24/7"
        )
        self.till: Till = TillFactory.create(store=self.store, number=1)
        category = CategoryFactory(name="Tentes", slug="tentes")
        product = ProductFactory(name="Tente Refuge", slug="tente-refuge", category=category)
        self.tent = VariantFactory(
            product=product, sku="TENTE-1", gtin="4006381333931", price=19990
        )
        StockLevelFactory(variant=self.tent, location=self.store.locations.get(), on_hand=5)
        DeliveryMethodFactory()
        refresh_search()
        at = timezone.now() - timedelta(days=1)
        self.user: User = UserFactory.create(
            email="camille@example.org", first_name="Camille", last_name="Martin"
        )
        EmailAddress.objects.create(
            user=self.user, email=self.user.email, verified=True, primary=True
        )
        self.camille: Customer = CustomerFactory.create(
            email="camille@example.org", user=self.user, last_name="Martin"
        )
        join(customer=self.camille, at=at)
        self.card = add_card(customer=self.camille, at=at)
        record_consent(
            customer=self.camille, granted=True, source="account", actor="customer", at=at
        )
        self.associate = StaffFactory(stores=[self.store])


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def signed_in(open_page: Callable[..., Page], live_server: Any) -> Callable[..., Page]:
    """A page of a person who is signed in; staff at a till."""

    def open_one(user: User, till: Till | None = None, **size: Any) -> Page:
        client = Client()
        client.force_login(user, backend="omnishop.network.backends.StaffBackend")
        if till:
            session = client.session
            session[SESSION_KEY] = till.pk
            session.save()
        page = open_page(**size)
        page.context.add_cookies(
            [
                {
                    "name": "sessionid",
                    "value": client.cookies["sessionid"].value,
                    "url": live_server.url,
                }
            ]
        )
        return page

    return open_one


def checked(page: Page, axe: Callable[[Page], None], no_sideways_scroll: Any) -> None:
    page.wait_for_load_state()
    expect(page.locator("main h1").first).to_be_attached()
    axe(page)
    no_sideways_scroll(page)


def test_bought_on_the_phone_collected_in_the_shop_points_on_the_site(
    world: World, signed_in: Any, axe: Any, no_sideways_scroll: Any
) -> None:
    phone = signed_in(world.user, **PHONE)
    phone.goto("/recherche/?q=tente+refuje")  # a typo finds it
    checked(phone, axe, no_sideways_scroll)
    phone.get_by_role("link", name="Tente Refuge").first.click()
    expect(phone.get_by_role("heading", level=1)).to_have_text("Tente Refuge")
    checked(phone, axe, no_sideways_scroll)
    phone.get_by_role("button", name="Ajouter au panier").click()
    expect(phone.locator("#added")).to_contain_text("Ajouté")
    phone.goto("/panier/")
    checked(phone, axe, no_sideways_scroll)
    phone.goto("/commander/")
    checked(phone, axe, no_sideways_scroll)
    phone.locator("form[data-check] button[type=submit]").click()
    phone.locator(f"#store-{world.store.pk}").check()
    checked(phone, axe, no_sideways_scroll)
    phone.locator("#go-pickup").click()
    checked(phone, axe, no_sideways_scroll)
    phone.locator("#order-button").click()
    phone.get_by_role("button", name="Accepter", exact=True).click()
    expect(phone.get_by_role("heading", level=1)).to_be_visible()
    order = Order.objects.get()
    fulfilment = Fulfilment.objects.get()
    expect(phone.locator("main")).to_contain_text(order.number)
    expect(phone.locator("main")).to_contain_text("pas encore prête")
    checked(phone, axe, no_sideways_scroll)
    assert order.paid_at is not None

    desk = signed_in(world.associate.user, world.till, **DESK)
    desk.goto("/till/picking/?by=order")
    checked(desk, axe, no_sideways_scroll)
    desk.get_by_role("button", name="Tout trouvé").first.click()
    desk.get_by_role("button", name="Prête").first.click()
    expect(desk.locator("#picking")).to_contain_text("est prête")
    assert Message.objects.filter(template="order_ready").count() == 1

    desk.goto(f"/till/pickup/{fulfilment.pk}/")
    checked(desk, axe, no_sideways_scroll)
    code = desk.locator("form[action$='hand-over/'] input[name=code]").first
    code.fill("000000" if fulfilment.code != "000000" else "111111")
    code.press("Enter")
    expect(desk.locator("main")).to_contain_text("4 essais")
    desk.locator("form[action$='hand-over/'] input[name=code]").first.fill(fulfilment.code)
    desk.locator("form[action$='hand-over/'] input[name=code]").first.press("Enter")
    expect(desk.locator("main")).to_contain_text("est remise")
    order.refresh_from_db()
    assert order.status == Order.Status.FULFILLED

    phone.goto("/mon-compte/points/")
    expect(phone.locator("main")).to_contain_text("199")
    checked(phone, axe, no_sideways_scroll)
    phone.goto("/mon-compte/")
    expect(phone.locator("main")).to_contain_text(order.number)
    checked(phone, axe, no_sideways_scroll)
    assert violations(at=timezone.now()) == []


def test_sold_at_the_till_to_the_member_and_the_site_shows_it(
    world: World, signed_in: Any, axe: Any, no_sideways_scroll: Any
) -> None:
    desk = signed_in(world.associate.user, world.till, **DESK)
    desk.goto("/till/")
    for code in (world.card, "4006381333931"):
        desk.locator("#scan").fill(code)
        desk.locator("#scan").press("Enter")
        expect(desk.locator("#scan")).to_have_value("")
    expect(desk.locator("#lines")).to_contain_text("Tente Refuge")
    expect(desk.locator("#customer")).to_contain_text("Camille")
    checked(desk, axe, no_sideways_scroll)
    desk.keyboard.press("F9")
    expect(desk.locator("#tender")).to_be_visible()
    checked(desk, axe, no_sideways_scroll)
    desk.locator("#card").click()
    desk.wait_for_url("**/till/receipt/**")
    checked(desk, axe, no_sideways_scroll)
    order = Order.objects.get()
    assert (order.channel, order.status) == ("till", Order.Status.FULFILLED)

    phone = signed_in(world.user, **PHONE)
    phone.goto("/mon-compte/")
    expect(phone.locator("main")).to_contain_text(order.number)
    phone.goto("/mon-compte/points/")
    expect(phone.locator("main")).to_contain_text("199")
    assert violations(at=timezone.now()) == []


def test_left_behind_on_the_site_then_bought_in_the_shop_no_reminder(
    world: World, signed_in: Any
) -> None:
    phone = signed_in(world.user, **PHONE)
    phone.goto("/produit/tente-refuge/")
    phone.get_by_role("button", name="Ajouter au panier").click()
    expect(phone.locator("#added")).to_contain_text("Ajouté")
    hours_ago = timezone.now() - timedelta(hours=3)
    Basket.objects.update(changed_at=hours_ago)
    CampaignFactory(kind="basket", steps=[timedelta(hours=2)])
    assert planning.schedule(at=timezone.now()) == 1

    desk = signed_in(world.associate.user, world.till, **DESK)
    desk.goto("/till/")
    for code in ("4006381333931", world.card):
        desk.locator("#scan").fill(code)
        desk.locator("#scan").press("Enter")
        expect(desk.locator("#scan")).to_have_value("")
    desk.keyboard.press("F9")
    desk.locator("#card").click()
    desk.wait_for_url("**/till/receipt/**")

    for relaunch_id in relaunch.due(timezone.now()):
        assert not relaunch.send(relaunch_id=relaunch_id, at=timezone.now())
    reminder = Relaunch.objects.get()
    assert (reminder.status, reminder.reason) == ("withheld", "bought")
    assert not Message.objects.filter(template="basket_reminder").exists()
    assert violations(at=timezone.now()) == []


def test_nobody_came_and_everything_goes_back(world: World, signed_in: Any) -> None:
    """Not collected in time: the shopper reads it, with the money on its way back."""
    phone = signed_in(world.user, **PHONE)
    phone.goto("/produit/tente-refuge/")
    phone.get_by_role("button", name="Ajouter au panier").click()
    expect(phone.locator("#added")).to_contain_text("Ajouté")
    phone.goto("/commander/")
    phone.locator("form[data-check] button[type=submit]").click()
    phone.locator(f"#store-{world.store.pk}").check()
    phone.locator("#go-pickup").click()
    phone.locator("#reserve-button").click()
    expect(phone.get_by_role("heading", level=1)).to_be_visible()
    fulfilment = Fulfilment.objects.get()

    assert fulfilment.hold_until is not None
    assert pickup.expire(fulfilment_id=fulfilment.pk, at=fulfilment.hold_until)

    phone.reload()
    expect(phone.locator("main")).to_contain_text("Annulé")
    assert violations(at=timezone.now()) == []


def test_enrolled_at_the_till_signs_in_on_the_site_and_the_points_are_there(
    world: World, signed_in: Any, open_page: Any, mailoutbox: Any, axe: Any, no_sideways_scroll: Any
) -> None:
    """Same e-mail, proved: one person, one card, one balance (FIELD 27, 42, 46)."""
    desk = signed_in(world.associate.user, world.till, **DESK)
    desk.goto("/till/customers/new/?who=Nour Benali")
    desk.get_by_label("E-mail", exact=False).first.fill("Nour@Example.org")
    checked(desk, axe, no_sideways_scroll)
    desk.locator("main button[type=submit], form[data-check] button").first.click()
    expect(desk.locator("#customer")).to_contain_text("Nour")
    desk.locator("#scan").fill("4006381333931")
    desk.locator("#scan").press("Enter")
    expect(desk.locator("#lines")).to_contain_text("Tente Refuge")
    desk.keyboard.press("F9")
    desk.locator("#card").click()
    desk.wait_for_url("**/till/receipt/**")
    nour = Customer.objects.get(first_name="Nour")
    card = nour.identities.get(kind="card").value

    phone = open_page(**PHONE)
    phone.goto("/compte/signup/")
    phone.locator("input[name=email]").fill("nour@example.org")
    phone.locator("input[name=password1]").fill("correct horse battery")
    phone.locator("main form button[type=submit]").last.click()
    phone.wait_for_url("**/confirm-email/**")
    assert nour.user is None  # nothing is linked before the address is proved (ALG-11)
    code = re.search(r"\b[A-Z0-9]{4}-?[A-Z0-9]{2,4}\b", mailoutbox[-1].body)
    assert code
    phone.locator("input[name=code]").fill(code[0])
    phone.locator("main form button[type=submit]").first.click()
    phone.wait_for_url(lambda url: "confirm-email" not in url)

    phone.goto("/mon-compte/points/")
    expect(phone.locator("main")).to_contain_text("199")
    expect(phone.get_by_role("img", name=re.compile(card))).to_be_visible()
    checked(phone, axe, no_sideways_scroll)
    phone.goto("/mon-compte/")
    expect(phone.locator("main")).to_contain_text(Order.objects.get().number)
    assert Customer.objects.get(user__email="nour@example.org") == nour
    assert Customer.objects.filter(merged_into=None).count() == 2
    assert violations(at=timezone.now()) == []
