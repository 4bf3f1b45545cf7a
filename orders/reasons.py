"""Why goods come from where they come from, in words for staff (ALG-3)."""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from inventory.models import StockLocation
from omnishop.kernel.templatetags.omnishop import distance
from orders.models import Fulfilment
from orders.sourcing import Skipped


def why(fulfilments: Iterable[Fulfilment]) -> dict[int, list[str]]:
    """Fulfilment → sentences: the places chosen, how far and of what priority, and those that had
    some of it and were not asked. Nothing for those without stored reasons. One statement.
    """
    found = {one.pk: one.sourcing for one in fulfilments if one.sourcing}
    ids = {
        place["location"]
        for reasons in found.values()
        for kind in ("chosen", "skipped")
        for place in reasons.get(kind, ())
    }
    names = dict(StockLocation.objects.filter(pk__in=ids).values_list("pk", "name")) if ids else {}
    return {pk: list(_sentences(reasons, names)) for pk, reasons in found.items()}


def _sentences(reasons: dict[str, Any], names: dict[int, str]) -> Iterable[str]:
    chosen = reasons.get("chosen", [])
    if len(chosen) > 1:
        yield ngettext(
            "No single place has everything: %(n)s place sends.",
            "No single place has everything: %(n)s places send, the fewest that can.",
            len(chosen),
        ) % {"n": len(chosen)}
    for place in chosen:
        about = {"place": names.get(place["location"], "?"), "priority": place.get("priority")}
        if place.get("km") is None:
            yield _("%(place)s was chosen: priority %(priority)s.") % about
        else:
            about["distance"] = distance(round(place["km"] * 1000))
            yield _("%(place)s was chosen: %(distance)s away, priority %(priority)s.") % about
    for place in reasons.get("skipped", []):
        name = names.get(place["location"], "?")
        yield _skipped(place.get("why", "")) % {"place": name}


def _skipped(why: str) -> str:
    words: dict[str, str] = {
        Skipped.OFF: _("%(place)s has some of it but sends no parcels."),
        Skipped.CLOSED: _("%(place)s has some of it but does not open in the next 24 hours."),
        Skipped.SATURATED: _("%(place)s has some of it but as many parcels as it can prepare."),
    }
    return words.get(why) or _("%(place)s has some of it and was not asked.")
