"""The person, what identifies them, what they agreed to, what we told them."""

from customers.models.consent import ConsentEvent
from customers.models.customer import Customer, CustomerGroup, Identity
from customers.models.message import Message

__all__ = ["ConsentEvent", "Customer", "CustomerGroup", "Identity", "Message"]
