"""Seals what the audit trail has gathered."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from accounts.actors import system
from accounts.services.audit_sealing import seal_entries


class Command(BaseCommand):
    """A sweep: safe to run twice, at once, or after a day's pause."""

    help = "Seals the settled entries of the audit trail, so that tampering with them shows (see verify_audit)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Every job that changes data can be tried dry."""
        parser.add_argument("--dry-run", action="store_true", help="Count what would be sealed, and seal nothing.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Seal, and say how much."""
        sealed = seal_entries(actor=system("seal_audit"), dry_run=options["dry_run"])
        self.stdout.write(_("%(sealed)d entries sealed.") % {"sealed": sealed})
