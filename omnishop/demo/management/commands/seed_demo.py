"""Write the demonstration retailer into an empty database."""

import time
from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from omnishop.demo import pictures, seed, signins
from omnishop.demo.days import ZONE

LARGEST = 100  # times the catalogue: article numbers have that many digits


class Command(BaseCommand):
    help = "Writes an invented retailer: shops, catalogue, people and 90 days of sales."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--scale", type=int, default=1, help="times the products, customers and orders"
        )
        parser.add_argument(
            "--orders", type=int, help="orders in the history; 2,700 times the scale by default"
        )
        parser.add_argument(
            "--if-empty", action="store_true", help="do nothing where there is data already"
        )
        parser.add_argument("--no-pictures", action="store_true", help="draw no pictures")
        parser.add_argument(
            "--migrate", action="store_true", help="bring the tables up to date first"
        )
        parser.add_argument("--sign-ins", action="store_true", help="print who can sign in")
        parser.add_argument(
            "--force", action="store_true", help="also in production, passwords included"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.PRODUCTION and not options["force"]:
            raise CommandError(
                "The demonstration's passwords are known to all: not in production (--force)."
            )
        if not 1 <= options["scale"] <= LARGEST:
            raise CommandError(f"--scale is a number from 1 to {LARGEST}.")
        if options["migrate"]:
            call_command("migrate", interactive=False, skip_checks=True, verbosity=0)
        if seed.present():
            self.stdout.write("The demonstration is there already.")
        elif not seed.empty():
            if not options["if_empty"]:
                raise CommandError("The database holds other data. Use an empty one.")
            self.stdout.write("The database holds data already; nothing was written.")
            return
        else:
            self._seed(**options)
        if options["sign_ins"]:
            for label, path, login, password in signins.SIGN_INS:
                self.stdout.write(f"{label:<32}{path:<10}{login:<28}{password}")

    def _seed(self, **options: Any) -> None:
        begun = time.monotonic()

        def say(line: str) -> None:
            if options["verbosity"] > 0:
                self.stdout.write(f"{time.monotonic() - begun:6.1f} s  {line}")

        if not options["no_pictures"] and not pictures.available():
            self.stderr.write(
                "The pictures' package is not installed (npm ci): plain parcels are drawn instead."
            )
        found = seed.seed(
            today=datetime.now(ZONE).date(),
            scale=options["scale"],
            orders=options["orders"],
            draw=not options["no_pictures"],
            say=say,
        )
        say(", ".join(f"{count} {name}" for name, count in found.items()))
