"""The language of the page, mail or paper that is being made."""

from typing import Literal

from django.utils.translation import get_language

Language = Literal["fr", "en"]


def site_language() -> Language:
    """The reader's language."""
    return "en" if (get_language() or "fr").startswith("en") else "fr"
