"""Codes of articles: which of them the world knows (STD-1)."""


def in_store(code: str) -> bool:
    """A number of a shop's own, with a price or weight inside, known to nobody else: prefix 02
    or 20 to 29, or of eight digits the prefix 0 or 2. It is never exported as a GTIN.
    """
    if len(code) == 8:
        return code[0] in "02"
    full = code.zfill(13)[-13:]
    return full.startswith("02") or full[0] == "2"
