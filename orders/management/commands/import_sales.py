"""manage.py import_sales FILE --format online-retail"""

import time
from argparse import ArgumentParser
from decimal import Decimal
from pathlib import Path
from typing import Any

from babel.numbers import get_currency_precision
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from omnishop.kernel.errors import Refusal
from orders.imports.online_retail import Summary, import_sales

SHOWN = 20  # refused rows on the terminal; all of them are in the import's row


class Command(BaseCommand):
    help = (
        "Load order history. What is there already stays, so reading a file again changes "
        "nothing. Exit status: 0 when every row was loaded, 1 when some were not, 2 when the "
        "file was not read at all."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="a CSV file")
        parser.add_argument("--format", choices=["online-retail"], required=True)
        parser.add_argument("--encoding", default="utf-8", help="default utf-8; never guessed")
        parser.add_argument("--currency", default=settings.CURRENCY, help="ISO 4217 code")
        parser.add_argument(
            "--tax-category", default="standard", help="of articles that the catalogue lacks"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        began = time.monotonic()
        try:
            summary = import_sales(
                options["file"],
                at=timezone.now(),
                encoding=options["encoding"],
                currency=options["currency"],
                tax_category=options["tax_category"],
            )
        except Refusal as refusal:
            raise CommandError(str(refusal), returncode=2) from refusal
        if options["verbosity"]:
            self._summary(
                summary, options["file"].name, options["currency"], time.monotonic() - began
            )
        if refused := len(summary.refusals):
            raise CommandError(
                ngettext(
                    "%(count)d row was not loaded.", "%(count)d rows were not loaded.", refused
                )
                % {"count": refused},
                returncode=1,
            )

    def _summary(self, summary: Summary, name: str, currency: str, seconds: float) -> None:
        def money(minor: int) -> str:
            digits = get_currency_precision(currency)
            return f"{Decimal(minor).scaleb(-digits):,.{digits}f} {currency}"

        self.stdout.write(
            _("%(file)s: %(rows)d rows read in %(seconds).1f s")
            % {"file": name, "rows": summary.rows, "seconds": seconds}
        )
        for count, label in (
            (summary.orders, _("orders, %(new)d of them new") % {"new": summary.orders_new}),
            (
                summary.cancellations,
                _("cancellations, as %(returns)d returns, %(new)d of them new")
                % {"returns": summary.returns, "new": summary.returns_new},
            ),
            (
                summary.carried_over,
                _("orders carried over for what was sold before the file begins: %(total)s")
                % {"total": money(summary.carried_over_minor)},
            ),
            (
                len(summary.customers),
                _("customers, %(new)d of them new") % {"new": summary.customers_new},
            ),
            (summary.anonymous_lines, _("lines without a customer, kept anonymous")),
            (
                summary.delivery_lines,
                _("postage lines: %(total)s") % {"total": money(summary.delivery_minor)},
            ),
            (
                summary.manual_lines,
                _("manual lines: %(total)s") % {"total": money(summary.manual_minor)},
            ),
            (summary.products_new, _("products created archived")),
            (len(summary.refusals), _("rows not loaded")),
        ):
            self.stdout.write(f"{count:>9,}  {label}")
        for refusal in summary.refusals[:SHOWN]:
            self.stdout.write(
                _("  row %(row)d, invoice %(invoice)s: %(reason)s")
                % {
                    "row": refusal["row"],
                    "invoice": refusal["invoice"],
                    "reason": refusal["reason"],
                }
            )
        if len(summary.refusals) > SHOWN:
            self.stdout.write(
                _("  and %(count)d more, listed in the sales import %(pk)s")
                % {
                    "count": len(summary.refusals) - SHOWN,
                    "pk": summary.run.pk if summary.run else "",
                }
            )
        self.stdout.write(_("net %(total)s") % {"total": money(summary.net_minor)})
