"""What the house needs of a payment provider."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


class ProviderUnavailable(Exception):
    """The provider did not answer, or not in a way we understand. What happened is unknown."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a charge: "pending", "captured" or "refused"."""

    status: str
    amount_minor: int = 0
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class Notice:
    """A web hook, checked for its signature: the provider says so, at least once, in any order."""

    event_id: str
    kind: str  # "captured", "refused"
    reference: str
    amount_minor: int
    currency: str


class Provider(Protocol):
    """One provider. No lock is held while it is called (DESIGN 3.3)."""

    code: str

    def start(self, *, reference: str, amount_minor: int, currency: str, return_url: str) -> str:
        """Open a charge and give the address of the page where the shopper pays.

        A repeat for the reference gives the same charge.
        """

    def charge_terminal(self, *, reference: str, amount_minor: int, currency: str) -> Outcome:
        """Charge a card on the shop's terminal; a repeat for the reference charges nothing more."""

    def status(self, *, reference: str) -> Outcome:
        """What became of a charge."""

    def refund(self, *, reference: str, amount_minor: int, key: str) -> None:
        """Give money back; a repeat of the key gives back nothing more."""

    def read(self, *, body: bytes, headers: Mapping[str, str]) -> Notice:
        """Check and read a web hook. Raises ValueError when it is forged, old or unreadable."""
