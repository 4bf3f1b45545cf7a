"""`manage.py check_invariants`: what must always be true, rule by rule."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from orders.invariants import RULES, violations


class Command(BaseCommand):
    help = "Check the invariants; exit status 1 and the rows when one does not hold."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("rules", nargs="*", metavar="RULE", help="rules to check; default all")
        parser.add_argument("--quiet", action="store_true", help="say only what does not hold")

    def handle(self, *args: Any, **options: Any) -> None:
        chosen: list[str] = options["rules"] or list(RULES)
        if unknown := [rule for rule in chosen if rule not in RULES]:
            self.stderr.write(f"Unknown rule {', '.join(unknown)}. There are: {', '.join(RULES)}.")
            raise SystemExit(2)
        broken = {found.rule: found for found in violations(at=timezone.now(), rules=chosen)}
        for rule in chosen:
            if found := broken.get(rule):
                self.stdout.write(self.style.ERROR(f"{rule}  BROKEN  {found.meaning}"))
                self.stdout.write("  " + " | ".join(found.columns))
                for row in found.rows:
                    self.stdout.write("  " + " | ".join(str(value) for value in row))
            elif not options["quiet"]:
                self.stdout.write(f"{rule}  ok  {RULES[rule][0]}")
        if broken:
            raise SystemExit(1)
        self.stdout.write(f"{len(chosen)} rules hold.")
