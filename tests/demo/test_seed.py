"""The demonstration: whole, sound, the same every time."""

import hashlib
from datetime import date, timedelta

import pytest
from django.core.management import call_command
from django.db import transaction
from django.db.models import Count, F, Sum
from django.utils import timezone
from stdnum import ean

from catalog import book, selectors
from catalog.models import (
    BundleItem,
    Category,
    Document,
    Guide,
    Product,
    Question,
    Recommendation,
    Review,
    Variant,
)
from customers.models import Customer, Message
from inventory.models import (
    Proposal,
    PurchaseOrder,
    StockLevel,
    StockLocation,
    SupplierArticle,
)
from loyalty.models import PointsLot
from omnishop.demo import content, seed, signins
from omnishop.demo.demand import season
from omnishop.demo.shelves import gtin
from omnishop.network.models import LegalEntity, Store, User
from orders.invariants import violations
from orders.models import Basket, Fulfilment, Order, OrderLine, Payment, Receipt, Relaunch, Return
from orders.services.receipts import verify
from tests.factories import NOON

SUNDAY = date(2026, 11, 22)
ORDERS = 300

pytestmark = pytest.mark.timeout(400)  # two whole seedings, on a machine that may be busy


@pytest.fixture(scope="module")
def seeded(django_db_setup, django_db_blocker):
    """One small demonstration for all tests of this file, written twice and gone after them."""
    with django_db_blocker.unblock():
        with transaction.atomic():
            first = seed.seed(today=SUNDAY, orders=ORDERS, draw=False), checksum()
            transaction.set_rollback(True)
        with transaction.atomic():
            yield first, (seed.seed(today=SUNDAY, orders=ORDERS, draw=False), checksum())
            transaction.set_rollback(True)


@pytest.fixture
def shop(seeded, db):
    """The demonstration, to read and to change."""


def checksum() -> str:
    """What was sold, when, to whom, for how much; keys and tokens differ from run to run."""
    first = Customer.objects.order_by("pk").values_list("pk", flat=True)[0]
    digest = hashlib.sha256()
    sold = OrderLine.objects.order_by("order_id", "position").values_list(
        "order__placed_at",
        "order__channel",
        "order__status",
        "order__name",
        "order__store__code",
        "name",
        "quantity",
        "total_minor",
        "tax_minor",
        "refunded_minor",
    )
    for row in sold:
        digest.update(repr(row).encode())
    for lot in PointsLot.objects.order_by("pk").values_list(
        "account__customer", "points", "remaining", "earned_at", "expires_at"
    ):
        digest.update(repr((lot[0] - first, *lot[1:])).encode())
    for level in StockLevel.objects.order_by("variant__sku", "location__code").values_list(
        "variant__sku", "location__code", "on_hand", "reserved"
    ):
        digest.update(repr(level).encode())
    return digest.hexdigest()


def test_the_same_day_gives_the_same_data(shop, seeded):
    first, second = seeded

    assert first == second


def test_every_invariant_holds(shop):
    call_command("check_invariants")


def test_goods_are_ordered_from_suppliers_and_more_are_proposed(shop):
    orders = PurchaseOrder.objects.order_by("pk")
    assert sorted(order.status for order in orders) == [
        *("draft", "ordered", "ordered", "ordered", "received"),
    ]
    assert orders.filter(status="ordered", expected_on__gt=SUNDAY).count() == 1
    assert orders.filter(status="ordered", lines__received__gt=0).distinct().count() == 1
    differing = orders.get(status="received").lines.exclude(received=F("quantity"), damaged=0)
    assert differing.count() == 3
    bought = Variant.objects.exclude(gtin=None)  # neither sets nor what was added by hand
    assert SupplierArticle.objects.filter(preferred=True).count() == bought.count()
    assert Proposal.objects.filter(status="open").exists()


def test_there_are_shops_shelves_and_products_in_both_languages(shop):
    assert Store.objects.count() == 5
    assert LegalEntity.objects.filter(store__isnull=False).distinct().count() == 2
    others = ["LOT-NUIT", "LOT-CAFE", "VEL-EXPO", "CAR-TIRAGE", "TEN-AVRIL", "VRA-CORDEE"]
    sold = Product.objects.exclude(variants__sku__in=others)
    assert sold.count() == len(content.products()) >= 120
    assert Product.objects.count() == sold.count() + len(others)
    assert Category.objects.filter(products__isnull=False).distinct().count() >= 12
    assert not Product.objects.filter(name_en="").exists()
    assert not Product.objects.filter(description_en__isnull=True).exists()
    assert not Category.objects.filter(name_fr=None).exists()
    assert Product.objects.exclude(search_fr=None).count() == Product.objects.count()


