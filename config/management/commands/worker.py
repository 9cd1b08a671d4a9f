"""`manage.py worker`: runs the periodic jobs, in processes that are replaced when they no longer work."""

from __future__ import annotations

import argparse
import signal
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from config.checks import refuse_misconfiguration
from config.sweeps import SWEEPS, take_turn
from config.work.cluster import run_cluster
from config.work.installing import install_sweeps
from config.work.pace import pace_of_settings
from config.work.supervisor import Supervisor, new_name


class Command(BaseCommand):
    """Runs every sweep of `config/sweeps.py` when it is due, in a cluster under a supervisor."""

    help = "Run the periodic jobs until SIGTERM or Ctrl-C. Several workers may run at once."

    def add_arguments(self, parser: CommandParser) -> None:
        """What one may ask for."""
        parser.add_argument("--once", action="store_true", help="take one turn at every job and end")
        parser.add_argument("--list", action="store_true", help="show the jobs and end")
        # How the supervisor calls itself to become the cluster.
        parser.add_argument("--cluster", help=argparse.SUPPRESS)
        parser.add_argument("--parent", type=int, help=argparse.SUPPRESS)

    def handle(self, *args: Any, **options: Any) -> None:
        """Work until told to stop; a job under way may finish."""
        refuse_misconfiguration()
        if options["list"]:
            for sweep in SWEEPS:
                self.stdout.write(f"{sweep.name:20} every {sweep.every} s  {sweep.function}")
        elif options["once"]:
            install_sweeps()
            for sweep in SWEEPS:
                take_turn(sweep)
        elif options["cluster"]:
            sys.exit(0 if run_cluster(worker=options["cluster"], parent=options["parent"]) else 1)
        else:
            self._work()

    def _work(self) -> None:
        supervisor = Supervisor(name=new_name(), pace=pace_of_settings())
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: supervisor.request_stop())
        self.stdout.write(f"Working as {supervisor.name}: {', '.join(sweep.name for sweep in SWEEPS)}.")
        self.stdout.flush()
        if settings.EMBEDDED:
            self.stderr.write("The embedded server runs these jobs itself; beside it, no worker is needed.")
        if not supervisor.run():
            self.stderr.write("A job did not finish in time; it goes on when its claim lapses.")
