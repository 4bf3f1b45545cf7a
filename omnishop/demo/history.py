"""Ninety days of orders, event by event; the services would take minutes for it."""

import heapq
from datetime import datetime, timedelta

from catalog.pricing import DeliveryPrice
from inventory.models import Reservation
from omnishop.demo import content
from omnishop.demo.books import Books, Deal, Row
from omnishop.demo.days import ZONE
from omnishop.demo.demand import Sale
from omnishop.demo.rows import numbers
from omnishop.network.hours import hold_until
from omnishop.network.promise import ready_by


class History(Books):
    """All that happened before the last days."""

    def run(self, sales: list[Sale]) -> None:
        """Let every sale happen, and what follows from it, in the order of time."""
        self._numbers = iter(numbers("orders_order_number", len(sales)))
        for sale in sales:
            self.later(sale.at, self._till if sale.store else self._web, sale)
        while self._agenda:
            at, _position, act = heapq.heappop(self._agenda)
            act(at)

    # --- In the shop ------------------------------------------------------------------------------

    def _till(self, sale: Sale, at: datetime) -> None:
        store = self.house.stores[sale.store]
        till = self.rng.choices(self.house.tills[sale.store], weights=(7, 3))[0]
        actor, location = self.house.actor(sale.store), self.house.floors[sale.store]
        priced = self._priced(sale, at)
        deal = self._open(
            sale, "till", priced, at, entity_id=store.entity_id, store_id=store.pk,
            till_id=till.pk, paid_at=at, sold_on=at.astimezone(ZONE).date(),
        )  # fmt: skip
        self._write_lines(
            deal, priced, place="store", location=location, selling=store.pk, collecting=store.pk
        )
        left = priced.total_minor - self._spend(deal, at, till)
        if left <= 20_000 and self.rng.random() < (0.45 if left < 2500 else 0.14):
            given = -(-left // 500) * 500 if self.rng.random() < 0.7 else left
            self._pay(deal, "cash", left, at, tendered_minor=given, till_id=till.pk)
        else:
            self._pay(deal, "terminal", left, at, till_id=till.pk)
        self._event(deal, "paid", actor, at)
        self._fulfil(
            deal, "takeaway", location, status="handed_over", store_id=store.pk, ready_at=at,
            closed_at=at,
        )  # fmt: skip
        self._leave(deal, location, actor, at)
        self._sale_receipt(deal, till, at)
        self._earn(deal, actor, at)
        if self.rng.random() < 0.045:
            self._plan_return(deal, sale.store, at)

    # --- On the site ------------------------------------------------------------------------------

    def _web(self, sale: Sale, at: datetime) -> None:
        code = sale.person.town.store if sale.person else self.rng.choice(list(self.house.stores))
        if self.rng.random() < 0.48:
            self._pickup(sale, code, at)
        else:
            self._delivery(sale, at)

    def _contact(self, sale: Sale) -> Row:
        if sale.person:
            return {"email": sale.person.email, "phone": sale.person.phone}
        pool = content.people()
        first, last = self.rng.choice(pool.first_names), self.rng.choice(pool.surnames)
        serial = self.rng.randrange(10**6)
        return {"name": f"{first} {last}", "email": f"visiteur.{serial}@example.org"}

    def _paid_online(self, deal: Deal, at: datetime) -> None:
        order = deal.order
        self._event(deal, "placed", "customer", at)
        paid_at = at + timedelta(seconds=self.rng.randint(40, 200))
        left = order["total_minor"] - self._spend(deal, at)
        self._pay(deal, "card", left, paid_at)
        order |= {"paid_at": paid_at, "sold_on": paid_at.astimezone(ZONE).date()}
        self._event(deal, "paid", "provider", paid_at)

    def _hold(self, deal: Deal, location: int, at: datetime, until: datetime | None) -> None:
        for line in deal.goods:
            deal.holds.append(
                self._add(
                    Reservation,
                    variant_id=line["variant_id"],
                    location_id=location,
                    document=deal.order["number"],
                    line=line["position"],
                    quantity=line["quantity"],
                    created_at=at,
                    expires_at=until,
                    picked=False,
                )
            )

    def _pickup(self, sale: Sale, code: str, at: datetime) -> None:
        """Collected at a shop: paid online, or reserved and paid there."""
        store, location = self.house.stores[code], self.house.floors[code]
        unpaid = self.rng.random() < 0.22
        ready_at = ready_by(store, at)
        if ready_at is None:
            return
        ready_at = ready_at.astimezone(at.tzinfo)
        kept_until = hold_until(store, ready_at).astimezone(at.tzinfo)
        came_at = self.hours.next_moment(
            code, ready_at + timedelta(minutes=self.rng.randint(5, 2400)), self.rng
        )
        priced = self._priced(sale, at)
        more = {"entity_id": store.entity_id} if unpaid else {}
        deal = self._open(sale, "web", priced, at, **(self._contact(sale) | more))
        deal.store = store
        self._write_lines(
            deal, priced, place="store" if unpaid else "distance", location=location,
            selling=None, collecting=store.pk,
        )  # fmt: skip
        if unpaid:
            self._event(deal, "placed", "customer", at)
        else:
            self._paid_online(deal, at)
        self._fulfil(
            deal, "pickup", location, store_id=store.pk, status="waiting",
            promised_at=ready_at, first_promised_at=ready_at, hold_until=kept_until,
        )  # fmt: skip
        self._hold(deal, location, at, kept_until)
        self.letters.add(deal.order, deal.lines, "order_placed", at, deal.fulfilment, store)
        prepared = ready_at - timedelta(minutes=self.rng.randint(2, 25))
        self.later(max(prepared, at + timedelta(minutes=5)), self._prepared, deal, code)
        if (self.rng.random() < 0.05 or came_at >= kept_until) and kept_until < self.until:
            self.later(kept_until, self._not_collected, deal)
        elif self.rng.random() < 0.03 and not unpaid:
            self.later(at + timedelta(minutes=4), self._cancelled, deal)
        elif came_at < self.until:
            self.later(came_at, self._collected, deal, code, unpaid)
        else:  # the last days are told by the services; this one was quick
            moment = min(ready_at + timedelta(minutes=10), self.until - timedelta(minutes=1))
            self.later(max(moment, at + timedelta(minutes=6)), self._collected, deal, code, unpaid)

    def _prepared(self, deal: Deal, code: str, at: datetime) -> None:
        if deal.fulfilment["status"] != "waiting":
            return
        deal.fulfilment |= {"status": "ready", "picked_at": at, "ready_at": at}
        for hold in deal.holds:
            hold["picked"] = True
        self._event(deal, "picked", self.house.actor(code), at)
        self._event(deal, "ready", self.house.actor(code), at)
        self.letters.add(deal.order, deal.lines, "order_ready", at, deal.fulfilment, deal.store)

    def _collected(self, deal: Deal, code: str, unpaid: bool, at: datetime) -> None:
        store, actor = self.house.stores[code], self.house.actor(code)
        self._prepared(deal, code, at)
        if unpaid:
            till = self.house.tills[code][0]
            deal.order |= {"till_id": till.pk, "store_id": store.pk, "paid_at": at,
                           "sold_on": at.astimezone(ZONE).date()}  # fmt: skip
            for line in deal.goods:
                line["selling_store_id"] = store.pk
            self._pay(deal, "terminal", deal.order["total_minor"], at, till_id=till.pk)
            self._event(deal, "paid", actor, at)
            self._sale_receipt(deal, till, at)
        deal.fulfilment |= {"status": "handed_over", "closed_at": at,
                            "handed_to": deal.order["name"]}  # fmt: skip
        self._event(deal, "handed_over", actor, at)
        self._leave(deal, deal.fulfilment["location_id"], actor, at)
        self._earn(deal, actor, at)
        self.letters.add(
            deal.order, deal.lines, "order_handed_over", at, deal.fulfilment, deal.store
        )
        if self.rng.random() < 0.05:
            self._plan_return(deal, code, at)

    def _delivery(self, sale: Sale, at: datetime) -> None:
        goods = sum(article.price_at(at) * quantity for article, quantity in sale.lines)
        method = self.house.express if self.rng.random() < 0.08 else self.house.standard
        priced = self._priced(sale, at, DeliveryPrice(method.name, method.price_for(goods), 2000))
        deal = self._open(sale, "web", priced, at, **self._contact(sale))
        location = self.rng.choices(self.house.shippers, weights=(82, 11, 7))[0]
        self._write_lines(
            deal, priced, place="distance", location=location, selling=None, collecting=None
        )
        self._paid_online(deal, at)
        address = sale.person.address if sale.person else self._somewhere(deal.order["name"])
        self._fulfil(deal, "shipment", location, status="waiting", address=address)
        self._hold(deal, location, at, None)
        self.letters.add(deal.order, deal.lines, "order_placed", at, deal.fulfilment, None)
        if self.rng.random() < 0.03:
            self.later(at + timedelta(minutes=self.rng.randint(9, 50)), self._cancelled, deal)
            return
        sent_at = at + timedelta(minutes=self.rng.randint(300, 1500))
        if sent_at.astimezone(ZONE).weekday() == 6:
            sent_at += timedelta(days=1)
        if sent_at >= self.until:
            sent_at = at + timedelta(minutes=55)
        self.later(sent_at, self._sent, deal)

    def _somewhere(self, name: str) -> Row:
        pool = content.people()
        town = self.rng.choice(pool.towns)
        street = f"{self.rng.randint(1, 90)} {self.rng.choice(pool.streets)}"
        return {"name": name, "line1": street, "line2": "", "postcode": town.postcode,
                "city": town.name}  # fmt: skip

    def _sent(self, deal: Deal, at: datetime) -> None:
        actor = self.house.actor("")
        tracking = f"6A{self.rng.randrange(10**11):011d}"
        deal.fulfilment |= {"status": "shipped", "closed_at": at, "tracking": tracking}
        self._event(deal, "shipped", actor, at, tracking=tracking)
        self._leave(deal, deal.fulfilment["location_id"], actor, at)
        self._earn(deal, actor, at)
        self.letters.add(
            deal.order, deal.lines, "order_shipped", at, deal.fulfilment, None, tracking=tracking
        )
        if self.rng.random() < 0.06:
            code = deal.sale.person.town.store if deal.sale.person else "LYO"
            self._plan_return(deal, code, at + timedelta(days=2))

    # --- Taken out of a sale again ----------------------------------------------------------------

    def _not_collected(self, deal: Deal, at: datetime) -> None:
        self._event(deal, "no_show", "task", at)
        deal.fulfilment |= {"status": "no_show", "closed_at": at}
        self._undo(deal, "not collected", "task", at)
        self.letters.add(
            deal.order, deal.lines, "order_not_collected", at, deal.fulfilment, deal.store
        )

    def _cancelled(self, deal: Deal, at: datetime) -> None:
        if deal.fulfilment["status"] not in ("waiting", "ready"):
            return
        reason = self.rng.choice(self._words["cancellation"])
        self._event(deal, "cancelled", "customer", at, reason=reason)
        deal.fulfilment |= {"status": "cancelled", "closed_at": at}
        self._undo(deal, reason, "customer", at)
        self.letters.add(
            deal.order, deal.lines, "order_cancelled", at, deal.fulfilment, deal.store,
            reason=reason,
        )  # fmt: skip

    def _undo(self, deal: Deal, reason: str, actor: str, at: datetime) -> None:
        """All of an order is cancelled before it was handed over."""
        for hold in deal.holds:
            hold |= {"status": "released", "closed_at": at}
        units = [(line, line["quantity"]) for line in deal.lines]
        self._reverse(deal, units, "cancellation", "none", None, "", reason, actor, at)
        deal.order["status"] = "cancelled"

    def _plan_return(self, deal: Deal, code: str, after: datetime) -> None:
        at = self.hours.next_moment(
            code, after + timedelta(minutes=self.rng.randint(600, 20_000)), self.rng
        )
        if at < self.until and not deal.points_paid:
            self.later(at, self._returned, deal, code)

    def _returned(self, deal: Deal, code: str, at: datetime) -> None:
        line = self.rng.choice(deal.goods)
        units = line["quantity"] if self.rng.random() < 0.6 else 1
        if not line["total_minor"]:
            return
        disposition = "sellable" if self.rng.random() < 0.8 else "damaged"
        reason = self.rng.choice(self._words["return"])
        till = self.rng.choice(self.house.tills[code])
        self._reverse(
            deal, [(line, units)], "return", disposition, till, code, reason,
            self.house.actor(code), at,
        )  # fmt: skip
