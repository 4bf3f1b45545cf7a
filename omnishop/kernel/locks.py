"""One at a time in the whole database, however many processes there are (INVARIANTS F-22)."""

import contextlib
import hashlib
from collections.abc import Iterator

from django.db import Error, connection

from omnishop.kernel.errors import Refusal


class Busy(Refusal):
    """Someone else is doing just that now."""

    code = "busy"


def lock_key(name: str) -> int:
    """PostgreSQL's 64-bit key of a lock's name."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)


@contextlib.contextmanager
def alone(name: str, *, message: str) -> Iterator[None]:
    """Do what is inside while nobody else does the same; raises Busy at once when someone does.

    The lock belongs to the database session: it outlives the transactions inside, and goes
    with the connection when the process is killed. Behind PgBouncer it needs session pooling.
    """
    key = lock_key(name)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [key])
        if not cursor.fetchone()[0]:
            raise Busy(message)
    try:
        yield
    finally:
        with contextlib.suppress(Error), connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [key])
