"""Words as they are compared: without accents, case, punctuation."""

import re
import unicodedata


def plain(text: str) -> str:
    """`Saint-Étienne` as `saint etienne`."""
    letters = unicodedata.normalize("NFKD", text)
    kept = "".join(char for char in letters if not unicodedata.combining(char))
    return " ".join(re.findall(r"[a-z0-9]+", kept.lower()))
