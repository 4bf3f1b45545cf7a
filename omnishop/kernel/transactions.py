"""Services that call each other share one transaction."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import connection, transaction

P = ParamSpec("P")
T = TypeVar("T")


def joined(function: Callable[P, T]) -> Callable[P, T]:
    """Run in the caller's transaction, or in one of its own when there is none.

    Unlike `atomic` it sets no savepoint: two statements less for each service that another
    calls. A caller that goes on after a refusal opens a savepoint itself.
    """

    @wraps(function)
    def inside(*args: P.args, **kwargs: P.kwargs) -> T:
        if connection.in_atomic_block:
            return function(*args, **kwargs)
        with transaction.atomic():
            return function(*args, **kwargs)

    return inside
