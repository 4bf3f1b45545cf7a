"""Refusals that a person or a machine is told about: which thing, what is wrong, what to do."""

from typing import Any


class Refusal(Exception):
    """A request that the rules of the trade refuse; nothing was written.

    `message` is translated and meant for the reader. `status` is the HTTP status that doors
    answer with, `code` the stable word that the API gives to machines.
    """

    status = 409
    code = "refused"

    def __init__(self, message: Any, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.details = details

    def __str__(self) -> str:
        return str(self.message)


class NotFound(Refusal):
    """The thing does not exist, or is not for the reader to know about."""

    status = 404
    code = "not_found"


class Invalid(Refusal):
    """The request itself is wrong: a value out of range, a form half filled."""

    status = 422
    code = "invalid"
