"""How often something may be tried from one address, so that codes are not guessed."""

from axes.helpers import get_client_ip_address
from django.core.cache import cache
from django.http import HttpRequest
from django.utils.translation import gettext as _

from omnishop.kernel.errors import Refusal

SECONDS = 600


class TooMany(Refusal):
    """Tried too often."""

    status = 429
    code = "too_many"


def _key(request: HttpRequest, what: str) -> str:
    return f"tries:{what}:{get_client_ip_address(request) or ''}"


def check(request: HttpRequest, what: str, *, most: int) -> None:
    """Raises TooMany once `failed` was called `most` times within ten minutes."""
    if int(cache.get(_key(request, what), 0)) >= most:
        raise TooMany(_("Too many codes were tried. Wait ten minutes, then try again."))


def failed(request: HttpRequest, what: str) -> None:
    """Count a try that failed."""
    key = _key(request, what)
    cache.add(key, 0, SECONDS)
    try:
        cache.incr(key)
    except ValueError:  # it ended in between
        cache.set(key, 1, SECONDS)
