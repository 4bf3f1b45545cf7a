"""One effect per (actor, key), whatever a network repeats (DESIGN 3.9, INVARIANTS P-2)."""

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from omnishop.kernel.errors import Invalid
from omnishop.kernel.models import IdempotencyKey
from omnishop.kernel.transactions import retried


def _hash(body: Mapping[str, Any]) -> str:
    canonical = json.dumps(body, sort_keys=True, default=str, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


@retried
def once(
    *, actor: str, key: str, body: Mapping[str, Any], work: Callable[[], dict[str, Any]]
) -> dict[str, Any]:
    """Do `work` and keep its JSON answer; a repeat gets that answer and does nothing.

    A repeat that arrives while the first runs waits for it on the unique index. Work that
    raises leaves no trace, so it may be tried again. Raises Invalid when the key comes back
    with another body.
    """
    record, created = IdempotencyKey.objects.get_or_create(
        actor=actor, key=key, defaults={"body_hash": _hash(body)}
    )
    if not created:
        if record.body_hash != _hash(body):
            raise Invalid(_("This request was already sent with other contents. Reload the page."))
        done: dict[str, Any] = record.response or {}
        return done
    response = work()
    record.response = response
    record.save(update_fields=["response"])
    return response
