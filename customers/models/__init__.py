"""The person, what identifies them, what they agreed to, what we told them."""

from customers.models.consent import ConsentEvent
from customers.models.customer import Company, Customer, CustomerGroup, Household, Identity
from customers.models.merge import CustomerMerge, DuplicateCandidate, MatchKey
from customers.models.message import Message
from customers.models.visit import Visit

__all__ = [
    "Company",
    "ConsentEvent",
    "Customer",
    "CustomerGroup",
    "CustomerMerge",
    "DuplicateCandidate",
    "Household",
    "Identity",
    "MatchKey",
    "Message",
    "Visit",
]
