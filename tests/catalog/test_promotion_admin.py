"""Operations, promotions, codes and price changes in the back office: in words, by permission."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from catalog import operations
from catalog.models import Coupon, Operation, PriceChange, Promotion
from catalog.promotion_summary import summary
from catalog.services import default_price_list
from omnishop.kernel.errors import Invalid, Refusal
from tests.factories import (
    CategoryFactory,
    CouponFactory,
    OperationFactory,
    ProductFactory,
    PromotionFactory,
    StaffFactory,
    UserFactory,
    VariantFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def office(client):
    client.force_login(UserFactory(email="root@x.fr", is_staff=True, is_superuser=True))
    return client


def flat(text):
    return text.replace("\u00a0", " ").replace("\u202f", " ")


def post_promotion(office, **fields):
    operation = Operation.objects.first() or OperationFactory()
    data = {
        "operation": operation.pk, "name_fr": "Essai", "name_en": "", "active": "on",
        "priority": "100", "tiers": "[]", "stacking_group": "",
    }  # fmt: skip
    return office.post(reverse("admin:catalog_promotion_add"), data | fields)


@pytest.mark.parametrize(
    "fields, told",
    [
        ({"kind": "percent"}, "Ce type de promotion en a besoin."),
        ({"kind": "fixed", "buy_units": "1", "amount": "20"}, "Il faut au moins deux articles"),
        ({"kind": "tiered", "steps": "beaucoup"}, "« beaucoup » n’est pas un palier."),
        ({"kind": "tiered", "steps": "2: 10\n2: 20"}, "Deux paliers commencent au même point."),
        ({"kind": "refund", "claim_days": "30"}, "Indiquez un pourcentage ou un montant"),
        ({"kind": "gift"}, "Ce type de promotion en a besoin."),
    ],
)
def test_what_the_database_would_refuse_is_said_in_words(office, fields, told):
    answer = post_promotion(office, **fields)

    assert answer.status_code == 200
    assert told in flat(answer.content.decode()).replace("&#x27;", "'")
    assert not Promotion.objects.exists()


def test_a_promotion_keeps_only_what_its_kind_asks_for(office):
    answer = post_promotion(
        office,
        kind="tiered",
        steps="2: 10\n3 = 20,5 %",
        percent="15",
        amount="3",
        min_amount="40,50",
    )

    assert answer.status_code == 302, answer.context["adminform"].form.errors
    made = Promotion.objects.get()
    assert made.tiers == [[2, 1000], [3, 2050]]
    assert (made.percent_bp, made.amount_minor, made.min_minor) == (None, None, 4050)


def test_every_kind_is_said_in_one_sentence():
    shelf = CategoryFactory(name="Randonnée")
    three = PromotionFactory(percent_bp=2000, min_units=3, by_coupon=True)
    three.categories.set([shelf])
    free = PromotionFactory(kind="buy_get", buy_units=2, get_units=1, percent_bp=10_000)
    steps = PromotionFactory(kind="tiered", percent_bp=None, tiers=[[2, 1000], [3, 2000]])

    assert [flat(summary(one)) for one in (three, free, steps)] == [
        "−20 %, sur Randonnée, dès 3 articles, avec un code",
        "3 pour 2",
        "−10 % dès 2, −20 % dès 3",
    ]


def test_an_operation_is_approved_with_something_to_offer_and_stopped_at_once():
    at = timezone.now()
    operation = OperationFactory(status="draft")
    with pytest.raises(Refusal):
        operations.approve(operation_id=operation.pk, at=at)
    PromotionFactory(operation=operation)
    over = OperationFactory(status="draft", ends_at=at - timedelta(hours=1))
    with pytest.raises(Invalid):
        operations.approve(operation_id=over.pk, at=at)

    operations.approve(operation_id=operation.pk, at=at)
    assert Operation.objects.get(pk=operation.pk).status == "approved"
    operations.stop(operation_id=operation.pk)
    assert Operation.objects.get(pk=operation.pk).status == "stopped"


def test_codes_are_drawn_unique_and_unambiguous_and_downloaded_without_formulas(office):
    promotion = PromotionFactory(by_coupon=True)
    Coupon.objects.create(promotion=promotion, code="=SOMME(A1)")

    count = operations.draw_codes(promotion_id=promotion.pk, count=500, prefix="ete-")
    codes = set(Coupon.objects.exclude(code="=SOMME(A1)").values_list("code", flat=True))
    page = office.get(reverse("admin:catalog_promotion_export", args=[promotion.pk]))
    rows = b"".join(page.streaming_content).decode()

    assert count == len(codes) == 500
    assert all(code.startswith("ETE-") for code in codes)
    assert not set("".join(codes).replace("ETE-", "")) & set("01OILSBZQUV258")
    assert "'=SOMME(A1)" in rows
    assert rows.count("\r\n") == 502
    assert all(one.uses == 1 for one in Coupon.objects.filter(code__startswith="ETE-"))


def test_codes_of_an_offer_for_everybody_are_not_drawn():
    with pytest.raises(Refusal):
        operations.draw_codes(promotion_id=PromotionFactory().pk, count=1)


def test_a_code_is_there_once_whatever_its_case(office):
    known = CouponFactory(code="DIX")
    answer = office.post(
        reverse("admin:catalog_coupon_add"), {"promotion": known.promotion_id, "code": " dix "}
    )
    assert answer.status_code == 200
    assert Coupon.objects.count() == 1


def test_a_price_change_is_looked_at_handed_in_approved_by_another_and_undone(office, client):
    shelf = CategoryFactory()
    tasse = VariantFactory(product=ProductFactory(category=shelf, name="Tasse"), price=2000)
    start = timezone.now() + timedelta(days=1)
    fields = {
        "name": "Soldes", "price_list": default_price_list().pk, "kind": "percent", "percent": "25",
        "starts_at_0": f"{start:%d/%m/%Y}", "starts_at_1": "08:00:00", "ends_at_0": "",
        "ends_at_1": "", "categories": [shelf.pk],
    }  # fmt: skip
    answer = office.post(reverse("admin:catalog_pricechange_add"), fields)
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    change = PriceChange.objects.get()

    preview = flat(office.get(reverse("admin:catalog_pricechange_preview", args=[change.pk]))
                   .content.decode())  # fmt: skip
    office.post(reverse("admin:catalog_pricechange_submit", args=[change.pk]), {"key": "a"})
    own = office.post(reverse("admin:catalog_pricechange_approve", args=[change.pk]), {"key": "b"})
    colleague = UserFactory(email="autre@x.fr", is_staff=True, is_superuser=True)
    client.force_login(colleague)
    client.post(reverse("admin:catalog_pricechange_approve", args=[change.pk]), {"key": "c"})

    assert "20,00 €" in preview
    assert "15,00 €" in preview
    assert own.status_code == 409
    change.refresh_from_db()
    assert (change.status, change.approved_by) == ("approved", colleague)
    assert tasse.prices.count() == 2
    client.post(reverse("admin:catalog_pricechange_undo", args=[change.pk]), {"key": "d"})
    assert tasse.prices.count() == 1


def test_store_managers_read_and_do_not_write(client, settings):
    settings.STAFF_MFA_REQUIRED = False
    manager = StaffFactory(role="store_manager")
    operation = PromotionFactory().operation
    client.force_login(manager.user, backend="omnishop.network.backends.StaffBackend")

    read = client.get(reverse("admin:catalog_operation_change", args=[operation.pk]))
    client.post(reverse("admin:catalog_operation_stop", args=[operation.pk]), {"key": "a"})

    assert read.status_code == 200
    assert client.get(reverse("admin:catalog_operation_add")).status_code == 403
    assert Operation.objects.get(pk=operation.pk).status == "approved"
