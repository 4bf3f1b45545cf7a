"""`manage.py check_price_parity`: one price in every channel."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from omnishop.parity.compare import compare

SHOWN = 20


class Command(BaseCommand):
    help = "Price random baskets through every channel; exit status 1 when any two disagree."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--baskets", type=int, default=1000, help="how many (1,000)")
        parser.add_argument("--seed", type=int, default=1, help="the same one, the same baskets")

    def handle(self, *args: Any, **options: Any) -> None:
        compared = 0
        found = []
        for one in compare(baskets=options["baskets"], seed=options["seed"], at=timezone.now()):
            compared += 1
            if one:
                found.append(one)
        for one in found[:SHOWN]:
            self.stdout.write(self.style.ERROR(one.basket))
            for door, price in one.said.items():
                self.stdout.write(f"  {door}: {price}")
        self.stdout.write(f"{compared} baskets compared, {len(found)} differences.")
        if found or not compared:
            raise SystemExit(1)
