"""Clocks, requests of people, and the restricted archive."""

from omnishop.privacy.models.archive import ArchivedInvoice, ArchiveLook
from omnishop.privacy.models.requests import ErasureRequest, ExportRequest
from omnishop.privacy.models.retention import RetentionNotice, RetentionPeriod

__all__ = [
    "ArchiveLook",
    "ArchivedInvoice",
    "ErasureRequest",
    "ExportRequest",
    "RetentionNotice",
    "RetentionPeriod",
]
