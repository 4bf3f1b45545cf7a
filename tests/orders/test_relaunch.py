"""The reminder of a basket left behind is decided when it is sent (DESIGN 3.8, FIELD 38–41)."""

from datetime import timedelta

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend

from customers.models import Message
from customers.services.consents import record_consent
from customers.services.messages import queue_message
from inventory.models import StockLevel
from orders.models import Basket, Relaunch
from orders.services import baskets, checkout, planning, relaunch, unpaid, wanted
from orders.services.ways import Pickup
from tests.factories import (
    LONG_AGO,
    NOON,
    BasketFactory,
    BasketLineFactory,
    CampaignFactory,
    CustomerFactory,
    StoreFactory,
    TillFactory,
    VariantFactory,
)
from tests.orders.flows import contact, paid, sold, stocked

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("invariants")]
LEFT = NOON - timedelta(hours=3)
SECOND = timedelta(seconds=1)
DELAY = timedelta(hours=2)


@pytest.fixture(autouse=True)
def _switched_on(db):
    CampaignFactory(kind="basket", steps=[DELAY])


@pytest.fixture(autouse=True)
def _template(settings):
    engine = settings.TEMPLATES[0]
    loader = (
        "django.template.loaders.locmem.Loader",
        {
            "messages/basket_reminder.subject.txt": "Votre panier",
            "messages/basket_reminder.txt": "{% for l in lines %}{{ l.sku }} {% endfor %}"
            "{{ link }}",
        },
    )
    settings.TEMPLATES = [
        engine | {"APP_DIRS": False, "OPTIONS": engine["OPTIONS"] | {"loaders": [loader]}}
    ]


@pytest.fixture
def desk(db):
    return TillFactory()


@pytest.fixture
def camille(db):
    customer = CustomerFactory(email="camille@example.org")
    consent(customer, at=LONG_AGO)
    return customer


@pytest.fixture
def article(desk):
    return stocked(desk.store)


def consent(customer, granted=True, at=NOON):
    record_consent(customer=customer, granted=granted, source="account", actor="customer", at=at)


def left_behind(*variants, customer=None, email="", at=LEFT):
    basket = BasketFactory(customer=customer, email=email, created_at=at, changed_at=at)
    for variant in variants:
        BasketLineFactory(basket=basket, variant=variant)
    return basket


def remind(at=NOON):
    """What the two tasks do at that instant."""
    planning.schedule(at=at)
    return [relaunch.send(relaunch_id=pk, at=at) for pk in relaunch.due(at)]


def withheld(reason):
    log = Relaunch.objects.get()
    assert mail.outbox == []
    assert not Message.objects.filter(purpose="marketing").exists()
    assert (log.status, log.reason, log.decided_at) == ("withheld", reason, NOON)
    return True


def test_a_basket_left_behind_is_reminded_of_once(camille, article):
    basket = left_behind(article, customer=camille)

    assert [remind() for _ in range(3)] == [[True], [], []]

    log = Relaunch.objects.get()
    assert (log.status, log.reason, log.basket) == ("sent", "", basket)
    (sent,) = mail.outbox
    assert sent.to == ["camille@example.org"]
    assert article.sku in sent.body
    assert log.message.context["lines"][0]["total_minor"] == 2000
    link = wanted.basket_link(basket)
    assert wanted.basket_of_link(link) == basket
    assert wanted.basket_of_link(link + "x") is None


def test_a_basket_that_was_changed_a_moment_ago_is_left_alone(camille, article):
    left_behind(article, customer=camille, at=NOON - DELAY)

    assert remind() == []
    assert remind(NOON + SECOND) == [True]


def test_turning_it_on_does_not_write_to_baskets_of_months_ago(camille, article):
    left_behind(article, customer=camille, at=NOON - timedelta(days=7, seconds=1))

    assert remind() == []
    assert not Relaunch.objects.exists()


def test_a_reminder_that_waited_for_a_broken_task_for_weeks_is_not_sent(camille, article):
    left_behind(article, customer=camille, at=NOON - timedelta(days=20))
    planning.schedule(at=NOON - timedelta(days=19))

    assert remind() == [False]
    assert withheld("too_old")


