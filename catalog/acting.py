"""Who changes the catalogue, told to the database so that its history can name them."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.db import connection, transaction

_actor: ContextVar[str] = ContextVar("catalog_actor", default="")
WRITES = re.compile(
    r"\b(?:INSERT\s+INTO|UPDATE|DELETE\s+FROM|MERGE\s+INTO)\s+\"?catalog_", re.IGNORECASE
)
SET = "SELECT set_config('omnishop.actor', %s, true)"


@contextmanager
def acting(actor: str) -> Iterator[None]:
    """Name whoever changes the catalogue in this block: "user:12", "import:4", "task:…".

    Each write to a table of the catalogue is preceded by a statement that names them, until the
    end of its transaction only: connections are shared. Blocks may lie in each other.
    """
    outermost = not _actor.get()
    token = _actor.set(actor)
    try:
        if not outermost:
            yield
            return
        named = _Named()
        with connection.execute_wrapper(named):
            yield
        if named.written and connection.in_atomic_block and not connection.needs_rollback:
            with connection.cursor() as cursor:  # the rest of it is somebody else's
                cursor.execute(SET, [""])
    finally:
        _actor.reset(token)


def name_actor() -> None:
    """The same for statements that do not go through Django's cursor, such as COPY."""
    with connection.cursor() as cursor:
        cursor.execute(SET, [_actor.get()])


class _Named:
    """Puts the name before what is written."""

    written = False

    def __call__(
        self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any
    ) -> Any:
        if not WRITES.search(sql):
            return execute(sql, params, many, context)
        self.written = True
        with transaction.atomic(savepoint=False):
            actor = [_actor.get()]
            execute(SET, [actor] if many else actor, many, context)
            return execute(sql, params, many, context)
