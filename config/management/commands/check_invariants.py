"""`manage.py check_invariants`: recount what must always be true."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.module_loading import module_has_submodule


class Command(BaseCommand):
    """Ask every floor whether its books are right."""

    help = "Recount every invariant and explain any drift. Reads only; fails if something drifted."

    def add_arguments(self, parser: CommandParser) -> None:
        """How much to print."""
        parser.add_argument(
            "--most", type=int, default=100, metavar="N", help="print at most N findings of each app (default 100)"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print what drifted, if anything."""
        found = 0
        for name, check in _checks():
            drifts = 0
            for drift in check():
                drifts += 1
                if drifts <= options["most"]:
                    self.stdout.write(f"{name}: {drift}")
            if drifts > options["most"]:
                self.stdout.write(f"{name}: and {drifts - options['most']} more")
            found += drifts
        if found:
            raise CommandError(f"{found} finding{'' if found == 1 else 's'}: the database is not as it must be.")
        self.stdout.write(self.style.SUCCESS("Every invariant holds."))


def _checks() -> Iterator[tuple[str, Callable[[], Iterator[object]]]]:
    """The `check` of each app that has a module `invariants`."""
    for app in apps.get_app_configs():
        if app.module is not None and module_has_submodule(app.module, "invariants"):
            yield app.label, import_module(f"{app.name}.invariants").check
