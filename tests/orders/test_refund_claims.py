"""Refund offers: asked for once, paid once, less for what came back; PAY-2 holds throughout."""

from datetime import timedelta

import pytest
import time_machine

from catalog.models import Promotion
from omnishop.kernel.errors import Invalid, Refusal
from orders.models import OrderEvent, RefundClaim
from orders.services import refund_claims, returns
from orders.services.refund_claims import ClaimClosed
from tests.factories import NOON, PromotionFactory, TillFactory
from tests.inventory.test_races import at_once
from tests.orders.flows import sold, stocked

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("invariants")]

IBAN = "FR76 3000 6000 0112 3456 7890 189"
OTHER = "FR14 2004 1010 0505 0001 3M02 606"
DAY = timedelta(days=1)


@pytest.fixture
def desk(db):
    return TillFactory()


@pytest.fixture
def coat(desk):
    return stocked(desk.store, price=10_000)


@pytest.fixture
def promised(desk, coat):
    """A paid and taken away order of two coats that promises 20.00 back within 30 days."""
    PromotionFactory(
        kind=Promotion.Kind.REFUND, percent_bp=None, amount_minor=2000, claim_days=30,
        name="20 € remboursés",
    )  # fmt: skip
    order = sold(desk, (coat, 2))
    return order.refund_claims.get()


def ask(claim, account=IBAN, at=NOON):
    refund_claims.claim(claim_id=claim.pk, account=account, at=at)


def pay(claim, at=NOON + DAY):
    return refund_claims.pay(claim_id=claim.pk, actor="user:1", at=at)


def bring_back(order, desk, units, at=NOON):
    line = order.lines.get()
    returns.take_back(
        order_id=order.pk, units={line.pk: units}, disposition="sellable", till=desk,
        reason="too small", actor="user:1", at=at,
    )  # fmt: skip


def test_it_is_asked_for_once_with_an_iban_and_paid_once(promised):
    ask(promised)
    ask(promised)  # a second press

    assert pay(promised) == 2000
    with pytest.raises(ClaimClosed):
        pay(promised)
    promised.refresh_from_db()
    assert (promised.status, promised.iban) == ("paid", "FR7630006000011234567890189")
    kinds = OrderEvent.objects.filter(order=promised.order).values_list("kind", flat=True)
    assert sorted(kind for kind in kinds if "claim" in kind) == [
        "refund_claim_paid",
        "refund_claimed",
    ]


def test_an_account_that_cannot_be_is_refused_and_nothing_is_written(promised):
    with pytest.raises(Invalid):
        ask(promised, "FR76 3000 6000 0112 3456 7890 188")
    assert RefundClaim.objects.get().status == "open"


def test_a_claimed_one_is_not_sent_to_another_account(promised):
    ask(promised)
    with pytest.raises(ClaimClosed):
        ask(promised, OTHER)
    assert RefundClaim.objects.get().iban.startswith("FR76")


def test_it_lapses_after_its_last_day_without_anyone_writing_a_row(promised):
    last = NOON + 30 * DAY

    assert refund_claims.standing(promised, at=last).claimable
    late = refund_claims.standing(promised, at=last + DAY)
    assert (late.expired, late.claimable) == (True, False)
    with pytest.raises(ClaimClosed):
        ask(promised, at=last + DAY)


def test_what_came_back_reduces_it_and_it_is_paid_after_the_return_period(promised, desk):
    ask(promised)
    bring_back(promised.order, desk, 1)

    with pytest.raises(Refusal, match=r"came back|revenus"):
        pay(promised, at=NOON + 14 * DAY)
    assert pay(promised, at=NOON + 15 * DAY) == 1000
    assert RefundClaim.objects.get().amount_minor == 1000


def test_nothing_kept_is_nothing_paid(promised, desk):
    bring_back(promised.order, desk, 2)

    with pytest.raises(ClaimClosed):
        ask(promised)
    assert refund_claims.standing(promised, at=NOON).owed_minor == 0


def test_it_is_refused_with_a_reason_and_then_not_paid(promised):
    ask(promised)
    with pytest.raises(Invalid):
        refund_claims.refuse(claim_id=promised.pk, reason=" ", actor="user:1", at=NOON)
    refund_claims.refuse(claim_id=promised.pk, reason="compte fermé", actor="user:1", at=NOON)

    with pytest.raises(ClaimClosed):
        pay(promised)
    assert RefundClaim.objects.get().reason == "compte fermé"


def test_only_the_articles_of_the_offer_count(desk):
    tent, hat = stocked(desk.store, price=10_000), stocked(desk.store, price=5000)
    offer = PromotionFactory(
        kind=Promotion.Kind.REFUND, percent_bp=None, amount_minor=2000, claim_days=30
    )
    offer.products.set([tent.product])
    order = sold(desk, (tent, 1), (hat, 1))
    returns.take_back(
        order_id=order.pk, units={order.lines.get(variant=hat).pk: 1}, disposition="sellable",
        till=desk, reason="no", actor="user:1", at=NOON,
    )  # fmt: skip

    claim = order.refund_claims.get()

    assert refund_claims.standing(claim, at=NOON).owed_minor == 2000


@pytest.mark.django_db(transaction=True)
def test_two_presses_at_once_pay_once(promised):
    ask(promised)

    done = at_once([lambda: pay(promised)] * 4)

    assert sum(one == 2000 for one in done) == 1
    assert OrderEvent.objects.filter(kind="refund_claim_paid").count() == 1


@time_machine.travel(NOON)
def test_the_shopper_asks_on_the_order_s_page_as_a_guest(client, promised):
    url = f"/commande/{promised.order.token}/"

    page = client.get(url).content.decode()
    wrong = client.post(f"{url}remboursement/{promised.pk}/", {"iban": "FR76"})
    other = client.post(f"/commande/{'x' * 22}/remboursement/{promised.pk}/", {"iban": IBAN})
    right = client.post(f"{url}remboursement/{promised.pk}/", {"iban": IBAN})

    assert "20 € remboursés" in page
    assert wrong.status_code == 422
    assert 'value="FR76"' in wrong.content.decode()
    assert other.status_code == 404
    assert right.status_code == 302
    assert RefundClaim.objects.get().status == "claimed"
