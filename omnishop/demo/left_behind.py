"""Baskets left on the site, and what became of the reminders of the older ones.

Those of yesterday have none yet: the worker writes, sends and withholds them as it starts.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from customers.models import Message
from omnishop.demo import campaigns
from omnishop.demo.days import Days
from omnishop.demo.demand import Sale
from omnishop.demo.letters import subject
from omnishop.demo.members import Person
from omnishop.demo.rows import keys, write
from omnishop.demo.shelves import Article
from orders.models import Basket, BasketLine, Relaunch

DECIDED = timedelta(hours=2, minutes=1)  # after the last change
OLD = 34  # baskets, at scale 1
YESTERDAY = 18
Row = dict[str, Any]


class LeftBehind:
    """The baskets until they are written."""

    def __init__(self, days: Days, articles: Sequence[Article], people: Sequence[Person]) -> None:
        self.days, self.articles, self.people = days, articles, people
        self.rng = Random("left behind")
        self.step = campaigns.baskets(days)
        self.rows: dict[type[Any], list[Row]] = {
            model: [] for model in (Basket, BasketLine, Message, Relaunch)
        }

    def fill(self, sales: Sequence[Sale], busy: Sequence[Person], *, scale: int) -> int:
        """Draw and write them; `busy` people bought in the last days. How many baskets."""
        bought_at: dict[int, list[datetime]] = {}
        for sale in sales:
            if sale.person:
                bought_at.setdefault(sale.person.pk, []).append(sale.at)
        recent = self.days.midnight(9)
        calm = [
            person for person in self.people
            if person not in busy and not person.user
            and person.known_at < self.days.midnight(40)
            and all(at < recent for at in bought_at.get(person.pk, ()))
        ]  # fmt: skip
        self.rng.shuffle(calm)
        shoppers = iter(calm)
        for number in range(YESTERDAY * scale):
            at = self.days.at(1, self.rng.randint(9, 20), self.rng.randrange(60))
            if number % 6 == 5:
                self._basket(None, at, email=f"curieux.{number}@example.org" if number < 9 else "")
            elif person := next(shoppers, None):
                self._basket(person, at)
        for _number in range(OLD * scale):
            person = next(shoppers, None)
            if person is None:
                break
            at = self.days.at(self.rng.randint(2, 8), self.rng.randint(9, 21))
            self._decide(self._basket(person, at), person)
        for sale in self.rng.sample(list(sales), min(40 * scale, len(sales))):
            if sale.person and sale.store and not sale.person.user:
                self._bought(sale, sale.person)
        for model, found in self.rows.items():
            write(model, found)
        return len(self.rows[Basket])

    def _basket(
        self, person: Person | None, at: datetime, *, email: str = "",
        articles: Sequence[Article] = (),
    ) -> Row:  # fmt: skip
        chosen = articles or self.rng.sample(self.articles, self.rng.choice((1, 2, 2, 3)))
        basket = {
            "id": keys(Basket, 1)[0],
            "token": UUID(int=self.rng.getrandbits(128), version=4),
            "customer_id": person.pk if person else None,
            "email": email,
            "language": person.language if person else "fr",
            "created_at": at - timedelta(minutes=8),
            "changed_at": at,
            "articles": chosen,
        }
        self.rows[Basket].append(basket)
        self.rows[BasketLine] += [
            {
                "basket_id": basket["id"],
                "variant_id": article.pk,
                "quantity": 1,
                "seen_unit_minor": article.price_at(at),
                "added_at": at,
            }
            for article in chosen
        ]
        return basket

    def _decide(self, basket: Row, person: Person) -> None:
        """The reminder was sent where the person agreed to it, else withheld."""
        at = basket["changed_at"] + DECIDED
        if not person.consents:
            self._relaunch(basket, at, status="withheld", reason="no_consent")
            return
        lines = [
            {"sku": one.sku, "name": one.name, "quantity": 1, "total_minor": one.price_at(at)}
            for one in basket["articles"]
        ]
        context = {"name": person.first_name, "currency": "EUR", "lines": lines}
        message = {
            "id": keys(Message, 1)[0],
            "key": f"relaunch:{basket['id']}:1",
            "customer_id": person.pk,
            "purpose": "marketing",
            "template": "basket_reminder",
            "to": person.email,
            "language": person.language,
            "context": context,
            "document": f"basket:{basket['id']}",
            "status": "sent",
            "subject": subject("basket_reminder", context, person.language),
            "queued_at": at,
            "due_at": at,
            "sent_at": at,
        }
        self.rows[Message].append(message)
        self._relaunch(basket, at, status="sent", message_id=message["id"])

    def _bought(self, sale: Sale, person: Person) -> None:
        """Left on the site, bought in the shop within two hours: nothing was sent (DESIGN 3.8)."""
        articles = [article for article, _quantity in sale.lines]
        basket = self._basket(person, sale.at - timedelta(minutes=50), articles=articles)
        self._relaunch(
            basket, sale.at + DECIDED - timedelta(minutes=50), status="withheld",
            reason="bought", dropped=[article.sku for article in articles],
        )  # fmt: skip

    def _relaunch(self, basket: Row, at: datetime, **facts: Any) -> None:
        self.rows[Relaunch].append(
            {
                "campaign_step_id": self.step.pk,
                "step": self.step.number,
                "document": f"basket:{basket['id']}",
                "basket_id": basket["id"],
                "customer_id": basket["customer_id"],
                "since": basket["changed_at"],
                "due_at": at - timedelta(minutes=1),
                "decided_at": at,
            }
            | facts
        )
