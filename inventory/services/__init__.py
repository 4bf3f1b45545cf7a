"""Writes of the stock: holds in `holds`, movements in `movements`."""

from inventory.services.holds import (
    Demand,
    expire_overdue,
    extend,
    fulfil,
    give_up,
    held,
    hold_more,
    mark_picked,
    release,
    reserve,
    send,
    settle,
    shorten,
    unhold,
)
from inventory.services.levels import lock_articles
from inventory.services.movements import (
    adjust,
    arrive,
    change_status,
    correct,
    put_back,
    receive,
    sell,
)

__all__ = [
    "Demand",
    "adjust",
    "arrive",
    "change_status",
    "correct",
    "expire_overdue",
    "extend",
    "fulfil",
    "give_up",
    "held",
    "hold_more",
    "lock_articles",
    "mark_picked",
    "put_back",
    "receive",
    "release",
    "reserve",
    "sell",
    "send",
    "settle",
    "shorten",
    "unhold",
]
