"""The rows behind each event of the history: order, money, points, receipt, stock.

Every row is what the services would have written: prices by `quote`, receipts by `text_of`,
`chained` and `sign`, shares by `kernel.money`.
"""

import heapq
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Any

from django.db.models import Model

from catalog.pricing import DeliveryPrice, PriceBook, Quote, UnitPrice, Want, quote
from inventory.models import Reservation, StockMovement
from omnishop.demo import content
from omnishop.demo.days import ZONE, Days, Hours
from omnishop.demo.demand import Sale
from omnishop.demo.house import House
from omnishop.demo.letters import Letters
from omnishop.demo.points import Ledger
from omnishop.demo.rows import keys, write
from omnishop.kernel.money import allocate, unit_share
from omnishop.network.models import Store, Till
from orders.models import (
    DiscountShare,
    Fulfilment,
    FulfilmentLine,
    Order,
    OrderDiscount,
    OrderEvent,
    OrderLine,
    Payment,
    PaymentEvent,
    Receipt,
    ReceiptChain,
    Refund,
    Return,
    ReturnLine,
    SandboxCharge,
)
from orders.services.receipts import chained, sign, text_of

Row = dict[str, Any]
BLOCK = 500  # primary keys fetched at once
ORDER = (
    Order, OrderLine, OrderEvent, Payment, SandboxCharge, PaymentEvent, Refund, Fulfilment,
    OrderDiscount, DiscountShare, FulfilmentLine, Reservation, Return, ReturnLine, Receipt,
    ReceiptChain, StockMovement,
)  # fmt: skip


@dataclass(slots=True)
class Deal:
    """An order under way: its rows, which later events still change."""

    sale: Sale
    order: Row
    lines: list[Row]
    store: Store | None = None  # where it is collected
    payments: list[Row] = field(default_factory=list)
    fulfilment: Row = field(default_factory=dict)
    holds: list[Row] = field(default_factory=list)
    points_paid: int = 0  # in cents
    earned: dict[int, int] = field(default_factory=dict)  # points by line

    @property
    def goods(self) -> list[Row]:
        return [line for line in self.lines if line["kind"] == "product"]


