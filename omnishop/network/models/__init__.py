"""Who sells, where, and who works there."""

from omnishop.network.models.staff import StaffMember
from omnishop.network.models.store import LegalEntity, Store, Till
from omnishop.network.models.user import User

__all__ = ["LegalEntity", "StaffMember", "Store", "Till", "User"]
