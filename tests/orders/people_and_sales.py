"""People with a history, written straight into the tables: what is counted, not how it is sold."""

from datetime import date, timedelta

from orders.models import Order, OrderLine, Return
from orders.services import segments
from tests.factories import NOON, LegalEntityFactory, VariantFactory

TODAY = date(2026, 11, 17)


def bought(person, *, ago=10, total=5000, channel="web", status="fulfilled", **more):
    """A sale of so many days ago; `variant=` gives it a line."""
    variant = more.pop("variant", None)
    made = Order.objects.create(
        number=f"G-{Order.objects.count() + 1:05d}", channel=channel, status=status,
        entity=more.pop("entity", None) or LegalEntityFactory(), customer=person,
        total_minor=total, tax_minor=0, placed_at=NOON - timedelta(days=ago),
        sold_on=TODAY - timedelta(days=ago), **more,
    )  # fmt: skip
    if variant:
        OrderLine.objects.create(
            order=made, position=1, variant=variant, name="x", quantity=1, unit_minor=total,
            total_minor=total, tax_bp=2000, tax_minor=0, contract_place="distance", fulfilled=1,
        )  # fmt: skip
    return made


def gave_back(order, total, *, counts=True):
    return Return.objects.create(
        number=f"{order.number}-R1", order=order, kind="return", total_minor=total, tax_minor=0,
        counts=counts, reason="x", actor="user:1", business_on=TODAY, at=NOON,
    )  # fmt: skip


def article(**product):
    return VariantFactory(**{f"product__{name}": value for name, value in product.items()})


def who(*conditions, at=NOON, word="all"):
    """Keys of the people who meet conditions."""
    found = segments.people({word: list(conditions)}, at=at)
    return set(found.values_list("pk", flat=True))
