"""Words as they are compared: without accents, case, punctuation."""

import re

from omnishop.kernel.letters import without_accents


def plain(text: str) -> str:
    """`Saint-Étienne` as `saint etienne`."""
    return " ".join(re.findall(r"[a-z0-9]+", without_accents(text).lower()))
