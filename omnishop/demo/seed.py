"""The demonstration retailer, written from nothing: the same day always gives the same data."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from random import Random

from django.db import connection, connections, transaction
from django.utils import timezone
from django.utils.translation import override

from catalog.acting import acting, name_actor
from catalog.models import Product, Review, Variant
from catalog.services import refresh_search
from customers.models import Customer, Message
from inventory.models import Reservation
from omnishop.demo import (
    campaigns,
    cases,
    content,
    demand,
    doubles,
    floor,
    house,
    members,
    membership,
    operations,
    opinions,
    people_sets,
    pictures,
    privacy,
    searches,
    shelves,
    signins,
    stock,
    stocktaking,
    wanted,
)
from omnishop.demo.days import ZONE, Days, Hours
from omnishop.demo.history import History
from omnishop.demo.left_behind import LeftBehind
from omnishop.demo.letters import subject
from omnishop.demo.members import Person
from omnishop.demo.purchasing import Purchases
from omnishop.demo.recent import Recent
from omnishop.network.models import LegalEntity, Store
from orders.models import Basket, Order
from orders.services import losses

CARRIED_UNTIL = (-50, -20, 6, 9, 14, 20, 25, 28, 60, 120, 200, 300)  # days from today
QUEUED = 40  # messages of the last day that the worker finds to send
Say = Callable[[str], None]


def present() -> bool:
    """Whether the demonstration is in the database already."""
    sirens = [entity.siren for entity in content.legal_entities()]
    return LegalEntity.objects.filter(siren__in=sirens).exists()


def empty() -> bool:
    """Whether nobody's data is in the database."""
    return not any(
        model.objects.exists() for model in (LegalEntity, Store, Product, Order, Customer)
    )


def seed(
    *, today: date, scale: int = 1, orders: int | None = None, draw: bool = True,
    say: Say = lambda line: None,
) -> dict[str, int]:  # fmt: skip
    """Write everything in one transaction; how many of what there is."""
    drawn = None
    if draw:
        connections.close_all()  # the processes that draw must not share one
        drawn = pictures.start(content.products())
        say(f"Pictures: {len(drawn[1])} to draw")
    with transaction.atomic(), override("fr"), acting("command:seed_demo"):
        name_actor()  # rows are copied in
        _fill(Days(today), scale, orders or demand.ORDERS * scale, say)
    if drawn:
        pool, work = drawn
        for one in work:
            one.result()
        pool.shutdown()
        say("Pictures drawn")
    return counts()


def _fill(days: Days, scale: int, orders: int, say: Say) -> None:
    place = house.build()
    articles = shelves.fill(place, days, scale=scale)
    say(f"Catalogue: {len(articles)} articles")
    people = members.fill(place, days, scale=scale)
    membership.tiers(place.programme)
    hours = Hours(days, place.stores)
    until = _last_days(days, hours)
    history = History(place, days, hours, until=until)
    _carry_over(history, people, days)
    sales = demand.draw(
        days, hours, articles, people, orders=orders, until=until.astimezone(ZONE).date()
    )
    history.run(sales)
    say(f"History: {len(sales)} sales drawn")
    stock.bring_in(place, days, articles, history.moves)
    say("Stock received")
    history.points.write([person.purse for person in people if person.purse], place.programme.pk)
    history.write()
    stock.settle(history.moves)
    _analyse()  # the planner takes the tables for empty otherwise
    membership.stand(until)
    say("History written")
    bustle = min(1.0, orders / demand.ORDERS)
    recent = Recent(place, days, hours, articles, people, since=until, bustle=bustle)
    recent.play()
    floor.fill(recent)
    cases.fill(place, days)
    cases.order_by_telephone(recent)
    say("Last days played")
    Purchases(place, days, articles).fill()
    say("Goods ordered from suppliers")
    LeftBehind(days, articles, people).fill(sales, recent.buyers(), scale=scale)
    campaigns.fill(days, people, at=recent.now)
    _popularity()
    stocktaking.fill(place, days)
    _settle_losses(recent.now)
    searches.fill_synonyms()
    searches.fill_log(days)
    operations.fill(place, days, at=recent.now)
    membership.fill(place, at=recent.now)
    privacy.fill(people, at=recent.now)
    refresh_search()
    opinions.fill(days, scale=scale, actor=f"user:{place.staff[signins.LYON].pk}")
    say("Reviews written")
    wanted.fill(days)
    doubles.fill(place, at=recent.now)
    _mail_but_the_last(days)
    say("Wish lists and alerts written")
    _analyse()
    people_sets.fill(recent.now)
    say("Segments counted")
    say("Search and statistics refreshed")


def _settle_losses(at: datetime) -> None:
    """What the task of every twenty seconds would have done by now."""
    lost = Reservation.objects.filter(status__in=["short", "expired"], settled_at__isnull=True)
    for document in sorted(set(lost.values_list("document", flat=True))):
        losses.settle(document=document, at=at)


def _analyse() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _last_days(days: Days, hours: Hours) -> datetime:
    """When the last days begin: the last two on which the shop in Lyon was open."""
    return days.start(hours.open_days("LYO", 12, 1)[-2])


def _carry_over(history: History, people: Sequence[Person], days: Days) -> None:
    """Members of some years bring points: some expire soon, some did in the last weeks."""
    rng = Random("points")
    for person in people:
        purse = person.purse
        if purse is None:
            continue
        lots = [(rng.randint(3, 40) * 10, rng.choice(CARRIED_UNTIL))]
        if person.user:
            lots = [(320, 12), (450, 200)]
        elif rng.random() > 0.4:
            continue
        for points, in_days in lots:
            until = days.at(-in_days, 3)
            earned = until - timedelta(days=365)
            if earned > person.known_at:
                history.points.carry_over(purse, points, at=earned, until=until)
                if until < days.midnight(0):
                    expired = until + timedelta(minutes=30)
                    history.later(expired, history.points.expire, purse)


def _mail_but_the_last(days: Days) -> None:
    """Only the last day's messages wait for the worker; the others count as sent."""
    waiting = Message.objects.filter(status=Message.Status.QUEUED).order_by("-queued_at", "-pk")
    latest = set(
        waiting.filter(queued_at__gte=days.midnight(1)).values_list("pk", flat=True)[:QUEUED]
    )
    sent = [message for message in waiting if message.pk not in latest]
    for message in sent:
        message.status = Message.Status.SENT
        message.sent_at = message.queued_at
        message.subject = subject(message.template, message.context, message.language)
    Message.objects.bulk_update(sent, ["status", "sent_at", "subject"])
    waiting.update(due_at=timezone.now())  # the queue is empty when the demonstration starts


def _popularity() -> None:
    """Units sold, for the order of lists."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE catalog_product p SET popularity = s.units FROM (
              SELECT v.product_id, sum(l.quantity - l.cancelled) AS units
                FROM orders_orderline l JOIN catalog_variant v ON v.id = l.variant_id
               GROUP BY 1) s
             WHERE s.product_id = p.id
            """
        )


def counts() -> dict[str, int]:
    """How many of what there is, for whoever runs the command."""
    return {
        "stores": Store.objects.count(),
        "products": Product.objects.count(),
        "variants": Variant.objects.count(),
        "customers": Customer.objects.count(),
        "orders": Order.objects.count(),
        "baskets": Basket.objects.open().count(),
        "reviews": Review.objects.count(),
        "messages": Message.objects.count(),
        "messages to send": Message.objects.filter(status=Message.Status.QUEUED).count(),
    }
