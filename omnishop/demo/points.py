"""Points of the history, lot by lot, as `loyalty.services` would have written them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from dateutil.relativedelta import relativedelta

from loyalty.models import Account, PointsEntry, PointsLot
from omnishop.demo.rows import keys, write

Row = dict[str, Any]


class Purse:
    """One member's account: its lots as they stand, earliest expiry first where it matters."""

    def __init__(self, account: int, customer: int, joined_at: datetime) -> None:
        self.account = account
        self.customer = customer
        self.joined_at = joined_at
        self.lots: list[Row] = []
        self.debt = 0
        self.spent: dict[str, list[tuple[Row, int]]] = {}  # by document: lot, points

    def spendable(self, at: datetime) -> list[Row]:
        """Lots that may be spent, in the order in which they are."""
        lots = [
            lot
            for lot in self.lots
            if lot["remaining"] and lot["available_at"] <= at < lot["expires_at"]
        ]
        return sorted(lots, key=lambda lot: (lot["expires_at"], lot["earned_at"]))


class Ledger:
    """Everybody's lots and entries until they are written."""

    def __init__(self, *, pending_days: int, expiry_months: int) -> None:
        self.pending = relativedelta(days=pending_days)
        self.valid = relativedelta(months=expiry_months)
        self.lots: list[Row] = []
        self.entries: list[Row] = []

    def _lot(self, purse: Purse, points: int, **facts: Any) -> Row:
        lot = {
            "account_id": purse.account, "points": points, "remaining": points,
            "taken_back": 0, "amount_minor": 0, "counts": True,
        } | facts  # fmt: skip
        purse.lots.append(lot)
        self.lots.append(lot)
        return lot

    def _entry(self, purse: Purse, lot: Row | None, **facts: Any) -> None:
        self.entries.append({"account_id": purse.account, "lot": lot} | facts)

    def carry_over(self, purse: Purse, points: int, *, at: datetime, until: datetime) -> None:
        """Points brought from the programme before this one."""
        document = f"reprise:{purse.account}"
        lot = self._lot(
            purse, points, document=document, line=len(purse.lots), channel="admin",
            origin="Reprise de l’ancien programme", counts=False,
            earned_at=at, available_at=at, expires_at=until,
        )  # fmt: skip
        self._entry(purse, lot, kind="correction", delta=points, document=document,
                    channel="admin", actor="task", at=at, key="correction")  # fmt: skip

    def earn(
        self, purse: Purse, earned: Sequence[tuple[int, int, str, int]], *,
        document: str, channel: str, actor: str, at: datetime,
    ) -> None:  # fmt: skip
        """A lot for each (line, points, origin, money), pending first."""
        available_at = at + self.pending
        for line, points, origin, money in earned:
            lot = self._lot(
                purse, points, document=document, line=line, channel=channel,
                origin=origin[:160], amount_minor=money, earned_at=at, available_at=available_at,
                expires_at=available_at + self.valid,
            )  # fmt: skip
            self._entry(purse, lot, kind="earn", delta=points, document=document,
                        channel=channel, actor=actor, at=at, key="earn")  # fmt: skip

    def spend(self, purse: Purse, points: int, *, document: str, channel: str, at: datetime) -> int:
        """Spend up to `points`, first expiring first; how many were spent."""
        return self._take(
            purse, purse.spendable(at), points, kind="spend", document=document,
            channel=channel, actor=f"order:{document}", at=at, key=f"spend:{document}:0",
        )  # fmt: skip

    def restore(
        self, purse: Purse, points: int, *,
        document: str, channel: str, actor: str, at: datetime,
    ) -> None:  # fmt: skip
        """Give spent points back to the lots they came from, the latest expiry first."""
        spent = purse.spent.get(document, [])
        for lot, taken in sorted(spent, key=lambda one: one[0]["expires_at"], reverse=True):
            part = min(taken, points)
            if part > 0:
                lot["remaining"] += part
                points -= part
                self._entry(purse, lot, kind="restore", delta=part, document=document,
                            channel=channel, actor=actor, at=at,
                            key=f"restore:{document}")  # fmt: skip

    def take_back(
        self, purse: Purse, line: int, points: int, *,
        document: str, reference: str, channel: str, actor: str, at: datetime,
    ) -> None:  # fmt: skip
        """A line came back: from its own lot, then from others, the rest is owed."""
        own = [lot for lot in purse.lots if lot["document"] == document and lot["line"] == line]
        for lot in own:
            lot["taken_back"] += points
        own = [lot for lot in own if lot["remaining"]]
        others = [lot for lot in purse.spendable(at) if lot not in own]
        key = f"reverse:{reference}:{line}"
        taken = self._take(
            purse, own + others, points, kind="reverse", document=reference,
            channel=channel, actor=actor, at=at, key=key,
        )  # fmt: skip
        if owed := points - taken:
            purse.debt += owed
            self._entry(purse, None, kind="debt", delta=-owed, document=reference,
                        channel=channel, actor=actor, at=at, key=f"{key}:debt")  # fmt: skip

    def expire(self, purse: Purse, at: datetime) -> None:
        """Write off what lots hold whose time is over."""
        over = [lot for lot in purse.lots if lot["remaining"] and lot["expires_at"] <= at]
        self._take(
            purse, over, sum(lot["remaining"] for lot in over), kind="expire",
            document=f"expiry:{at.date()}", channel="", actor="task", at=at,
            key=f"expire:{purse.account}:0",
        )  # fmt: skip

    def _take(
        self, purse: Purse, lots: Sequence[Row], points: int, *, key: str, **facts: Any
    ) -> int:
        taken = 0
        for lot in lots:
            part = min(lot["remaining"], points - taken)
            if part > 0:
                lot["remaining"] -= part
                taken += part
                if facts["kind"] == "spend":
                    purse.spent.setdefault(facts["document"], []).append((lot, part))
                self._entry(purse, lot, delta=-part, key=key, **facts)
        return taken

    def write(self, purses: Sequence[Purse], programme: int) -> None:
        """Write accounts, lots and entries; the keys of entries name their lot."""
        write(
            Account,
            [
                {
                    "id": purse.account,
                    "customer_id": purse.customer,
                    "programme_id": programme,
                    "balance": sum(lot["remaining"] for lot in purse.lots),
                    "debt": purse.debt,
                    "joined_at": purse.joined_at,
                }
                for purse in purses
            ],
        )
        for lot, pk in zip(self.lots, keys(PointsLot, len(self.lots)), strict=True):
            lot["id"] = pk
        write(PointsLot, self.lots)
        write(
            PointsEntry,
            [
                {
                    **{name: value for name, value in entry.items() if name not in ("lot", "key")},
                    "lot_id": entry["lot"]["id"] if entry["lot"] else None,
                    "idempotency_key": f"{entry['key']}:{entry['lot']['id']}"
                    if entry["lot"]
                    else entry["key"],
                }
                for entry in self.entries
            ],
        )
