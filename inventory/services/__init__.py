"""Writes of the stock: holds in `holds`, movements in `movements`."""

from inventory.services.holds import (
    Demand,
    expire_overdue,
    extend,
    fulfil,
    held_units,
    hold_more,
    mark_picked,
    release,
    reserve,
    settle,
    shorten,
)
from inventory.services.movements import adjust, put_back, receive, sell

__all__ = [
    "Demand",
    "adjust",
    "expire_overdue",
    "extend",
    "fulfil",
    "held_units",
    "hold_more",
    "mark_picked",
    "put_back",
    "receive",
    "release",
    "reserve",
    "sell",
    "settle",
    "shorten",
]