def test_products_are_described_and_guides_sets_places_and_days_can_be_tried(shop):
    assert not Product.objects.filter(product_type=None).exists()
    assert not Product.objects.filter(attributes=None, variants__gtin__isnull=False).exists()
    assert Guide.objects.filter(published=True).count() == 6
    assert BundleItem.objects.values("bundle").distinct().count() == 2
    assert Document.objects.count() == 3
    at = timezone.now()
    tried = Variant.objects.filter(sku__in=["VEL-EXPO", "CAR-TIRAGE", "TEN-AVRIL"])
    skus = dict(tried.values_list("pk", "sku"))
    store = Store.objects.get(code="LYO")
    here = book.prices(skus, at=at, channel="till", store_id=store.pk)
    assert {skus[pk] for pk in here} == {"VEL-EXPO"}
    assert {skus[pk] for pk in book.prices(skus, at=at)} == {"CAR-TIRAGE"}
    for bundle in Variant.objects.exclude(items=None):
        parts = {item.item_id: item.quantity for item in bundle.items.all()}
        prices = book.prices([bundle.pk, *parts], at=at)
        apart = sum(prices[pk].amount_minor * units for pk, units in parts.items())
        assert apart > prices[bundle.pk].amount_minor


def test_what_the_scales_of_the_shops_label_can_be_tried(shop):
    """The codes that docs/catalogue.md tells."""
    store = Store.objects.get(code="ANC")
    found = [selectors.scanned(code).get() for code in ("2800042004824", "2100042010000")]
    labels = [
        selectors.labelled(code, one["scale"])
        for code, one in zip(("2800042004824", "2100042010000"), found, strict=True)
    ]
    (pk,) = {one["variant"] for one in found}
    at = timezone.now()

    assert [(one.weight_g, one.price_minor) for one in labels] == [(482, None), (None, 1000)]
    unit = book.price_book([pk], at=at, channel="till", store_id=store.pk).unit(pk, pack_g=482)
    assert (unit.amount_minor, unit.kilo_minor) == (1152, 2390)
    assert StockLevel.objects.filter(variant=pk, on_hand=12).count() == 5
    assert book.prices([pk], at=at) == {}  # the site has none


def test_the_main_company_sells_on_the_site(shop):
    main = LegalEntity.objects.order_by("pk")[0]

    assert main.name == "Grand Air SAS"
    assert set(
        Order.objects.filter(channel="web", payments__method="card").values_list(
            "entity", flat=True
        )
    ) == {main.pk}
    assert Order.objects.filter(store__code="ANC").exclude(entity=main).exists()


def test_every_gtin_is_valid_and_of_the_range_for_examples(shop):
    codes = list(Variant.objects.exclude(gtin=None).values_list("gtin", flat=True))

    assert len(set(codes)) == len(codes) == Variant.objects.count() - 6
    assert all(ean.is_valid(code) and code.startswith("952") for code in codes)
    assert ean.is_valid(gtin(123_456))


def test_price_cuts_show_the_lowest_price_of_the_30_days_before(shop):
    at = seed.Days(SUNDAY).midnight(0)
    cut = [text for text in content.products() if text.sale]
    variants = Variant.objects.filter(product__slug__in=[text.slug for text in cut])

    prices = book.prices([variant.pk for variant in variants], at=at)

    assert len(cut) == 14
    assert all(price.reference_minor and price.cut_bp > 0 for price in prices.values())


def test_shops_sell_by_their_rhythm_and_never_on_a_closed_day(shop):
    by_store = dict(
        Order.objects.filter(channel="till").values_list("store__code").annotate(Count("pk"))
    )
    lyon = Order.objects.filter(channel="till", store__code="LYO")

    assert set(by_store) == {"LYO", "ANC", "GRE", "PAR", "NTE"}
    assert by_store["LYO"] > by_store["ANC"]
    assert not lyon.filter(sold_on__week_day=1).exists()  # Sunday
    assert not lyon.filter(sold_on=date(2026, 11, 11)).exists()  # a public holiday
    assert season("eau", 7) > 5 * season("eau", 1)


