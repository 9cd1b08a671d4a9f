"""`manage.py serve`: the whole clinic in one process; bin/run starts it."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from config import embedded
from config.server import PortTakenError, claim_port, serve
from config.work.installing import install_sweeps


class Command(BaseCommand):
    """Serves pages, live updates and the periodic jobs from one process."""

    help = "Serve pages, live updates and periodic jobs from one process, as bin/run does."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Where to listen, and whether to prepare the database."""
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default %(default)s)")
        parser.add_argument("--port", type=int, default=settings.PORT, help="port to listen on (default %(default)s)")
        parser.add_argument(
            "--prepare", action="store_true", help="migrate first if needed, and load the demo into an empty database"
        )
        parser.add_argument("--empty", action="store_true", help="with --prepare: no demo, for a clinic of your own")

    def handle(self, *args: Any, **options: Any) -> None:
        """Prepare what is asked for, serve until Ctrl-C."""
        host, port = options["host"], options["port"]
        try:
            claim_port(host, port)
        except PortTakenError as error:
            raise CommandError(
                f"Port {port} of {host} is taken by another program. Choose another one: PORT=8001 bin/run"
            ) from error
        if options["prepare"]:
            self._prepare(demo=not options["empty"])
        ended_well = serve(host=host, port=port, when_ready=lambda: self._say_where(host, port))
        self.stdout.write("\nStopped." if ended_well else "\nStopped; what was still under way was cut short.")
        if not ended_well:
            sys.stdout.flush()
            os._exit(0)  # a thread that hangs must not keep the process

    def _prepare(self, *, demo: bool) -> None:
        if embedded.migrate_if_needed():
            self.stdout.write("The database is ready.")
        install_sweeps()
        made = embedded.fill_if_empty() if demo else ""
        if made:
            self.stdout.write(f"A demo clinic moved in. {made}")

    def _say_where(self, host: str, port: int) -> None:
        shown = f"[{host}]" if ":" in host else host
        self.stdout.write(f"\nFrontdesk is open: http://{shown}:{port}/")
        self.stdout.write(f"Back office:       http://{shown}:{port}/admin/")
        if embedded.sign_ins():
            self.stdout.write("\n" + embedded.sign_ins().strip())
        if settings.EMAIL_BACKEND.endswith("console.EmailBackend"):
            self.stdout.write(
                "\nNo mail server is set: codes appear in this window, messages about visits in the back office."
            )
        self.stdout.write("\nCtrl-C stops everything.")
        sys.stdout.flush()
