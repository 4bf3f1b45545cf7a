"""One price in every channel: the same baskets through every door, to the cent (issue 4.2, 4.3)."""

import re
from unittest import mock

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.models import Price, Promotion
from customers.models import CustomerGroup
from omnishop.channels.till.access import SESSION_KEY
from omnishop.kernel.templatetags.omnishop import money
from omnishop.network.models import User
from omnishop.parity import doors
from omnishop.parity.compare import _one, bound, compare
from omnishop.parity.doors import Asked
from omnishop.parity.models import ParityRun
from omnishop.parity.tasks import compare_prices
from orders.models import Basket
from tests.factories import (
    LONG_AGO,
    AccountFactory,
    CategoryFactory,
    CouponFactory,
    CustomerFactory,
    OperationFactory,
    PriceListFactory,
    ProductFactory,
    PromotionFactory,
    StaffFactory,
    TillFactory,
    UserFactory,
    VariantFactory,
)

pytestmark = pytest.mark.django_db

Kind = Promotion.Kind
STAFF = "omnishop.network.backends.StaffBackend"


@pytest.fixture
def house():
    """Five articles, a till, a member of a group, an offer of every kind and two codes."""
    shelf = CategoryFactory(name="Rando")
    amounts = (1999, 500, 501, 3000, 12_345)
    variants = [
        VariantFactory(product=ProductFactory(category=shelf), price=amount) for amount in amounts
    ]
    person = CustomerFactory()
    AccountFactory(customer=person)
    person.groups.add(CustomerGroup.objects.create(code="clubs", name="Clubs"))
    clubs = PriceListFactory(group="clubs")
    Price.objects.create(
        variant=variants[0], price_list=clubs, amount_minor=1499, valid_from=LONG_AGO
    )
    operation = OperationFactory()
    rules = [
        {"kind": Kind.BUY_GET, "buy_units": 2, "get_units": 1, "percent_bp": 10_000},
        {"kind": Kind.TIERED, "tiers": [[2, 500], [4, 1000]], "stacking_group": "a"},
        {"kind": Kind.FIXED, "buy_units": 3, "amount_minor": 900, "stacking_group": "a"},
        {"kind": Kind.PERCENT, "percent_bp": 700, "members": True},
        {"kind": Kind.AMOUNT, "amount_minor": 333, "min_minor": 5000},
        {"kind": Kind.REFUND, "amount_minor": 500, "claim_days": 30},
        {"kind": Kind.FREE_DELIVERY, "min_minor": 4000},
        {"kind": Kind.GIFT, "gift": variants[1], "min_minor": 9000},
    ]
    for rule in rules:
        PromotionFactory(operation=operation, percent_bp=rule.pop("percent_bp", None), **rule)
    CouponFactory(code="DIX", promotion__percent_bp=1000)
    CouponFactory(code="PREMIERE", promotion__percent_bp=1500, promotion__first_order=True)
    return variants, TillFactory(), person


