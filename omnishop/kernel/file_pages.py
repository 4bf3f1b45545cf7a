"""What the back office's pages of files that are brought in have in common (UX I1 to I4)."""

from datetime import datetime
from typing import Any, Protocol

from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

SIGNS = [("", _("find out")), (",", ","), (";", ";"), ("tab", _("tab")), ("|", "|")]
ENCODINGS = [("", _("find out")), ("utf-8", "UTF-8"), ("cp1252", "cp1252 (Windows)"),
             ("utf-16", "UTF-16"), ("mac_roman", "Mac Roman")]  # fmt: skip


class Run(Protocol):
    """A file that is waiting, being read, or read; `found` is what it was seen to be."""

    status: Any
    found: Any
    started_at: datetime
    rows_read: int
    rows_total: int


def progress(run: Run, *, at: datetime) -> dict[str, Any]:
    """How far the file is and what it was seen to be, as its page shows it."""
    left = None
    if run.status == "running" and run.rows_read:
        took = (at - run.started_at).total_seconds()
        left = round(took * (run.rows_total - run.rows_read) / run.rows_read / 60) or 1
    found, columns = run.found, run.found.get("columns", {})
    return {
        "run": run,
        "moving": run.status in ("queued", "running"),
        "waiting": run.status == "waiting",
        "ended": run.status in ("done", "cancelled", "failed"),
        "percent": min(100, round(100 * run.rows_read / max(run.rows_total, 1))),
        "minutes_left": left,
        "sign": _t("tab") if found.get("separator") == "\t" else found.get("separator", ""),
        "found": found,
        "mapping": [
            (place, heading, columns.get(heading, ""), _sample(found, place))
            for place, heading in enumerate(found.get("header", []))
        ],
    }


def _sample(found: dict[str, Any], place: int) -> list[str]:
    return [cells[place] for cells in found.get("sample", []) if len(cells) > place][:3]
