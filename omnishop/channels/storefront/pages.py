"""Pages that are the same for everyone are rendered once and kept (UX W5, DESIGN 6)."""

import gzip
from collections.abc import Callable
from datetime import datetime
from functools import wraps
from hashlib import sha256
from typing import Any, TypeVar, cast

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.translation import get_language

from omnishop.channels.storefront.context import STORE_COOKIE, Request
from omnishop.kernel.errors import Refusal

SECONDS = 60
COMPRESSION = 3  # a seventh of the size in a third of a millisecond
View = TypeVar("View", bound=Callable[..., HttpResponse])


def shared(view: View) -> View:
    """Keep the page for a minute, for all who ask for this address, language and store.

    The view must not look at the person, nor at any cookie but the store's: as the page holds no
    secret either, it is kept and sent compressed.
    """

    @wraps(view)
    def kept(request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            return view(request, *args, **kwargs)
        key = _key(request)
        page: tuple[bytes, str] | None = cache.get(key)
        if page is None:
            response = view(request, *args, **kwargs)
            if response.status_code != 200:
                return response
            etag = f'W/"{sha256(response.content).hexdigest()[:24]}"'  # whatever the encoding
            page = (gzip.compress(response.content, COMPRESSION), etag)
            cache.set(key, page, SECONDS - _age(request))
        content, etag = page
        answer = HttpResponse(headers={"ETag": etag, "Cache-Control": "private, no-cache"})
        if "gzip" in request.headers.get("Accept-Encoding", ""):
            answer.content = content
            answer["Content-Encoding"] = "gzip"
        else:
            answer.content = gzip.decompress(content)
        patch_vary_headers(answer, ["HX-Request", "Cookie", "Accept-Encoding"])
        found = get_conditional_response(request, etag=etag, response=answer)
        return cast("HttpResponse", found)

    return cast("View", kept)


def _age(request: Request) -> float:
    """Seconds since what the page shows was read; what it was made of is not kept twice as long."""
    read_at: datetime | None = getattr(request, "read_at", None)
    return min(SECONDS, (timezone.now() - read_at).total_seconds()) if read_at else 0


def _key(request: Request) -> str:
    parts = (
        request.scheme or "",
        request.get_host(),
        request.path,
        "&".join(sorted(request.GET.urlencode().split("&"))),
        get_language() or "",
        request.COOKIES.get(STORE_COOKIE, ""),
        str(request.htmx.target or "") if request.htmx else "",
    )
    return "page:" + sha256("\n".join(parts).encode()).hexdigest()


def private(response: HttpResponse) -> HttpResponse:
    """Never kept by anyone: a page about a person (UX A6)."""
    response["Cache-Control"] = "no-store, private"
    return response


def refused(
    request: HttpRequest, refusal: Refusal, template: str, context: dict[str, Any]
) -> HttpResponse:
    """The page or partial again with what the rules refused, in the reader's words."""
    return private(
        render(
            request,
            template,
            context | {"refusal": refusal, "has_errors": True},
            status=refusal.status,
        )
    )
