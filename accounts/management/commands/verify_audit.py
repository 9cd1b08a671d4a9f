"""Says whether the audit trail is whole."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from accounts.audit_verification import verify_trail


class Command(BaseCommand):
    """Recompute every seal of the audit trail; the exit code is 1 when something does not fit."""

    help = "Says whether the audit trail is whole; exits with 1 and names what is broken or missing when it is not."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Let an operator hold the chain against a digest kept elsewhere."""
        parser.add_argument(
            "--known-head", default="", help="A digest this command printed earlier; the chain must still contain it."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Print what was read, or what is wrong with it."""
        result = verify_trail(known_head=options["known_head"])
        counted = {"sealed": result.sealed, "unsealed": result.unsealed}
        self.stdout.write(_("%(sealed)d entries are sealed, %(unsealed)d wait for the next seal.") % counted)
        if result.findings:
            for finding in result.findings:
                self.stderr.write(finding)
            sys.exit(1)
        self.stdout.write(_("The trail is whole. Head: %(head)s") % {"head": result.head or "-"})
