"""Whose orders a member of staff sees; one rule for everything that hangs on an order."""

from typing import Any

from django.http import HttpRequest

from omnishop.network.selectors import sees_all_stores
from orders.models import Order


class OfOrder:
    """Rows that hang on an order: seen by who sees the order."""

    order_way = "order"

    def in_scope(self, rows: Any, request: HttpRequest) -> Any:
        if sees_all_stores(request.user):
            return rows
        orders = Order.objects.visible_to(request.user).values("pk")
        return rows.filter(**{f"{self.order_way}__in": orders})
