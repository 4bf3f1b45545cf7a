"""The last days, played through the services themselves: every kind of order in every status.

Each story is a generator: it yields the instant at which it goes on.
"""

import heapq
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from random import Random

from customers.models import Customer
from inventory.models import StockLevel
from inventory.services import transfers
from loyalty.selectors import balance
from omnishop.demo import content, signins
from omnishop.demo.days import ZONE, Days, Hours
from omnishop.demo.house import House
from omnishop.demo.members import Person
from omnishop.demo.shelves import Article
from omnishop.network.models import Till
from orders.models import Basket, Fulfilment, Order, Payment, SandboxCharge
from orders.providers import sandbox
from orders.services import (
    baskets,
    checkout,
    fulfilments,
    losses,
    parcels,
    payments,
    picking,
    pickup,
    returns,
    till,
    unpaid,
)
from orders.services.contacts import Contact
from orders.services.ways import Delivery, Pickup

Story = Iterator[datetime]
Goods = list[tuple[Article, int]]
TILL_SALES = {"LYO": 7, "PAR": 6, "GRE": 4, "NTE": 3, "ANC": 3}  # a day
REFUSED_CENTS = 13  # the test terminal declines such amounts


class Recent:
    """What happened from `since` to last night."""

    def __init__(
        self, house: House, days: Days, hours: Hours, articles: Sequence[Article],
        people: Sequence[Person], *, since: datetime, bustle: float = 1.0,
    ) -> None:  # fmt: skip
        self.house, self.days, self.hours = house, days, hours
        self.since, self.now = since, since
        self.bustle = bustle  # share of the usual sales at the tills
        self.rng = Random("recent")
        self.people = {person.email: person for person in people[:200]}
        self.members = [person for person in people[:200] if person.purse]
        self.articles = [one for one in articles if one.price < 25_000]
        self.free = {
            (variant, location): units
            for variant, location, units in StockLevel.objects.values_list(
                "variant_id", "location_id", "available"
            )
        }
        self.leavers: list[Person] = []
        self.bought: list[Person] = []
        self._agenda: list[tuple[datetime, int, Story]] = []

    def play(self) -> None:
        """Run all stories side by side, in the order of time."""
        for story in self._stories():
            self._next(story)
        while self._agenda:
            self.now, _position, story = heapq.heappop(self._agenda)
            self._next(story)
        SandboxCharge.objects.update(notified=2)

    def _next(self, story: Story) -> None:
        at = next(story, None)
        if at is not None:
            heapq.heappush(self._agenda, (at, len(self._agenda) + self.rng.randrange(10**9), story))

    def _stories(self) -> Iterator[Story]:
        camille = self.people[signins.CAMILLE]
        for code, count in TILL_SALES.items():
            for day in self.hours.open_days(code, self._age(), 1):
                for _number in range(max(1, round(count * self.bustle))):
                    yield self.at_the_till(code, self.hours.moment(code, day, self.rng))
        yield self.at_the_till("LYO", self.moment("LYO", 0.7), person=camille, points=60)
        for code in ("LYO", "LYO", "ANC", "ANC", "PAR", "GRE", "NTE"):
            yield self.waiting(code)
        yield self.waiting("LYO", person=camille)
        for code in ("LYO", "ANC", "PAR"):
            yield self.prepared(code, until="picked")
        yield self.half_picked("LYO")
        for code in ("LYO", "LYO", "ANC", "ANC", "PAR", "GRE"):
            yield self.prepared(code, until="ready")
        for code in ("LYO", "ANC", "NTE"):
            yield self.prepared(code, until="handed_over")
        yield self.prepared("LYO", until="handed_over", person=camille, points=40)
        for code, until in (("LYO", "waiting"), ("LYO", "ready"), ("ANC", "ready")):
            yield self.reserved(code, until=until)
        yield self.reserved("LYO", until="handed_over")
        yield self.not_collected("LYO", in_store=False)
        yield self.not_collected("ANC", in_store=True)
        yield self.cancelled("PAR")
        yield self.cancelled("LYO")
        yield self.not_found("ANC")
        yield self.eaten("GRE")
        for _number in range(4):
            yield self.parcel(sent=True)
            yield self.parcel(sent=False)
        yield self.parcel(sent=True, back_to="LYO")
        yield self.refused(again=True)
        yield self.refused(again=False)
        yield self.brought_back("LYO", "sellable")
        yield self.brought_back("ANC", "damaged")
        yield self.left_and_bought("LYO", all_of_it=True)
        yield self.left_and_bought("PAR", all_of_it=True)
        yield self.left_and_bought("GRE", all_of_it=False)
        yield self.put_aside("LYO")

    # --- When, who, what --------------------------------------------------------------------------

    def _age(self) -> int:
        """How many days ago this began."""
        return (self.days.today - self.since.astimezone(ZONE).date()).days

    def moment(self, code: str, part: float, *, back: int = 0) -> datetime:
        """A time in the shop on its last day but `back`: 0 opens, 1 closes."""
        open_days = self.hours.open_days(code, self._age(), 1)
        day = open_days[max(0, len(open_days) - 1 - back)]
        openings = self.hours.of(code, day)
        length = openings[-1].closes_at - openings[0].opens_at
        at = (openings[0].opens_at + length * part).replace(microsecond=0)
        return at.astimezone(self.since.tzinfo)

    def evening(self) -> datetime:
        """Last night, when the shops were closed."""
        return self.days.at(1, self.rng.randint(20, 22), self.rng.randrange(60))

    def minutes(self, count: int) -> datetime:
        return self.now + timedelta(minutes=count)

    def someone(self) -> Person:
        """A member other than those who can sign in."""
        person = self.rng.choice(self.members[3:])
        self.bought.append(person)
        return person

    def buyers(self) -> list[Person]:
        """Who bought in these days."""
        return [*self.bought, *self.leavers]

    def goods(self, location: int, count: int = 0, quantity: int = 1) -> Goods:
        """Articles of which a location has plenty; they count as gone from now on."""
        count = count or self.rng.choice((1, 1, 2, 2, 3))
        chosen: Goods = []
        while len(chosen) < count:
            article = self.rng.choices(
                self.articles, weights=[one.weight for one in self.articles]
            )[0]
            known = any(article is other for other, _quantity in chosen)
            if not known and self.free.get((article.pk, location), 0) >= quantity + 3:
                self.free[article.pk, location] -= quantity
                chosen.append((article, quantity))
        return chosen

    # --- Means ------------------------------------------------------------------------------------

    def place(
        self, way: Pickup | Delivery, goods: Goods, person: Person,
        *, in_store: bool = False, points: int = 0,
    ) -> Order:  # fmt: skip
        """An order on the site, before it is paid."""
        customer = Customer.objects.get(pk=person.pk)
        basket = baskets.start(at=self.now, customer=customer)
        for article, quantity in goods:
            baskets.add(basket_id=basket.pk, variant_id=article.pk, quantity=quantity, at=self.now)
        contact = Contact(
            name=person.name, email=person.email, phone=person.phone, language=person.language
        )
        points = self.at_most(customer, points)
        request = checkout.Request(contact=contact, way=way, pay_in_store=in_store, points=points)
        return checkout.place(basket_id=basket.pk, request=request, at=self.now)

    def at_most(self, customer: Customer, points: int) -> int:
        """As many of the points as the member may spend now."""
        found = balance(customer, at=self.now) if points else None
        return min(points, found.spendable) if found else 0

    def pay(self, order: Order, *, accept: bool = True) -> None:
        """Pay on the test provider's page."""
        pending = order.payments.filter(status=Payment.Status.PENDING).first()
        if pending is None:
            return
        payments.page(payment=pending, return_url="")
        sandbox.decide(reference=pending.reference, accept=accept, late=False, at=self.now)
        payments.ask(reference=pending.reference, at=self.now)

    def settle_refunds(self, order: Order) -> None:
        """What the refund task does seconds later."""
        for payment in order.payments.all():
            for refund in payment.refunds.filter(status="due"):
                payments.send_refund(refund_id=refund.pk, at=self.now)

    def sell(self, desk: Till, goods: Goods, person: Person | None, *, points: int = 0) -> Order:
        """A sale at a till, paid and finished."""
        actor = self.house.actor(desk.store.code)
        basket = baskets.start(at=self.now, channel="till", till=desk)
        for article, quantity in goods:
            baskets.add(basket_id=basket.pk, variant_id=article.pk, quantity=quantity, at=self.now)
        if person:
            customer = Customer.objects.get(pk=person.pk)
            baskets.identify(basket_id=basket.pk, customer=customer)
            points = self.at_most(customer, points)
        order = till.open_order(
            basket_id=basket.pk, till=desk, expected_total_minor=None, actor=actor, at=self.now
        )
        if points:
            till.take_points(
                order_id=order.pk,
                till=desk,
                points=points,
                key=f"demo-points-{order.number}",
                at=self.now,
            )
        self.take_money(order, desk)
        till.finish(order_id=order.pk, till=desk, actor=actor, at=self.now)
        return order

    def take_money(self, order: Order, desk: Till) -> None:
        """The rest in cash when it is little or the terminal would refuse it, else by card."""
        left = payments.due(order)
        key = f"demo-{order.number}"
        if left and (left % 100 == REFUSED_CENTS or (left < 6000 and self.rng.random() < 0.4)):
            till.take_cash(
                order_id=order.pk, till=desk, tendered_minor=-(-left // 500) * 500, key=key,
                at=self.now,
            )  # fmt: skip
        elif left:
            till.take_card(order_id=order.pk, till=desk, amount_minor=left, key=key, at=self.now)

    def desk(self, code: str) -> Till:
        return self.house.tills[code][0]

    def pickup_of(self, order: Order) -> Fulfilment:
        return order.fulfilments.get()

    # --- Stories ----------------------------------------------------------------------------------

    def at_the_till(
        self, code: str, at: datetime, person: Person | None = None, points: int = 0
    ) -> Story:
        yield at
        buyer = person or (self.someone() if self.rng.random() < 0.6 else None)
        self.sell(self.desk(code), self.goods(self.house.floors[code]), buyer, points=points)

    def waiting(self, code: str, person: Person | None = None) -> Story:
        """Ordered last night; nobody has begun to prepare it."""
        yield self.evening()
        store = self.house.stores[code]
        goods = self.goods(self.house.floors[code])
        self.pay(self.place(Pickup(store.pk), goods, person or self.someone()))

    def prepared(
        self, code: str, *, until: str, person: Person | None = None, points: int = 0
    ) -> Story:
        """Prepared up to a status on the shop's last day."""
        yield self.moment(code, self.rng.uniform(0.05, 0.3))
        store, actor = self.house.stores[code], self.house.actor(code)
        goods = self.goods(self.house.floors[code])
        order = self.place(Pickup(store.pk), goods, person or self.someone(), points=points)
        self.pay(order)
        fulfilment = self.pickup_of(order)
        yield self.minutes(self.rng.randint(15, 40))
        picking.pick_all(fulfilment_id=fulfilment.pk, actor=actor, at=self.now)
        if until == "picked":
            return
        yield self.minutes(6)
        pickup.ready(fulfilment_id=fulfilment.pk, actor=actor, at=self.now)
        if until == "ready":
            return
        yield self.minutes(self.rng.randint(40, 150))
        pickup.hand_over(
            fulfilment_id=fulfilment.pk, code=fulfilment.code, handed_to="", actor=actor,
            at=self.now,
        )  # fmt: skip

    def half_picked(self, code: str) -> Story:
        yield self.moment(code, 0.9)
        store, goods = self.house.stores[code], self.goods(self.house.floors[code], 2)
        order = self.place(Pickup(store.pk), goods, self.someone())
        self.pay(order)
        yield self.minutes(9)
        picking.pick(
            fulfilment_id=self.pickup_of(order).pk, code=goods[0][0].sku,
            actor=self.house.actor(code), at=self.now,
        )  # fmt: skip

    def reserved(self, code: str, *, until: str) -> Story:
        """Reserved on the site, to be paid in the shop."""
        yield self.moment(code, self.rng.uniform(0.05, 0.4))
        store, actor = self.house.stores[code], self.house.actor(code)
        goods = self.goods(self.house.floors[code])
        order = self.place(Pickup(store.pk), goods, self.someone(), in_store=True)
        fulfilment = self.pickup_of(order)
        if until == "waiting":
            return
        yield self.minutes(30)
        picking.pick_all(fulfilment_id=fulfilment.pk, actor=actor, at=self.now)
        pickup.ready(fulfilment_id=fulfilment.pk, actor=actor, at=self.now)
        if until == "ready":
            return
        yield self.minutes(80)
        desk = self.desk(code)
        order = till.bring_to_till(order_id=order.pk, till=desk, at=self.now)
        self.take_money(order, desk)
        till.finish(order_id=order.pk, till=desk, actor=actor, at=self.now)
        pickup.hand_over(
            fulfilment_id=fulfilment.pk, code=fulfilment.code, handed_to="", actor=actor,
            at=self.now,
        )  # fmt: skip

    def not_collected(self, code: str, *, in_store: bool) -> Story:
        yield self.days.at(10, 12, 15)
        store, actor = self.house.stores[code], self.house.actor(code)
        goods = self.goods(self.house.floors[code])
        order = self.place(Pickup(store.pk), goods, self.someone(), in_store=in_store)
        self.pay(order)
        fulfilment = self.pickup_of(order)
        yield self.minutes(200)
        picking.pick_all(fulfilment_id=fulfilment.pk, actor=actor, at=self.now)
        pickup.ready(fulfilment_id=fulfilment.pk, actor=actor, at=self.now)
        fulfilment.refresh_from_db()
        if fulfilment.hold_until and fulfilment.hold_until < self.days.midnight(0):
            yield fulfilment.hold_until
            pickup.expire(fulfilment_id=fulfilment.pk, at=self.now)
            self.settle_refunds(order)

    def cancelled(self, code: str) -> Story:
        yield self.moment(code, 0.35)
        store, goods = self.house.stores[code], self.goods(self.house.floors[code])
        order = self.place(Pickup(store.pk), goods, self.someone())
        self.pay(order)
        yield self.minutes(25)
        reasons = [word.text.fr for word in content.words() if word.kind == "cancellation"]
        fulfilments.cancel(
            fulfilment_id=self.pickup_of(order).pk, reason=self.rng.choice(reasons),
            actor="customer", at=self.now,
        )  # fmt: skip
        self.settle_refunds(order)

    def not_found(self, code: str) -> Story:
        """One of two articles is not on the shelf: it is brought from elsewhere, or the shopper is
        asked; the other waits.
        """
        yield self.moment(code, 0.3)
        store, actor = self.house.stores[code], self.house.actor(code)
        order = self.place(Pickup(store.pk), self.goods(self.house.floors[code], 2), self.someone())
        self.pay(order)
        fulfilment = self.pickup_of(order)
        yield self.minutes(35)
        first, second = fulfilment.lines.select_related("line").order_by("pk")
        picking.pick(fulfilment_id=fulfilment.pk, code=first.line.sku, actor=actor, at=self.now)
        picking.not_found(
            fulfilment_id=fulfilment.pk, line_id=second.line_id, quantity=1, actor=actor,
            at=self.now,
        )  # fmt: skip
        if transfers.awaited(document=order.number):
            return
        yield self.minutes(5)
        pickup.ready(fulfilment_id=fulfilment.pk, actor=actor, at=self.now)

    def eaten(self, code: str) -> Story:
        """The till sells what the site had promised: the order becomes a shortage."""
        yield self.moment(code, 0.25)
        location, store = self.house.floors[code], self.house.stores[code]
        article = next(
            one for one in self.articles
            if self.free.get((one.pk, location)) == 1
            and not self.free.get((one.pk, self.house.shared))
        )  # fmt: skip
        self.free[article.pk, location] = 0
        order = self.place(Pickup(store.pk), [(article, 1)], self.someone())
        self.pay(order)
        yield self.minutes(4)
        self.sell(self.desk(code), [(article, 1)], None)
        yield self.minutes(1)
        losses.settle(document=order.number, at=self.now)
        self.settle_refunds(order)

    def parcel(self, *, sent: bool, back_to: str = "") -> Story:
        yield self.moment("LYO", self.rng.uniform(0.05, 0.5), back=1) if sent else self.evening()
        person = self.someone()
        way = Delivery(self.house.standard.pk, person.address)
        order = self.place(way, self.goods(self.house.warehouse), person)
        self.pay(order)
        if not sent:
            return
        yield self.minutes(240)
        for fulfilment in order.fulfilments.all():
            parcels.ship(
                fulfilment_id=fulfilment.pk, tracking=f"6A{self.rng.randrange(10**11):011d}",
                carrier="Colissimo", actor=self.house.actor(""), at=self.now,
            )  # fmt: skip
        if back_to:
            yield max(self.moment(back_to, 0.8), self.minutes(60))
            self.take_back(order, back_to, "sellable")

    def refused(self, *, again: bool) -> Story:
        """The bank refuses: another try succeeds, or the order is given up."""
        yield self.moment("LYO", 0.5)
        person = self.someone()
        way = Delivery(self.house.standard.pk, person.address)
        order = self.place(way, self.goods(self.house.warehouse), person)
        self.pay(order, accept=False)
        yield self.minutes(3 if again else 16)
        if again:
            payments.retry(order_id=order.pk, at=self.now)
            self.pay(order)
        else:
            unpaid.abandon(order_id=order.pk, actor="task", at=self.now)

    def brought_back(self, code: str, disposition: str) -> Story:
        yield self.moment(code, 0.2)
        person = self.someone()
        order = self.sell(self.desk(code), self.goods(self.house.floors[code], 2), person)
        yield self.minutes(150)
        self.take_back(order, code, disposition)

    def take_back(self, order: Order, code: str, disposition: str) -> None:
        line = order.lines.filter(kind="product").order_by("position")[0]
        reasons = [word.text.fr for word in content.words() if word.kind == "return"]
        returns.take_back(
            order_id=order.pk, units={line.pk: 1}, disposition=disposition,
            till=self.desk(code), reason=self.rng.choice(reasons),
            actor=self.house.actor(code), at=self.now,
        )  # fmt: skip
        self.settle_refunds(order)

    def left_and_bought(self, code: str, *, all_of_it: bool) -> Story:
        """A basket left on the site, then bought in the shop, whole or in part (FIELD 40)."""
        yield self.moment(code, 0.3)
        person = next(one for one in self.members[3:] if one.consents and one not in self.leavers)
        self.leavers.append(person)
        goods = self.goods(self.house.floors[code], 2)
        basket = baskets.start(at=self.now, customer=Customer.objects.get(pk=person.pk))
        for article, quantity in goods:
            baskets.add(basket_id=basket.pk, variant_id=article.pk, quantity=quantity, at=self.now)
        yield self.minutes(90)
        self.sell(self.desk(code), goods if all_of_it else goods[:1], person)

    def put_aside(self, code: str) -> Story:
        """A sale somebody will come back for before closing."""
        yield self.moment(code, 0.95)
        basket: Basket = baskets.start(at=self.now, channel="till", till=self.desk(code))
        for article, quantity in self.goods(self.house.floors[code], 2):
            baskets.add(basket_id=basket.pk, variant_id=article.pk, quantity=quantity, at=self.now)
        baskets.put_aside(basket_id=basket.pk, label="Monsieur au casque bleu")
