"""Opening hours in words."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice

from django.utils.translation import gettext as _

from omnishop.kernel.language import site_language
from omnishop.kernel.templatetags.omnishop import format_clock, format_day
from omnishop.network.hours import is_open, openings, openings_on
from omnishop.network.models import Store


def hours_words(store: Store, at: datetime) -> str:
    """Whether people can walk in now, until when or from when, in the store's time."""
    first = next(islice(openings(store, at), 1), None)
    if first is None:
        return _("Closed for the coming weeks")
    if is_open(store, at):
        closes = first.closes_at.astimezone(store.zone)
        return _("Open until %(time)s") % {"time": format_clock(closes, site_language())}
    opens = first.opens_at.astimezone(store.zone)
    time = format_clock(opens, site_language())
    days = (opens.date() - at.astimezone(store.zone).date()).days
    if days == 0:
        return _("Opens today at %(time)s") % {"time": time}
    if days == 1:
        return _("Opens tomorrow at %(time)s") % {"time": time}
    return _("Opens %(day)s at %(time)s") % {
        "day": format_day(opens.date(), site_language(), short=True),
        "time": time,
    }


@dataclass(frozen=True, slots=True)
class DayHours:
    """The open times of one day; none: closed."""

    on: date
    times: tuple[tuple[datetime, datetime], ...]


def week(store: Store, at: datetime) -> list[DayHours]:
    """The coming seven days, today first, exceptions included (M1)."""
    today = store.business_day(at)
    return [
        DayHours(
            on=day,
            times=tuple(
                (opening.opens_at.astimezone(store.zone), opening.closes_at.astimezone(store.zone))
                for opening in openings_on(store, day)
            ),
        )
        for day in (today + timedelta(days=i) for i in range(7))
    ]
