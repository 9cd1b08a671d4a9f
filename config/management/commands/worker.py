"""`manage.py worker`: runs the periodic jobs."""

from __future__ import annotations

import signal
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from accounts.services.sweeps import enter_sweeps
from config.checks import refuse_misconfiguration
from config.sweeps import SWEEPS, take_turn
from config.ticker import Ticker


class Command(BaseCommand):
    """Runs every sweep of `config/sweeps.py` when it is due."""

    help = "Run the periodic jobs until SIGTERM or Ctrl-C. Several workers may run at once."

    def add_arguments(self, parser: CommandParser) -> None:
        """What one may ask for."""
        parser.add_argument("--once", action="store_true", help="take one turn at every job and end")
        parser.add_argument("--list", action="store_true", help="show the jobs and end")

    def handle(self, *args: Any, **options: Any) -> None:
        """Work until told to stop; a job under way may finish."""
        refuse_misconfiguration()
        if options["list"]:
            for sweep in SWEEPS:
                self.stdout.write(f"{sweep.name:20} every {sweep.every} s  {sweep.function}")
        elif options["once"]:
            enter_sweeps(names=[sweep.name for sweep in SWEEPS])
            for sweep in SWEEPS:
                take_turn(sweep)
        else:
            self._work()

    def _work(self) -> None:
        ticker = Ticker()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: ticker.request_stop())
        ticker.start()
        self.stdout.write(f"Working: {', '.join(sweep.name for sweep in SWEEPS)}.")
        ticker.wait()
        if not ticker.stop(seconds=30):
            self.stderr.write("A job did not finish in time; it will be run again when its claim lapses.")