@settings(
    max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(
    units=st.lists(st.tuples(st.integers(0, 4), st.integers(1, 7)), min_size=1, max_size=5,
                   unique_by=lambda one: one[0]),
    known=st.booleans(),
    codes=st.lists(st.sampled_from(["DIX", "PREMIERE", "RIEN"]), max_size=2, unique=True),
)  # fmt: skip
def test_every_channel_says_the_same_price(house, units, known, codes):
    variants, till, person = house
    asked = Asked(
        tuple((variants[i].pk, variants[i].sku, count) for i, count in units),
        till,
        person if known else None,
        tuple(codes),
    )
    at = timezone.now()

    assert not bound(asked, at=at)
    assert _one(asked, User(is_staff=True), at=at) is None


def test_a_known_persons_basket_at_the_desk_is_one_of_the_doors(house):
    variants, till, person = house
    units = ((variants[0].pk, variants[0].sku, 2), (variants[3].pk, variants[3].sku, 1))
    asked = Asked(units, till, person, ("DIX",))
    at = timezone.now()

    told = doors.telephone(asked, at=at)

    assert told == doors.storefront(asked, at=at)[0]
    assert told.total < 2 * 1499 + 3000  # the group's price and the code both count
    assert doors.telephone(Asked(units, till, None, ()), at=at) is None
    with mock.patch.object(doors, "telephone", return_value=doors.Price(1, 0, ())):
        assert _one(asked, User(is_staff=True), at=at).said["telephone"] == "1 (VAT 0)"


def shown(page):
    """The total of each line and of all, as a page of HTML says them."""
    html = page.content.decode()
    rows = re.findall(r"data-row[ >].*?</li>", html, re.DOTALL)
    lines = [re.search(r'class="price[^"]*">([^<]+)<', row)[1] for row in rows]
    return sorted(lines), re.findall(r'id="total">([^<]+)<', html)


@pytest.mark.parametrize("units", [[(0, 2), (3, 1)], [(4, 3), (2, 5), (1, 7)], [(0, 6)]])
@pytest.mark.parametrize("codes", [[], ["DIX"]])
def test_the_pages_print_what_the_doors_say(house, settings, units, codes):
    """The site, the till and the desk, read as their users read them."""
    settings.STAFF_MFA_REQUIRED = False
    variants, till, person = house
    person.user = UserFactory()
    person.save()
    asked = Asked(
        tuple((variants[i].pk, variants[i].sku, count) for i, count in units),
        till,
        person,
        tuple(codes),
    )
    at = timezone.now()
    said, _checkout = doors.storefront(asked, at=at)
    Basket.objects.all().delete()
    shopper, desk = Client(), Client()
    shopper.force_login(person.user)
    desk.force_login(StaffFactory(role="service", all_stores=True).user, backend=STAFF)
    doors._basket(asked, at=at, till=None)
    site = shopper.get("/panier/")
    telephone = desk.get(f"/care/person/{person.number}/basket/")
    seller = Client()
    seller.force_login(StaffFactory(stores=[till.store]).user, backend=STAFF)
    session = seller.session
    session[SESSION_KEY] = till.pk
    session.save()
    Basket.objects.all().delete()
    doors._basket(asked, at=at, till=till)
    sale = seller.get("/till/")
    query = {"sku": [variants[i].sku for i, _n in units], "quantity": [n for _i, n in units]}
    told = desk.get(
        "/care/participation/", query | {"customer": person.number, "codes": " ".join(codes)}
    )

    lines = sorted(money(total) for _sku, _discount, total in said.lines)
    assert shown(site) == shown(telephone) == shown(sale) == (lines, [money(said.total)])
    assert shown(told)[1] == [money(said.total)]


def test_a_store_with_an_operation_of_its_own_is_compared_by_place(house):
    variants, till, _person = house
    PromotionFactory(percent_bp=2000).operation.stores.set([till.store])
    asked = Asked(((variants[0].pk, variants[0].sku, 1),), till, None, ())
    at = timezone.now()

    assert bound(asked, at=at)
    assert _one(asked, User(is_staff=True), at=at) is None
    assert doors.till(asked, at=at).total < doors.desk(asked, None, at=at).total


def test_a_door_that_says_another_price_is_found_shown_and_kept(house, capsys):
    def wrong(*args, **kwargs):
        return doors.Price(1, 0, ())

    with mock.patch.object(doors, "api", wrong), pytest.raises(SystemExit) as stopped:
        call_command("check_price_parity", "--baskets", "3")
    assert stopped.value.code == 1
    assert "3 differences" in capsys.readouterr().out
    with mock.patch.object(doors, "api", wrong):
        assert compare_prices(baskets=2) == 2
    run = ParityRun.objects.get()
    assert len(run.differences) == run.baskets == 2


def test_nothing_stays_written_and_the_command_says_so(house, capsys):
    call_command("check_price_parity", "--baskets", "5", "--seed", "3")

    assert "5 baskets compared, 0 differences" in capsys.readouterr().out
    assert not Basket.objects.exists()


def test_the_same_seed_asks_the_same_baskets(house):
    with mock.patch("omnishop.parity.compare._one", side_effect=lambda asked, *a, **k: str(asked)):
        first, second = (list(compare(baskets=4, seed=5, at=timezone.now())) for _n in range(2))
    assert first == second
