"""Refusals of baskets, orders, payments and pick-ups."""

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from omnishop.kernel.errors import Invalid, Refusal


class BasketClosed(Refusal):
    """The basket was ordered already; nothing more can change in it."""

    code = "basket_closed"

    def __init__(self) -> None:
        super().__init__(_("This basket was already ordered."))


class EmptyBasket(Invalid):
    """There is nothing to order."""

    code = "empty_basket"

    def __init__(self) -> None:
        super().__init__(_("The basket is empty."))


class PriceChanged(Refusal):
    """The total is not the one that was shown; the shopper confirms again (F-13)."""

    code = "price_changed"

    def __init__(self, total_minor: int) -> None:
        self.total_minor = total_minor
        super().__init__(_("A price has changed since you saw it. Check the new total."))


class CannotBeOrdered(Refusal):
    """Articles of a sale cannot be ordered for the customer in that quantity; they are named."""

    code = "cannot_be_ordered"

    def __init__(self, articles: str) -> None:
        super().__init__(
            _("Cannot be ordered in that way any more: %(articles)s. Choose another way.")
            % {"articles": articles}
        )


class WrongCode(Invalid):
    """The pick-up code is not this order's."""

    code = "wrong_code"

    def __init__(self, tries_left: int) -> None:
        self.tries_left = tries_left
        super().__init__(
            ngettext(
                "This is not the code of this order. One try left.",
                "This is not the code of this order. %(count)s tries left.",
                tries_left,
            )
            % {"count": tries_left}
            if tries_left
            else _("Too many wrong codes. Check an identity document and the order's name.")
        )


class NotPaid(Refusal):
    """The goods are not paid; the till takes the money on this same order (FIELD 9)."""

    code = "not_paid"

    def __init__(self) -> None:
        super().__init__(_("This order is not paid yet. Take the payment at the till first."))


class IllegalMove(Refusal):
    """The order or pick-up is in a status from which this cannot be done."""

    code = "illegal_move"

    def __init__(self, what: object, status: object) -> None:
        super().__init__(
            _("%(what)s is %(status)s: this can no longer be done.")
            % {"what": what, "status": status}
        )


class Taken(Refusal):
    """Somebody else prepares it at the moment (UX K8)."""

    code = "being_prepared"

    def __init__(self, until: datetime) -> None:
        self.until = until
        super().__init__(_("Somebody else is preparing this order. Take the next one."))


class StillComing(Invalid):
    """Goods of a pick-up that are on their way from another place."""

    code = "still_coming"

    def __init__(self, line: object) -> None:
        super().__init__(
            _("%(line)s still has to arrive from another place. Receive the transfer first.")
            % {"line": line}
        )


class CodeRefused(Refusal):
    """A typed code gives nothing here; the message says which rule (UX B5)."""

    code = "code_refused"
