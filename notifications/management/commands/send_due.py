"""`manage.py send_due`: send the messages that are due."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from accounts.actors import system
from notifications.selectors.due import count_due_by_kind
from notifications.services.outbox import send_due
from notifications.states import ChannelName, Kind


class Command(BaseCommand):
    """A sweep: safe to run twice, at once, or after a day's pause."""

    help = "Sends the messages that are due. A worker does so by itself every few seconds."

    def add_arguments(self, parser: CommandParser) -> None:
        """What may be asked for."""
        parser.add_argument("--dry-run", action="store_true", help="only say how many there are, and of which kinds")
        parser.add_argument("--limit", type=int, metavar="N", help="send at most so many")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the service and say what it did."""
        actor = system("send_due")
        if not options["dry_run"]:
            self.stdout.write(f"Messages: {send_due(actor=actor, limit=options['limit'])}.")
            return
        self.stdout.write(f"{send_due(actor=actor, dry_run=True)} messages would be sent, or found not to be needed.")
        for kind, channel, count in count_due_by_kind():
            self.stdout.write(f"{count:6}  {ChannelName(channel).label}: {Kind(kind).label}")
