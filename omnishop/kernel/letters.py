"""Letters as they are compared."""

from unicodedata import combining, normalize


def without_accents(text: str) -> str:
    """The text with é as e and ﬁ as fi; capitals, signs and blanks stay."""
    return "".join(letter for letter in normalize("NFKD", text) if not combining(letter))
