"""The person, what identifies them, what they agreed to, what we told them."""

from customers.models.consent import ConsentEvent, ConsentText, SaleNotice
from customers.models.contact import ContactRule, PushDevice, ReceivedStop
from customers.models.conversation import (
    Case,
    CaseAttachment,
    CaseEntry,
    ReplyTemplate,
    ServiceLevel,
)
from customers.models.customer import Company, Customer, CustomerGroup, Household, Identity
from customers.models.imported import CustomerFile, CustomerFileRow, ImportedCustomer
from customers.models.merge import CustomerMerge, DuplicateCandidate, MatchKey
from customers.models.message import Message
from customers.models.visit import Visit

__all__ = [
    "Case",
    "CaseAttachment",
    "CaseEntry",
    "Company",
    "ConsentEvent",
    "ConsentText",
    "ContactRule",
    "Customer",
    "CustomerFile",
    "CustomerFileRow",
    "CustomerGroup",
    "CustomerMerge",
    "DuplicateCandidate",
    "Household",
    "Identity",
    "ImportedCustomer",
    "MatchKey",
    "Message",
    "PushDevice",
    "ReceivedStop",
    "ReplyTemplate",
    "SaleNotice",
    "ServiceLevel",
    "Visit",
]
