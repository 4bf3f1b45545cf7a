"""What can be chosen in a segment's conditions: code and name, read when the form is drawn."""

from collections.abc import Callable, Iterable

from catalog.models import Brand, Category, Operation
from customers.models import CustomerGroup
from loyalty.models import Tier
from omnishop.network.models import Store
from omnishop.reports.segment_editor import Draft
from orders.segments.conditions import KINDS
from orders.segments.fields import Codes

Choices = list[tuple[str, str]]
MOST = 1000  # of one list


def _stores() -> Choices:
    return list(Store.objects.order_by("name").values_list("code", "name"))


def _groups() -> Choices:
    return list(CustomerGroup.objects.values_list("code", "name")[:MOST])


def _tiers() -> Choices:
    return list(Tier.objects.order_by("entry").values_list("code", "name"))


def _categories() -> Choices:
    rows = Category.objects.order_by("path")[:MOST]
    return [(one.slug, f"{'– ' * (one.depth - 1)}{one.name}") for one in rows]


def _brands() -> Choices:
    return list(Brand.objects.values_list("slug", "name")[:MOST])


def _operations() -> Choices:
    rows = Operation.objects.order_by("-starts_at", "-pk")
    return [(one.code, one.name) for one in rows[:MOST]]


SOURCES: dict[str, Callable[[], Choices]] = {
    "stores": _stores,
    "groups": _groups,
    "tiers": _tiers,
    "categories": _categories,
    "brands": _brands,
    "operations": _operations,
}


def sources(draft: Draft) -> dict[str, Choices]:
    """The lists that the conditions of a form need; one statement a list."""
    return {name: SOURCES[name]() for name in sorted(set(_needed(draft)))}


def _needed(draft: Draft) -> Iterable[str]:
    for one in KINDS[draft.kind].fields if draft.kind else ():
        if isinstance(one, Codes) and one.source in SOURCES:
            yield one.source
    for inside in draft.items:
        yield from _needed(inside)
