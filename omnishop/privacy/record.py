"""The registry as the record of processing that the law asks for (GDPR article 30)."""

from datetime import date

from django.utils.translation import gettext_lazy as _

from omnishop.privacy import rules
from omnishop.privacy.registry import TABLES

COLUMNS = (
    _("table"),
    _("field"),
    _("legal basis"),
    _("kept"),
    _("counted from"),
    _("in the copy"),
    _("erasure"),
    _("why it stays"),
)


def lines(*, on: date) -> list[tuple[str, ...]]:
    """A line for each personal field, with the days its clock runs on that day; one statement."""
    days = {rule.code: (rule, count) for rule, count in rules.table(on=on)}
    found: list[tuple[str, ...]] = []
    for entry in TABLES:
        meta = entry.cls._meta
        for line in entry.lines:
            rule, count = days[line.period]
            field = meta.get_field(line.field)
            found.append(
                (
                    str(meta.verbose_name),
                    str(getattr(field, "verbose_name", line.field)),
                    str(line.basis.label),
                    f"{count} {_('days')}",
                    str(rule.since),
                    str(_("yes") if line.field in entry.exported else _("no")),
                    str(line.after.label),
                    str(line.why),
                )
            )
    return found
