"""Whether this process is alive; whether it can serve is `health/ready/`."""

from django.http import HttpRequest, HttpResponse


def live(_request: HttpRequest) -> HttpResponse:
    """200 while the process answers; it asks nothing of the database."""
    return HttpResponse("ok", content_type="text/plain")
