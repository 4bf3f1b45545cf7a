"""How often the same address may do what costs somebody work, or guesses (INVARIANTS F-30)."""

from hashlib import sha256

from axes.helpers import get_client_ip_address
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
    address = sha256((get_client_ip_address(request) or "").encode()).hexdigest()[:16]
    key = f"limit:{what}:{address}"
    cache.add(key, 0, seconds)
    try:
        count = cache.incr(key)
    except ValueError:  # it ran out in between
        return
    if count > most:
        raise TooOften(_("That was often in a short time. Try again later."))
