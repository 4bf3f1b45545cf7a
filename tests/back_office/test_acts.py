"""Buttons of the back office call services, once."""

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse

from catalog.models import Category, Price, Product
from customers.models import Customer, Message
from inventory.models import StockMovement, Transfer
from inventory.services import transfers
from loyalty.models import Account, Correction, RewardIssue
from orders.models import (
    Fulfilment,
    Order,
)
from orders.services.ways import Delivery
from tests.back_office.registered import url
from tests.factories import (
    NOON,
    CategoryFactory,
    CustomerFactory,
    DeliveryMethodFactory,
    StockLevelFactory,
    StoreFactory,
    UserFactory,
    WarehouseFactory,
)
from tests.orders.flows import HOME, paid, stocked

pytestmark = pytest.mark.django_db


def test_a_count_writes_a_movement_once(client, a_and_b):
    a, _b = a_and_b
    client.force_login(a.user)
    path = reverse("admin:inventory_stocklevel_count", args=[a.level.pk])
    assert client.get(path).status_code == 200
    data = {"counted": 40, "reason": "annual count", "key": "k1"}
    client.post(path, data)
    client.post(path, data | {"counted": 30})  # the same page sent again
    a.level.refresh_from_db()
    movement = StockMovement.objects.get(kind="adjustment")
    assert a.level.on_hand == 40
    assert (movement.reason, movement.actor) == ("annual count", f"user:{a.user.pk}")


def test_an_impossible_count_is_refused_and_writes_nothing(client, a_and_b):
    a, _b = a_and_b
    client.force_login(a.user)
    path = reverse("admin:inventory_stocklevel_count", args=[a.level.pk])
    for counted in ("-1", "x", "", "0.5", "1e9"):
        answer = client.post(path, {"counted": counted, "reason": "r", "key": "k"})
        assert answer.status_code == 422
    assert not StockMovement.objects.filter(kind="adjustment").exists()


def test_points_are_corrected_with_a_reason_and_once(office, a_and_b):
    account = Account.objects.order_by("pk").first()
    before = account.balance
    path = reverse("admin:loyalty_account_correct", args=[account.pk])
    for _press in range(2):
        office.post(path, {"points": 50, "reason": "Votre patience", "key": "k"})
    account.refresh_from_db()
    assert account.balance == before + 50
    assert office.get(reverse("admin:loyalty_programme_liability")).status_code == 200
    file = office.get(reverse("admin:loyalty_programme_liability_csv"))
    assert file.getvalue().decode().count("\r\n") >= 2


def test_a_correction_above_the_limit_waits_for_a_second_person(client, a_and_b):
    a, _b = a_and_b
    a.user.staff.role = "service"
    a.user.staff.save()
    a.user.groups.set(Group.objects.filter(name="Service client"))
    account = Account.objects.order_by("pk").first()
    before = account.balance
    client.force_login(a.user)
    client.post(
        reverse("admin:loyalty_account_correct", args=[account.pk]),
        {"points": 5000, "reason": "Geste", "key": "k"},
    )
    waiting = Correction.objects.get()

    path = reverse("admin:loyalty_correction_approve", args=[waiting.pk])
    assert client.post(path, {"key": "x"}).status_code == 409
    account.refresh_from_db()
    assert (waiting.status, account.balance) == ("waiting", before)

    second = UserFactory(email="second@x.fr", is_staff=True, is_superuser=True)
    client.force_login(second)
    client.post(path, {"key": "x"})
    account.refresh_from_db()
    assert account.balance == before + 5000


def test_a_voucher_is_given_from_the_account(office, a_and_b):
    account = Account.objects.order_by("pk").first()
    path = reverse("admin:loyalty_account_voucher", args=[account.pk])
    for _press in range(2):
        office.post(path, {"amount": "12.50", "reason": "Retard", "key": "k"})
    issue = RewardIssue.objects.get()
    assert (issue.amount_minor, issue.coupon.holder) == (1250, account.customer.number)
    office.post(reverse("admin:loyalty_rewardissue_take_back", args=[issue.pk]), {"key": "x"})
    issue.refresh_from_db()
    assert issue.status == "cancelled"


def test_an_order_is_cancelled_and_its_goods_are_free_again(client, a_and_b):
    a, _b = a_and_b
    client.force_login(a.user)
    path = reverse("admin:orders_order_cancel", args=[a.pickup.pk])
    assert client.get(path).status_code == 200
    client.post(path, {"reason": "shopper called", "key": "k"})
    a.pickup.refresh_from_db()
    a.level.refresh_from_db()
    assert a.pickup.status == Order.Status.CANCELLED
    assert a.level.reserved == 0
    again = client.post(path, {"reason": "shopper called", "key": "k"})
    assert again.status_code in {409, 422}


