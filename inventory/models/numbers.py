"""Numbers of the stock's own documents."""

from django.db import connection


def next_number(prefix: str) -> str:
    """The next number of a document: "T" transfers, "P" purchase orders, "C" counts."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('inventory_document_number')")
        return f"{prefix}-{cursor.fetchone()[0]:06d}"