def test_nothing_lies_in_the_future_and_nothing_is_late(shop):
    midnight = seed.Days(SUNDAY).midnight(0)

    assert not Order.objects.filter(placed_at__gte=midnight).exists()
    assert not Receipt.objects.filter(issued_at__gte=midnight).exists()
    assert not Fulfilment.objects.overdue(midnight + timedelta(hours=12)).exists()


def test_pickups_and_parcels_are_in_every_status(shop):
    found = set(Fulfilment.objects.values_list("kind", "status"))

    for status in ("waiting", "picked", "ready", "handed_over", "no_show", "cancelled"):
        assert ("pickup", status) in found
    assert {("shipment", "waiting"), ("shipment", "shipped")} <= found
    assert Fulfilment.objects.filter(status="ready", order__paid_at__isnull=True).exists()


def test_every_way_to_pay_and_to_take_back_occurs(shop):
    assert set(Payment.objects.values_list("method", flat=True)) == {
        "card",
        "terminal",
        "cash",
        "points",
    }
    assert set(Return.objects.values_list("kind", flat=True)) == {"return", "cancellation"}
    assert Message.objects.filter(template="order_delayed").count() == 2


def test_receipts_are_signed(shop):
    assert all(verify(receipt) for receipt in Receipt.objects.select_related("till__store"))


def test_popularity_is_what_was_sold(shop):
    product = Product.objects.order_by("-popularity")[0]

    sold = OrderLine.objects.filter(variant__product=product).aggregate(
        units=Sum("quantity") - Sum("cancelled")
    )

    assert product.popularity == sold["units"] > 0


def test_some_articles_are_sold_out_in_a_shop_and_some_nearly(shop):
    articles = Variant.objects.count()
    for location in StockLocation.objects.filter(kind="store"):
        there = StockLevel.objects.filter(location=location, on_hand__gt=0)
        assert articles - there.count() > 30
        assert there.filter(on_hand__lte=3).count() > 30


def test_only_the_last_days_messages_wait_and_are_few(shop):
    waiting = Message.objects.filter(status=Message.Status.QUEUED)

    assert 0 < waiting.count() <= seed.QUEUED
    assert waiting.filter(queued_at__lt=seed.Days(SUNDAY).midnight(1)).count() == 0


def test_baskets_left_behind_have_been_decided_on_but_yesterdays(shop):
    decided = set(Relaunch.objects.values_list("status", "reason"))
    undecided = Basket.objects.open().filter(till=None, relaunches=None)

    assert decided >= {("sent", ""), ("withheld", "no_consent"), ("withheld", "bought")}
    assert undecided.count() >= 15
    assert not undecided.filter(changed_at__lt=seed.Days(SUNDAY).midnight(2)).exists()


def test_points_are_pending_spendable_and_about_to_expire(shop):
    at = seed.Days(SUNDAY).midnight(0)

    assert PointsLot.objects.pending(at).exists()
    assert PointsLot.objects.spendable(at).count() > 50
    assert PointsLot.objects.filter(
        remaining__gt=0, expires_at__range=(at, at + timedelta(days=30))
    ).exists()


def test_whoever_is_named_can_sign_in(shop, client):
    for _label, _path, login, password in signins.SIGN_INS:
        user = User.objects.get(email=login)
        assert user.check_password(password)
        assert user.emailaddress_set.filter(verified=True, primary=True).exists()
    camille = Customer.objects.get(user__email=signins.CAMILLE)
    assert set(Order.objects.of(camille).values_list("channel", flat=True)) == {"web", "till"}


def test_a_second_run_writes_nothing(shop, capsys):
    before = Order.objects.count()

    call_command("seed_demo", "--sign-ins")

    said = capsys.readouterr().out
    assert "there already" in said
    assert signins.CAMILLE in said
    assert Order.objects.count() == before


def test_reviews_are_of_what_was_received_and_some_wait_for_staff(shop):
    statuses = dict(Review.objects.order_by().values_list("status").annotate(Count("pk")))

    assert statuses["published"] > 40
    assert set(statuses) <= {"published", "pending", "refused"}
    assert not Review.objects.filter(status="published", has_contact=True).exists()
    assert Review.objects.exclude(answer="").exists()
    assert Question.objects.filter(status="pending").exists()
    assert violations(at=NOON, rules=["RVW-1", "RVW-2"]) == []
    assert set(Recommendation.objects.values_list("kind", flat=True)) >= {"similar"}
