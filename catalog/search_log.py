"""What was searched and found: counted by day, without anybody in it."""

import re
from datetime import date

from django.db import connection
from stdnum import ean

from catalog.models import SearchLog
from catalog.search import plain
from omnishop.kernel.language import Language

MONTHS_KEPT = 13
# What may be about a person: an e-mail, a telephone, a card, an account.
PERSONAL = re.compile(r"@|\d(?:[\s.\-/]?\d){7,}|\b[a-z]{2}\d{2}[a-z0-9]{10,}")


def countable(text: str) -> str:
    """Words as they are counted, or nothing when they may be about a person."""
    words = " ".join(plain(text).split())[:100]
    if PERSONAL.search(words) and not ean.is_valid(words):
        return ""
    return words


def record(*, words: str, language: Language, results: int, day: date) -> None:
    """Count a search and what it found; one statement."""
    if not (words := countable(words)):
        return
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO catalog_searchlog AS l
                   (day, language, words, searches, not_found, results, clicks)
            VALUES (%(day)s, %(language)s, %(words)s, 1, (%(results)s = 0)::int, %(results)s, 0)
            ON CONFLICT (day, language, words) DO UPDATE
               SET searches = l.searches + 1, not_found = l.not_found + excluded.not_found,
                   results = excluded.results
            """,
            {"day": day, "language": language, "words": words, "results": results},
        )


def record_click(*, words: str, language: Language, day: date) -> None:
    """Count that an article was opened from a search of that day; one statement."""
    if not (words := countable(words)):
        return
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO catalog_searchlog AS l
                   (day, language, words, searches, not_found, results, clicks)
            VALUES (%s, %s, %s, 0, 0, 0, 1)
            ON CONFLICT (day, language, words) DO UPDATE SET clicks = l.clicks + 1
            """,
            [day, language, words],
        )


def forget(*, today: date) -> int:
    """Delete what is older than thirteen months; how many rows."""
    year, month = divmod(today.year * 12 + today.month - 1 - MONTHS_KEPT, 12)
    deleted, _by_model = SearchLog.objects.filter(day__lt=date(year, month + 1, 1)).delete()
    return deleted
