"""What customers are worth: RFM, and cohorts by month of first purchase (ALG-6, ALG-7)."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection
from django.db.models import Count, Max, Sum

from orders.models import CustomerValue
from orders.purchases import SALES


@dataclass(frozen=True, slots=True)
class Cell:
    """The buyers of one recency and one frequency score."""

    people: int = 0
    amount_minor: int = 0


@dataclass(frozen=True, slots=True)
class Rfm:
    """The table by (recency, frequency), and when it was computed."""

    cells: dict[tuple[int, int], Cell]
    total: Cell
    computed_at: datetime | None


def rfm() -> Rfm:
    """Last night's scores of live people, in two statements."""
    people = CustomerValue.objects.filter(customer__merged_into=None)
    rows = people.values_list("r", "f").annotate(Count("pk"), Sum("monetary_minor"))
    cells = {(r, f): Cell(count, amount) for r, f, count, amount in rows}
    total = Cell(
        sum(cell.people for cell in cells.values()),
        sum(cell.amount_minor for cell in cells.values()),
    )
    return Rfm(cells, total, people.aggregate(at=Max("computed_at"))["at"])


@dataclass(frozen=True, slots=True)
class Cohort:
    """People who first bought in a month, and how many of them bought again so much later."""

    month: date
    size: int  # never less, whatever is given back or bought later
    active: dict[int, int]  # months since → people


# A first purchase that was given back later counts as one: the denominator is frozen.
_COHORTS = f"""
    WITH sales AS MATERIALIZED (
      SELECT DISTINCT person, date_trunc('month', sold_on)::date AS month FROM ({SALES}) s),
    cohort AS (SELECT person, min(month) AS first FROM sales GROUP BY person)
    SELECT c.first,
           ((extract(year FROM s.month) - extract(year FROM c.first)) * 12
             + extract(month FROM s.month) - extract(month FROM c.first))::int AS since,
           count(*)
      FROM cohort c JOIN sales s ON s.person = c.person
     WHERE c.first BETWEEN %s AND %s
     GROUP BY 1, 2 ORDER BY 1, 2"""  # noqa: S608  constants of ours


def cohorts(first: date, last: date) -> list[Cohort]:
    """The cohorts of the months from `first` to `last`, the oldest first; one statement."""
    found: dict[date, dict[int, int]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_COHORTS, [first, last])
        for month, since, people in cursor.fetchall():
            found.setdefault(month, {})[since] = people
    return [Cohort(month, active[0], active) for month, active in found.items()]
