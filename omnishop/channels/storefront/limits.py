"""How often the same address may do what costs somebody work (INVARIANTS F-30)."""

from hashlib import sha256

from django.core.cache import cache
from django.http import HttpRequest
from django.utils.translation import gettext as _

from omnishop.kernel.errors import Refusal


class TooOften(Refusal):
    """Asked too often in a short time."""

    status = 429
    code = "too_often"


def limit(request: HttpRequest, what: str, *, most: int, seconds: int) -> None:
    """Count one more; raises TooOften beyond `most` in that time. The address is not kept."""
    address = sha256(request.META.get("REMOTE_ADDR", "").encode()).hexdigest()[:16]
    key = f"limit:{what}:{address}"
    cache.add(key, 0, seconds)
    try:
        count = cache.incr(key)
    except ValueError:  # it ran out in between
        return
    if count > most:
        raise TooOften(_("That was often in a short time. Try again later."))
