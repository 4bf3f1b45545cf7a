"""A person's copy of everything we hold about them: JSON and a readable PDF (GDP-6)."""

import json
import secrets
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.core import signing
from django.core.files.base import ContentFile, File
from django.core.files.storage import storages
from django.db import models, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from customers.models import Customer
from customers.services.messages import queue_message
from omnishop.kernel.claims import claim
from omnishop.privacy import rules, selectors
from omnishop.privacy.lines import Table
from omnishop.privacy.models import ExportRequest
from omnishop.privacy.person import person
from omnishop.privacy.registry import TABLES

LINK_OPEN = timedelta(days=3)
MOST = 5000  # rows of one table: nobody has more
Sections = list[dict[str, Any]]
Status = ExportRequest.Status


@transaction.atomic
def ask(
    *, customer: Customer, source: str, actor: str, at: datetime, proof: str = ""
) -> ExportRequest:
    """Keep that a person wants a copy; a second request before it is made is that one."""
    live = Customer.objects.select_for_update(of=("self",)).get(
        pk=customer.merged_into_id or customer.pk
    )
    request, _created = ExportRequest.objects.get_or_create(
        customer=live,
        status=Status.ASKED,
        defaults={"source": source, "actor": actor, "proof": proof, "asked_at": at},
    )
    return request


@transaction.atomic
def make(*, request_id: int, at: datetime) -> bool:
    """Write the files of a request and tell the person where they are; True when it did."""
    # Read when it draws: its library takes some MiB of a worker's memory.
    from omnishop.privacy.papers import pdf_of

    request = claim(
        ExportRequest.objects.to_make().select_related("customer").filter(pk=request_id)
    ).first()
    if request is None:
        return False
    customer = request.customer
    with override(customer.language):
        sections = everything(customer.pk)
        page = pdf_of(
            title=_("Everything we hold about you"),
            name=customer.name or customer.number,
            sections=sections,
            at=at,
        )
    text = json.dumps(
        {"made_at": at.isoformat(), "customer": customer.number, "data": sections},
        ensure_ascii=False,
        indent=1,
    )
    stem = secrets.token_urlsafe(16)
    files = storages["private"]
    request.json = files.save(f"exports/{stem}.json", ContentFile(text.encode()))
    request.pdf = files.save(f"exports/{stem}.pdf", ContentFile(page))
    request.status = Status.READY
    request.ready_at = at
    request.expires_at = at + timedelta(days=rules.days("exports", on=timezone.localdate(at)))
    request.save()
    queue_message(
        key=f"export:{request.pk}",
        template="export_ready",
        to=selectors.address(customer),
        language=customer.language,
        context={"copy": link(request), "until": (at + LINK_OPEN).isoformat()},
        customer_id=customer.pk,
        at=at,
    )
    return True


def link(request: ExportRequest) -> str:
    """The signed address where a copy lies, for three days."""
    signed = signing.dumps(request.pk, salt="export")
    return settings.SITE_URL + reverse("storefront:export", args=[signed])


def of_link(text: str, *, at: datetime) -> ExportRequest | None:
    """The copy of such a link; None when it is forged, too old, or the copy is gone."""
    try:
        pk = signing.loads(text, salt="export", max_age=LINK_OPEN)
    except signing.BadSignature:
        return None
    return ExportRequest.objects.filter(pk=pk, status=Status.READY, expires_at__gt=at).first()


@transaction.atomic
def fetch(*, request: ExportRequest, kind: str, at: datetime) -> "File[bytes]":
    """The file of a copy, "json" or "pdf"; that somebody took it is noted."""
    mine = ExportRequest.objects.select_for_update().get(pk=request.pk)
    mine.fetched += 1
    mine.fetched_at = at
    mine.save(update_fields=["fetched", "fetched_at"])
    return storages["private"].open({"json": mine.json, "pdf": mine.pdf}[kind])


def delete_files(request: ExportRequest) -> None:
    """The files of a copy go; a repeat finds none."""
    for name in (request.json, request.pdf):
        if name:
            storages["private"].delete(name)


def everything(customer_id: int) -> Sections:
    """What the registry finds of a person over all records, table by table.

    Only what went to a proved address counts of guests' orders (FIELD 42).
    """
    who = person(customer_id, proved_only=True)
    sections: Sections = []
    for entry in TABLES:
        rows = entry.cls._default_manager.filter(entry.of(who)).distinct().order_by("pk")[:MOST]
        found = [_row(entry, row) for row in rows]
        if found:
            meta = entry.cls._meta
            name = meta.verbose_name_plural if len(found) > 1 else meta.verbose_name
            sections.append({"table": entry.model, "name": str(name), "rows": found})
    return sections


def _row(entry: Table, row: models.Model) -> dict[str, Any]:
    """The fields of a row that have something to say, by the names people know them by."""
    said = {}
    for name in entry.exported:
        field: Any = row._meta.get_field(name)
        shown = getattr(row, f"get_{name}_display", None)
        value = shown() if shown else _plain(getattr(row, name))
        if value not in ("", None, [], {}):
            said[str(field.verbose_name).capitalize()] = value
    return said


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, models.Model):
        return str(value)
    if isinstance(value, dict):  # without our links, which open doors
        shown = {key: _plain(item) for key, item in value.items()}
        return {key: item for key, item in shown.items() if item not in ("", None)}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, str):
        return "" if value.startswith(settings.SITE_URL) else value
    if isinstance(value, int) or value is None:
        return value
    return str(value)