@pytest.mark.parametrize("before", [timedelta(minutes=1), SECOND])
def test_what_was_bought_in_the_shop_just_before_is_not_reminded_of(camille, desk, article, before):
    basket = left_behind(article, customer=camille)
    planning.schedule(at=NOON)
    sold(desk, (article, 1), customer=camille, at=NOON - before)

    assert remind() == [False]
    assert withheld("bought")
    assert Relaunch.objects.get().dropped == [article.sku]
    assert Basket.objects.get(pk=basket.pk).status == Basket.Status.OPEN


def test_what_was_bought_before_the_basket_was_filled_is_wanted_again(camille, desk, article):
    sold(desk, (article, 1), customer=camille, at=LEFT - SECOND)
    left_behind(article, customer=camille)

    assert remind() == [True]


def test_what_was_bought_under_a_record_merged_since_counts(camille, desk, article):
    duplicate = CustomerFactory()
    left_behind(article, customer=camille)
    sold(desk, (article, 1), customer=duplicate, at=NOON - SECOND)
    duplicate.merged_into = camille
    duplicate.save()

    assert remind() == [False]
    assert withheld("bought")


def test_the_basket_of_a_merged_record_is_its_live_persons(camille, desk, article):
    duplicate = CustomerFactory(merged_into=camille)
    left_behind(article, customer=duplicate)
    sold(desk, (article, 1), customer=camille, at=NOON - SECOND)

    assert remind() == [False]
    assert withheld("bought")


def test_a_guest_order_to_an_address_of_a_merged_record_counts(camille, article, desk):
    CustomerFactory(email="old@example.org", merged_into=camille)
    left_behind(article, customer=camille)
    order = paid(Pickup(desk.store.pk), (article, 1), at=NOON - SECOND)
    order.email = "old@example.org"
    order.save()

    assert remind() == [False]
    assert withheld("bought")


def test_a_guest_order_to_the_persons_address_counts(camille, article, desk):
    left_behind(article, customer=camille)
    paid(Pickup(desk.store.pk), (article, 1), at=NOON - SECOND)  # the same address

    assert remind() == [False]
    assert withheld("bought")


def test_only_what_was_not_bought_is_named(camille, desk, article):
    other = stocked(desk.store)
    left_behind(article, other, customer=camille)
    sold(desk, (article, 1), customer=camille, at=NOON - SECOND)

    assert remind() == [True]

    assert article.sku not in mail.outbox[0].body
    assert other.sku in mail.outbox[0].body
    assert Relaunch.objects.get().dropped == [article.sku]


def test_an_abandoned_or_returned_attempt_is_no_purchase(camille, article, desk):
    basket = left_behind(article, customer=camille)
    order = checkout.place(
        basket_id=basket.pk,
        request=checkout.Request(contact=contact(), way=Pickup(desk.store.pk)),
        at=NOON - timedelta(hours=2),
    )
    unpaid.abandon(order_id=order.pk, actor="task", at=NOON - SECOND)

    assert remind() == [True]


def test_who_is_paying_at_this_moment_is_left_in_peace(camille, article, desk):
    basket = left_behind(article, customer=camille)
    order = checkout.place(
        basket_id=basket.pk,
        request=checkout.Request(contact=contact(), way=Pickup(desk.store.pk)),
        at=NOON - SECOND,
    )

    assert remind() == [False]
    assert Relaunch.objects.get().status == "scheduled"
    unpaid.abandon(order_id=order.pk, actor="task", at=NOON)
    assert remind(NOON + relaunch.RECHECK) == [True]


def test_who_stands_at_the_till_with_it_is_left_in_peace(camille, article, desk):
    basket = left_behind(article, customer=camille)
    planning.schedule(at=NOON)
    baskets.open_at_till(basket_id=basket.pk, till=desk)

    assert remind() == [False]
    assert mail.outbox == []


def test_a_guest_who_is_nobody_we_know_gets_nothing(article):
    left_behind(article, email="guest@example.org")

    assert remind() == [False]
    assert withheld("no_address")


def test_a_guest_who_is_known_by_the_address_is_that_person(camille, article):
    left_behind(article, email="Camille@example.org")

    assert remind() == [True]
    assert Relaunch.objects.get().message.customer == camille


def test_a_basket_of_nobody_is_nobodys(article):
    left_behind(article)

    assert remind() == []


def test_a_person_without_address_gets_nothing(article):
    customer = CustomerFactory()
    consent(customer)
    left_behind(article, customer=customer)

    assert remind() == [False]
    assert withheld("no_address")


