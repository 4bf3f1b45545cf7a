"""The clocks by hand, or what they would do (GDP-1)."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from customers.models import Customer
from omnishop.privacy.services import clocks, retaining


class Command(BaseCommand):
    help = "Tell and erase people who did nothing for long, and delete what is over."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="write nothing, say who and why")
        parser.add_argument("--limit", type=int, default=500, help="people at once")

    def handle(self, *args: Any, **options: Any) -> None:
        at, limit = timezone.now(), options["limit"]
        if not options["dry_run"]:
            done = retaining.run(at=at, limit=limit)
            self.stdout.write(f"{done} done")
            return
        due = retaining.to_tell(at=at, limit=limit)
        numbers = Customer.objects.in_bulk([one.customer_id for one in due])
        for one in due:
            self.stdout.write(
                f"tell {numbers[one.customer_id].number}: last act {one.last_act_at:%Y-%m-%d},"
                f" erased on {one.erase_on}"
            )
        for notice in retaining.to_erase(at=at).select_related("customer")[:limit]:
            self.stdout.write(
                f"erase {notice.customer.number}: last act {notice.last_act_at:%Y-%m-%d},"
                f" told {notice.told_at:%Y-%m-%d}"
            )
        for code, rows in clocks.due(at=at).items():
            if rows:
                self.stdout.write(f"{code}: {rows} rows")
