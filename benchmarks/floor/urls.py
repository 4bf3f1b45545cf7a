"""The floor's one page."""

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path


def row(request: HttpRequest) -> HttpResponse:
    """One product by primary key, in a template of a few lines."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, name, slug FROM catalog_product WHERE id = %s", [FIRST[0]])
        pk, name, slug = cursor.fetchone()
    return render(request, "floor.html", {"pk": pk, "name": name, "slug": slug})


def _first() -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT min(id) FROM catalog_product")
        return list(cursor.fetchone())


FIRST = _first()
urlpatterns = [path("", row)]