def test_a_pickup_is_made_ready(client, a_and_b):
    a, _b = a_and_b
    client.force_login(a.user)
    fulfilment = a.pickup.fulfilments.get()
    client.post(reverse("admin:orders_fulfilment_ready", args=[fulfilment.pk]), {"key": "k"})
    fulfilment.refresh_from_db()
    assert fulfilment.status == Fulfilment.Status.READY
    assert Message.objects.filter(template="order_ready").count() == 1


def test_a_parcel_is_sent_from_elsewhere_or_stays(office):
    StoreFactory()
    near, far = WarehouseFactory(), WarehouseFactory(priority=2)
    variant = stocked(near)
    one = paid(Delivery(DeliveryMethodFactory().pk, HOME), (variant, 1)).fulfilments.get()
    path = reverse("admin:orders_fulfilment_again", args=[one.pk])
    assert office.post(path, {"place": "", "key": "k"}).status_code == 409
    assert office.post(path, {"place": near.pk, "key": "k"}).status_code == 422
    StockLevelFactory(variant=variant, location=far)
    assert office.post(path, {"place": far.pk, "key": "k"}).status_code == 302
    assert one.order.fulfilments.open().get().location == far


def test_a_transfer_is_received_with_a_difference_and_called_off_only_before(office):
    source, store = WarehouseFactory(), StoreFactory()
    level = StockLevelFactory(location=source)
    one = transfers.request(
        [transfers.Ask(level.variant_id, 3)],
        source_id=source.pk,
        destination_id=store.locations.get().pk,
        expected_at=NOON,
        reason=Transfer.Reason.SHOP,
        at=NOON,
        actor="user:0",
    )

    def do(name, **data):
        path = reverse(f"admin:inventory_transfer_{name}", args=[one.pk])
        return office.post(path, {"key": "k"} | data).status_code

    assert do("receive", **{"units-1": 0}) == 409
    assert do("send", **{"units-1": 4}) == 422
    assert do("send", **{"units-1": 3}) == 302
    assert do("cancel") == 409
    assert do("receive", **{"units-1": 2}) == 302
    line = one.lines.get()
    assert (line.sent, line.received) == (3, 2)


def test_a_new_price_ends_the_old_one(office, a_and_b):
    a, _b = a_and_b
    path = reverse("admin:catalog_variant_new_price", args=[a.variant.pk])
    office.post(path, {"price": "17,50", "price_list": "", "key": "k"})
    amounts = Price.objects.filter(variant=a.variant).order_by("valid_from")
    assert [price.amount_minor for price in amounts] == [2000, 1750]
    assert amounts[0].valid_to == amounts[1].valid_from


def test_a_saved_product_is_found_by_its_new_name(office, a_and_b):
    a, _b = a_and_b
    product = a.variant.product
    page = office.get(url(Product, "change", product.pk)).content.decode()
    assert 'name="picture_sources-TOTAL_FORMS"' in page
    office.post(
        url(Product, "change", product.pk),
        {
            "name_fr": "Réchaud Épervier", "slug": product.slug, "category": product.category_id,
            "tax_category": product.tax_category_id, "status": "active", "withdrawal": "",
            "variants-TOTAL_FORMS": 0, "variants-INITIAL_FORMS": 0,
            "pictures-TOTAL_FORMS": 0, "pictures-INITIAL_FORMS": 0,
            "picture_sources-TOTAL_FORMS": 0, "picture_sources-INITIAL_FORMS": 0,
            "videos-TOTAL_FORMS": 0, "videos-INITIAL_FORMS": 0,
            "documents-TOTAL_FORMS": 0, "documents-INITIAL_FORMS": 0,
            "relations-TOTAL_FORMS": 0, "relations-INITIAL_FORMS": 0,
            "assortment-TOTAL_FORMS": 0, "assortment-INITIAL_FORMS": 0,
        },
    )  # fmt: skip
    product.refresh_from_db()
    assert "epervier" in product.search_words
    found = office.get(url(Product), {"q": "epervier"}).context["cl"].result_list
    assert [row.pk for row in found] == [product.pk]


def test_a_category_is_moved_but_never_below_itself(office):
    camp, tents = CategoryFactory(), CategoryFactory()
    data = {"name_fr": "Tentes", "slug": "tentes", "parent": camp.pk}
    office.post(url(Category, "change", tents.pk), data)
    tents.refresh_from_db()
    assert Category.objects.get_parent(tents) == camp
    answer = office.post(
        url(Category, "change", camp.pk),
        {"name_fr": "Camp", "slug": "camp", "parent": tents.pk},
    )
    assert answer.status_code == 200
    camp.refresh_from_db()
    assert Category.objects.get_parent(camp) is None


def test_a_person_with_somebody_elses_address_is_refused(office):
    CustomerFactory(email="camille@example.org")
    data = {"first_name": "C", "last_name": "M", "language": "fr", "phone": ""}
    refused = office.post(url(Customer, "add"), data | {"email": "Camille@example.org"})
    assert refused.status_code == 200
    made = office.post(url(Customer, "add"), data | {"email": "new@example.org"})
    assert made.status_code == 302
    assert Customer.objects.filter(identities__value="new@example.org").count() == 1