class Books:
    """Keeps what happened, in the order of time, until it is written."""

    def __init__(self, house: House, days: Days, hours: Hours, *, until: datetime) -> None:
        self.house, self.days, self.hours, self.until = house, days, hours, until
        self.rng = Random("history")
        self.rows: dict[type[Model], list[Row]] = defaultdict(list)
        self.points = Ledger(
            pending_days=house.programme.pending_days, expiry_months=house.programme.expiry_months
        )
        self.letters = Letters()
        self.moves: list[tuple[int, int, datetime, int]] = []  # article, location, when, units
        self._agenda: list[tuple[datetime, int, Callable[[datetime], None]]] = []
        self._count = 0
        self._numbers: Iterator[int] = iter(())  # of orders
        self._keys: dict[type[Model], Iterator[int]] = {}
        self._chains: dict[int, tuple[int, str]] = {}
        self._words = {
            kind: [word.text.fr for word in content.words() if word.kind == kind]
            for kind in ("return", "cancellation", "discount")
        }

    # --- Time -----------------------------------------------------------------------------------

    def later(self, at: datetime, act: Callable[..., None], *about: Any) -> None:
        """Let something happen at an instant."""
        self._count += 1
        heapq.heappush(self._agenda, (at, self._count, lambda moment: act(*about, moment)))

    def write(self) -> int:
        """Write all rows; how many orders there are."""
        for till, (sequence, last_hash) in self._chains.items():
            self.rows[ReceiptChain].append(
                {"till_id": till, "last_sequence": sequence, "last_hash": last_hash}
            )
        for model in ORDER:
            write(model, self.rows[model])
        self.letters.write()
        return len(self.rows[Order])

    # --- Rows -----------------------------------------------------------------------------------

    def _key(self, model: type[Model]) -> int:
        known = self._keys.get(model)
        found = next(known, None) if known else None
        if found is None:
            self._keys[model] = iter(keys(model, BLOCK))
            found = next(self._keys[model])
        return found

    def _add(self, model: type[Model], **row: Any) -> Row:
        row["id"] = self._key(model)
        self.rows[model].append(row)
        return row

    def _random_hex(self) -> str:
        return f"{self.rng.getrandbits(128):032x}"

    def _event(self, deal: Deal, kind: str, actor: str, at: datetime, **data: Any) -> None:
        self._add(OrderEvent, order_id=deal.order["id"], kind=kind, data=data, actor=actor, at=at)

    def _open(self, sale: Sale, channel: str, priced: Quote, at: datetime, **more: Any) -> Deal:
        person = sale.person
        order = self._add(
            Order,
            **{
                "number": f"O-{next(self._numbers):07d}",
                "token": self._random_hex(),
                "channel": channel,
                "status": "placed",
                "customer_id": person.pk if person else None,
                "entity_id": self.house.entity_id,
                "name": person.name if person else "",
                "language": person.language if person else "fr",
                "currency": priced.currency,
                "total_minor": priced.total_minor,
                "tax_minor": priced.tax_minor,
                "placed_at": at,
                "store_id": None,
                "sold_on": None,
                "paid_at": None,
            }
            | more,
        )
        return Deal(sale=sale, order=order, lines=[])

    def _write_lines(
        self, deal: Deal, priced: Quote, *, place: str, location: int,
        selling: int | None, collecting: int | None,
    ) -> None:  # fmt: skip
        rest = {"order_id": deal.order["id"], "contract_place": place, "selling_store_id": selling}
        rest |= {"fulfilled": 0, "cancelled": 0, "returned": 0, "refunded_minor": 0}
        for position, ((article, quantity), line) in enumerate(
            zip(deal.sale.lines, priced.lines, strict=True), start=1
        ):
            deal.lines.append(
                self._add(
                    OrderLine,
                    position=position,
                    kind="product",
                    variant_id=article.pk,
                    sku=article.sku,
                    name=article.name,
                    quantity=quantity,
                    unit_minor=line.unit.amount_minor,
                    discount_minor=line.discount_minor,
                    discount_reason=line.discount_reason,
                    total_minor=line.total_minor,
                    tax_bp=line.unit.tax_bp,
                    tax_minor=line.tax_minor,
                    collecting_store_id=collecting,
                    location_id=location,
                    **rest,
                )
            )
            if line.discount_minor:
                discount = self._add(
                    OrderDiscount,
                    order_id=deal.order["id"],
                    label=line.discount_reason,
                    amount_minor=line.discount_minor,
                )
                self._add(
                    DiscountShare,
                    discount_id=discount["id"],
                    line_id=deal.lines[-1]["id"],
                    amount_minor=line.discount_minor,
                )
        if priced.delivery:
            amount = priced.delivery.amount_minor
            deal.lines.append(
                self._add(
                    OrderLine,
                    position=len(deal.lines) + 1,
                    kind="delivery",
                    name=priced.delivery.name,
                    quantity=1,
                    unit_minor=amount,
                    total_minor=amount,
                    tax_bp=priced.delivery.tax_bp,
                    tax_minor=priced.delivery_tax_minor,
                    **rest,
                )
            )

    def _priced(self, sale: Sale, at: datetime, delivery: DeliveryPrice | None = None) -> Quote:
        wants, prices = [], {}
        for article, quantity in sale.lines:
            amount = article.price_at(at)
            prices[article.pk] = UnitPrice(amount, article.tax_bp, eco_minor=article.eco)
            reduced = sale.store and amount > 2000 and self.rng.random() < 0.015
            wants.append(
                Want(
                    article.pk,
                    quantity,
                    amount * quantity // 1000 * 100 if reduced else 0,
                    self.rng.choice(self._words["discount"]) if reduced else "",
                )
            )
        return quote(wants, PriceBook(prices), delivery=delivery)

    # --- Money and points -------------------------------------------------------------------------

    def _pay(self, deal: Deal, method: str, amount: int, at: datetime, **more: Any) -> None:
        """One captured tender; the test provider has it in its books too."""
        if not amount:
            return
        online = method in ("card", "terminal")
        reference = self._random_hex()
        deal.payments.append(
            self._add(
                Payment,
                order_id=deal.order["id"],
                method=method,
                status="captured",
                provider="sandbox" if online else "",
                reference=reference,
                amount_minor=amount,
                captured_minor=amount,
                refunded_minor=0,
                created_at=at,
                settled_at=at,
                **more,
            )
        )
        if online:
            charge = self._add(
                SandboxCharge, reference=reference, amount_minor=amount, currency="EUR",
                status="captured", notified=2, created_at=at, refund_keys=[], refunded_minor=0,
            )  # fmt: skip
            deal.payments[-1]["charge"] = charge
        if method == "card":
            self._add(
                PaymentEvent, provider="sandbox", event_id=f"evt_{reference}_captured",
                kind="captured", reference=reference, amount_minor=amount, currency="EUR",
                received_at=at,
            )  # fmt: skip

    def _spend(self, deal: Deal, at: datetime, till: Till | None = None) -> int:
        """A member with enough points sometimes pays a part with them; the amount."""
        purse = deal.sale.person.purse if deal.sale.person else None
        if purse is None or self.rng.random() > 0.16:
            return 0
        free = sum(lot["remaining"] for lot in purse.spendable(at))
        value = self.house.programme.point_value_minor
        points = min(free // 20 * 20, deal.order["total_minor"] // 2 // value)
        if points < 40:
            return 0
        self.points.spend(
            purse, points, document=deal.order["number"], channel=deal.order["channel"], at=at
        )
        deal.points_paid = points * value
        self._pay(
            deal, "points", deal.points_paid, at, points=points, till_id=till.pk if till else None
        )
        return deal.points_paid

    def _earn(self, deal: Deal, actor: str, at: datetime) -> None:
        """Points on what was paid with money, shared over the lines (FIELD 29)."""
        purse = deal.sale.person.purse if deal.sale.person else None
        if purse is None:
            return
        kept = [line["total_minor"] for line in deal.goods]
        money = [
            total - share
            for total, share in zip(
                kept, allocate(min(deal.points_paid, sum(kept)), kept), strict=True
            )
        ]
        whole = sum(money) * self.house.programme.points_per_unit // 100
        shares = zip(deal.goods, allocate(whole, money), money, strict=True)
        earned = {line["position"]: (points, paid) for line, points, paid in shares if points}
        deal.earned = {position: points for position, (points, _paid) in earned.items()}
        self.points.earn(
            purse,
            [(line["position"], points, line["name"], paid)
             for line in deal.goods for points, paid in [earned.get(line["position"], (0, 0))]
             if points],
            document=deal.order["number"], channel=deal.order["channel"], actor=actor, at=at,
        )  # fmt: skip

    def _receipt(
        self, deal: Deal, till: Till, lines: list[Row], tenders: list[Row], at: datetime,
        cites: str = "",
    ) -> None:  # fmt: skip
        sequence, previous = self._chains.get(till.pk, (0, "GENESIS"))
        sequence += 1
        text = text_of(
            till=till, sequence=sequence, order=deal.order["number"], currency="EUR",
            lines=lines, tenders=tenders, cites=cites, at=at,
        )  # fmt: skip
        digest = chained(previous, text)
        self._chains[till.pk] = sequence, digest
        self._add(
            Receipt, till_id=till.pk, sequence=sequence, order_id=deal.order["id"],
            total_minor=sum(line["total"] for line in lines), currency="EUR",
            business_on=at.astimezone(ZONE).date(), issued_at=at, payload=text,
            previous_hash=previous, hash=digest, signature=sign(till, digest),
        )  # fmt: skip

    def _sale_receipt(self, deal: Deal, till: Till, at: datetime) -> None:
        lines = [
            {"sku": line.get("sku", ""), "name": line["name"], "quantity": line["quantity"],
             "unit": line["unit_minor"], "discount": line.get("discount_minor", 0),
             "total": line["total_minor"], "tax_bp": line["tax_bp"]}
            for line in deal.lines
        ]  # fmt: skip
        tenders = [{"method": p["method"], "amount": p["captured_minor"]} for p in deal.payments]
        self._receipt(deal, till, lines, tenders, at)

    # --- Stock ------------------------------------------------------------------------------------

    def _leave(self, deal: Deal, location: int, actor: str, at: datetime) -> None:
        """The goods leave: holds are fulfilled, or the till sells."""
        holds = {hold["line"]: hold for hold in deal.holds}
        number = deal.order["number"]
        for line in deal.goods:
            position, hold = line["position"], holds.get(line["position"])
            if hold:
                hold |= {"status": "fulfilled", "closed_at": at}
            key = f"fulfil:{hold['id']}" if hold else f"sale:{number}:{position}:{location}"
            self._move("sale", line, location, -line["quantity"], number, actor, at, key)
        for line in deal.lines:
            line["fulfilled"] = line["quantity"]
        deal.order["status"] = "fulfilled"

    def _move(
        self, kind: str, line: Row, location: int, delta: int, document: str, actor: str,
        at: datetime, key: str,
    ) -> None:  # fmt: skip
        self._add(
            StockMovement, variant_id=line["variant_id"], location_id=location, kind=kind,
            delta=delta, document=document, line=line["position"], actor=actor, at=at,
            idempotency_key=key,
        )  # fmt: skip
        self.moves.append((line["variant_id"], location, at, delta))

    def _fulfil(self, deal: Deal, kind: str, location: int, **facts: Any) -> None:
        deal.fulfilment = self._add(
            Fulfilment, order_id=deal.order["id"], kind=kind, location_id=location,
            confirmed=True, **facts,
        )  # fmt: skip
        for line in deal.lines if kind == "takeaway" else deal.goods:
            self._add(
                FulfilmentLine, fulfilment_id=deal.fulfilment["id"], line_id=line["id"],
                quantity=line["quantity"], picked=line["quantity"],
            )  # fmt: skip

    # --- Taken out of a sale again ----------------------------------------------------------------

    def _reverse(
        self, deal: Deal, units: list[tuple[Row, int]], kind: str, disposition: str,
        till: Till | None, code: str, reason: str, actor: str, at: datetime,
    ) -> None:  # fmt: skip
        """Units back, their money, their points and, at a till, the negative receipt."""
        order = deal.order
        location = self.house.floors[code] if till else None
        document = self._add(
            Return, number=f"{order['number']}-R1", order_id=order["id"], kind=kind,
            store_id=till.store_id if till else order["store_id"],
            till_id=till.pk if till else None,
            total_minor=0, tax_minor=0, counts=order["sold_on"] is not None, reason=reason,
            actor=actor, business_on=at.astimezone(ZONE).date(), at=at,
        )  # fmt: skip
        printed = []
        for line, count in units:
            total = unit_share(line["total_minor"], line["quantity"], 0, count)
            tax = unit_share(line["tax_minor"], line["quantity"], 0, count)
            self._add(
                ReturnLine, document_id=document["id"], line_id=line["id"], quantity=count,
                total_minor=total, tax_minor=tax, disposition=disposition, location_id=location,
            )  # fmt: skip
            line["returned" if kind == "return" else "cancelled"] += count
            line["refunded_minor"] += total
            document["total_minor"] += total
            document["tax_minor"] += tax
            printed.append(
                {"sku": line.get("sku", ""), "name": line["name"], "quantity": -count,
                 "unit": line["unit_minor"], "discount": 0, "total": -total,
                 "tax_bp": line["tax_bp"]}
            )  # fmt: skip
            if location and disposition == "sellable":
                self._move(
                    "return", line, location, count, document["number"], actor, at,
                    f"return:{document['number']}:{line['position']}:{location}",
                )  # fmt: skip
        given = self._give_back(deal, document, at)
        if kind == "return":
            self._points_back(deal, units, document["number"], actor, at)
        if till:
            tenders = [{"method": method, "amount": -amount} for method, amount in given]
            self._receipt(deal, till, printed, tenders, at, cites=document["number"])
        self._event(
            deal, kind, actor, at, document=document["number"], total_minor=document["total_minor"]
        )
        if given:
            self.letters.add(
                order, deal.lines, "refund", at, None, None, document=document["number"],
                amount_minor=document["total_minor"],
            )  # fmt: skip

    def _give_back(self, deal: Deal, document: Row, at: datetime) -> list[tuple[str, int]]:
        left, given = document["total_minor"], []
        rank = ["card", "terminal", "cash", "points"]
        for payment in sorted(deal.payments, key=lambda one: rank.index(one["method"])):
            part = min(left, payment["captured_minor"] - payment["refunded_minor"])
            if part <= 0:
                continue
            reference = f"{document['number']}:{payment['id']}"
            self._add(
                Refund, payment_id=payment["id"], amount_minor=part, reason=document["reason"],
                reference=reference, status="settled", attempts=1, created_at=at, settled_at=at,
            )  # fmt: skip
            payment["refunded_minor"] += part
            if charge := payment.get("charge"):
                charge["refunded_minor"] += part
                charge["refund_keys"].append(reference)
            if payment["method"] == "points" and deal.sale.person and deal.sale.person.purse:
                value = self.house.programme.point_value_minor
                self.points.restore(
                    deal.sale.person.purse, -(-part // value), document=deal.order["number"],
                    channel=deal.order["channel"], actor=document["actor"], at=at,
                )  # fmt: skip
            given.append((payment["method"], part))
            left -= part
        return given

    def _points_back(
        self, deal: Deal, units: list[tuple[Row, int]], reference: str, actor: str, at: datetime
    ) -> None:
        purse = deal.sale.person.purse if deal.sale.person else None
        for line, count in units:
            earned = deal.earned.get(line["position"], 0)
            points = unit_share(earned, line["fulfilled"], 0, count)
            if purse and points:
                self.points.take_back(
                    purse, line["position"], points, document=deal.order["number"],
                    reference=reference, channel=deal.order["channel"], actor=actor, at=at,
                )  # fmt: skip
