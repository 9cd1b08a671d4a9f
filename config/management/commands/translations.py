"""Brings the words of other languages up to date: what patients read is looked up, what was written is kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from config.patient_words import patient_messages
from config.po_files import Catalogue, Entry, compile_catalogue, read_catalogue, write_catalogue


class Command(BaseCommand):
    """Look up what patients read, and compile what is written."""

    help = (
        "Writes into locale/<code>/LC_MESSAGES/django.po every message that patients read, keeps the translations that "
        "stand there, drops what is said nowhere any more, and compiles django.mo. Says what is still missing."
    )

    requires_system_checks: list[str] = []  # nothing is served, so nothing has to be set

    def handle(self, *args: Any, **options: Any) -> None:
        """One language after the other."""
        for source in sorted(Path(settings.BASE_DIR).glob("locale/*/LC_MESSAGES/django.po")):
            catalogue = read_catalogue(source)
            catalogue.entries = {entry.key: _kept(entry, catalogue) for entry in patient_messages().values()}
            write_catalogue(source, catalogue)
            source.with_suffix(".mo").write_bytes(compile_catalogue(catalogue))
            missing = sum(not entry.is_translated for entry in catalogue.entries.values())
            self.stdout.write(f"{source.parts[-3]}: {len(catalogue.entries)} messages, {missing} without a translation")


def _kept(entry: Entry, before: Catalogue) -> Entry:
    known = before.entries.get(entry.key)
    if known is not None and bool(known.plural) == bool(entry.plural):
        entry.texts = known.texts
    return entry