def test_consent_that_was_never_given_is_no_consent(article):
    left_behind(article, customer=CustomerFactory(email="camille@example.org"))

    assert remind() == [False]
    assert withheld("no_consent")


def test_consent_withdrawn_a_second_before_is_withdrawn(camille, article):
    left_behind(article, customer=camille)
    planning.schedule(at=NOON)
    consent(camille, granted=False, at=NOON - SECOND)

    assert remind() == [False]
    assert withheld("no_consent")


@pytest.mark.parametrize("gone", ["stock", "sale"])
def test_what_cannot_be_had_is_not_offered(camille, article, gone):
    if gone == "stock":
        StockLevel.objects.update(safety=10)
    else:
        article.product.status = "archived"
        article.product.save()
    left_behind(article, customer=camille)

    assert remind() == [False]
    assert withheld("out_of_stock")


def test_what_can_be_had_is_offered_without_the_rest(camille, article):
    left_behind(article, VariantFactory(), customer=camille)

    assert remind() == [True]
    assert len(Relaunch.objects.get().message.context["lines"]) == 1


def told(customer, key, at):
    message = queue_message(
        key=key,
        template="news",
        to="camille@example.org",
        language="fr",
        context={},
        purpose="marketing",
        customer_id=customer.pk,
        at=at,
    )
    Message.objects.filter(key=message.key).update(status="sent", sent_at=at)


def test_who_had_enough_messages_this_week_gets_no_more(camille, article):
    duplicate = CustomerFactory(merged_into=camille)
    told(camille, "a", NOON - timedelta(days=7) + SECOND)
    consent(duplicate, at=LONG_AGO)
    told(duplicate, "b", NOON - SECOND)
    left_behind(article, customer=camille)

    assert remind() == [False]
    log = Relaunch.objects.get()
    assert (log.reason, mail.outbox) == ("cap", [])


def test_messages_of_last_week_do_not_count(camille, article):
    told(camille, "a", NOON - timedelta(days=7))
    told(camille, "b", NOON - SECOND)
    left_behind(article, customer=camille)

    assert remind() == [True]


def test_a_basket_used_again_is_decided_on_later(camille, article):
    basket = left_behind(article, customer=camille)
    planning.schedule(at=NOON)
    Basket.objects.filter(pk=basket.pk).update(changed_at=NOON - timedelta(minutes=5))

    assert remind() == [False]
    assert Relaunch.objects.get().status == "scheduled"
    later = NOON - timedelta(minutes=5) + DELAY
    assert remind(later - SECOND) == []
    assert remind(later) == [True]


@pytest.mark.parametrize(
    "change, reason",
    [({"status": "ordered"}, "bought"), ({"status": "merged"}, "changed")],
)
def test_a_basket_that_is_no_longer_open_says_why(camille, article, change, reason):
    basket = left_behind(article, customer=camille)
    planning.schedule(at=NOON)
    Basket.objects.filter(pk=basket.pk).update(**change)

    assert remind() == [False]
    assert withheld(reason)


def test_an_emptied_basket_says_so(camille, article):
    basket = left_behind(article, customer=camille)
    planning.schedule(at=NOON)
    basket.lines.all().delete()

    assert remind() == [False]
    assert withheld("empty")


class Broken(EmailBackend):
    def send_messages(self, messages):
        raise ConnectionError


def test_a_crash_between_mark_and_mail_loses_the_reminder_and_never_repeats_it(
    camille, article, settings
):
    left_behind(article, customer=camille)
    planning.schedule(at=NOON)
    pk = Relaunch.objects.get().pk
    working, settings.EMAIL_BACKEND = settings.EMAIL_BACKEND, f"{__name__}.Broken"

    with pytest.raises(ConnectionError):
        relaunch.send(relaunch_id=pk, at=NOON)
    settings.EMAIL_BACKEND = working

    assert Relaunch.objects.get().status == "sent"
    assert not relaunch.send(relaunch_id=pk, at=NOON)
    assert mail.outbox == []


def test_the_price_is_todays(camille):
    store = StoreFactory()
    variant = stocked(store, price=1500)
    left_behind(variant, customer=camille)

    assert remind() == [True]
    assert Relaunch.objects.get().message.context["lines"][0]["total_minor"] == 1500
