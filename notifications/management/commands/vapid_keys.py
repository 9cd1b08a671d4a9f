"""manage.py vapid_keys: a fresh pair of keys for push messages."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from notifications.push_keys import new_pair


class Command(BaseCommand):
    """Print a pair; nothing is changed."""

    help = "Print a fresh pair of keys for push messages, as lines for the environment."
    requires_system_checks = ()  # whoever has half a pair needs this

    def add_arguments(self, parser: CommandParser) -> None:
        """What one may ask."""
        parser.add_argument("--bare", action="store_true", help="only both keys, with a space between (for bin/run)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Make it and print it."""
        pair = new_pair()
        if options["bare"]:
            self.stdout.write(f"{pair.private} {pair.public}")
        else:
            self.stdout.write(f"VAPID_PRIVATE_KEY={pair.private}\nVAPID_PUBLIC_KEY={pair.public}")
