"""Take e-mail in: one message on standard input, or those of a maildir."""

import mailbox
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from customers.services.inbound import receive


class Command(BaseCommand):
    help = (
        "Reads one e-mail (RFC 5322) from standard input, as a mail server's pipe gives it, or"
        " the new messages of a maildir, which are then kept as read."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--maildir", help="the folder, for example var/mail-in")

    def handle(self, *_args: Any, maildir: str | None, **_options: Any) -> None:
        if maildir is None:
            self._tell(sys.stdin.buffer.read())
            return
        box = mailbox.Maildir(maildir, create=True)
        for key in sorted(box.iterkeys()):
            message = box.get_message(key)
            if message.get_subdir() == "new":
                self._tell(box.get_bytes(key))
                message.set_subdir("cur")
                message.add_flag("S")
                box[key] = message  # after it is in the database: a crash reads it again, once

    def _tell(self, raw: bytes) -> None:
        received = receive(raw, at=timezone.now())
        number = received.case.number if received.case else ""
        self.stdout.write(f"{received.outcome} {number}".strip())
