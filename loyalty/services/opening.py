"""Members of another programme come with their card and what they had (an opening balance)."""

from datetime import datetime

from django.utils.translation import gettext as _

from customers.models import Customer
from loyalty.services.corrections import correct
from loyalty.services.points import join
from omnishop.kernel.transactions import joined


@joined
def open_account(customer: Customer, points: int, reference: str, actor: str, at: datetime) -> None:
    """Join, and credit what they had elsewhere; once by reference. It counts for no tier."""
    join(customer=customer, at=at)
    if points:
        correct(
            customer_id=customer.pk,
            points=points,
            reason=_("Opening balance"),
            reference=reference,
            actor=actor,
            at=at,
        )
