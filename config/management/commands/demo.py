"""`manage.py demo`: a living clinic in an empty database."""

from __future__ import annotations

import secrets
import time
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from accounts.actors import system
from notifications.demo import build_messages
from payments.demo import build_payments
from queueing.demo import Queues, build_queues
from scheduling.demo import Clinic, Plan, build_clinic, is_empty

KNOWN_PASSWORD = "frontdesk-demo"  # noqa: S105 - printed for everybody to use, and only on a machine of one's own


class Command(BaseCommand):
    """Load the demo clinic and say who can sign in."""

    help = "Fill an empty database with a living demo clinic, and print who can sign in."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Size, seed and what to do about a database that is in use."""
        usual = Plan()
        parser.add_argument(
            "--doctors", type=int, default=usual.doctors, metavar="N", help="how many doctors (default %(default)s)"
        )
        parser.add_argument(
            "--days", type=int, default=usual.days, metavar="N", help="days of slots from today (default %(default)s)"
        )
        parser.add_argument(
            "--patients", type=int, default=usual.patients, metavar="N", help="how many patients (default %(default)s)"
        )
        parser.add_argument("--seed", type=int, default=usual.seed, help="the same seed makes the same clinic")
        parser.add_argument(
            "--edge-cases",
            action="store_true",
            help="add clinics in Kolkata, Lord Howe and New York, with sessions "
            "past midnight and across both clock changes",
        )
        parser.add_argument("--add", action="store_true", help="add the clinic to a database that is already in use")
        parser.add_argument("--if-empty", action="store_true", help="do nothing, without an error, where it is in use")
        parser.add_argument("--password", default="", help="password of the accounts (default: one that is printed)")
        parser.add_argument("--dry-run", action="store_true", help="say what would be made, and make nothing")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Make the clinic, unless somebody's data is in the way."""
        if not is_empty() and not options["add"]:
            if options["if_empty"]:
                return
            raise CommandError(
                "This database is in use, so the demo clinic was not loaded. Use an empty database, or --add to "
                "put the demo clinic beside what is there."
            )
        plan = self._plan(options)
        started = time.monotonic()
        with transaction.atomic():
            now = timezone.now()
            made = build_clinic(plan=plan, actor=system("demo"), now=now)
            queues = build_queues(
                locations=made.locations, doctors=made.doctors, seed=plan.seed, actor=system("demo"), now=now
            )
            payments = build_payments(locations=made.locations, seed=plan.seed, actor=system("demo"), now=now)
            messages = build_messages(locations=made.locations, seed=plan.seed, actor=system("demo"), now=now)
            if options["dry_run"]:
                transaction.set_rollback(True)
        self._report(made, queues, payments, messages, seconds=time.monotonic() - started, dry_run=options["dry_run"])

    def _plan(self, options: dict[str, Any]) -> Plan:
        for name in ("doctors", "days", "patients"):
            if options[name] < 1:
                raise CommandError(f"--{name} must be at least 1.")
        # Outside of a trial on one's own machine, a password that everybody knows is an open door.
        password = options["password"] or (
            KNOWN_PASSWORD if settings.DEBUG or settings.EMBEDDED else secrets.token_urlsafe(9)
        )
        return Plan(
            doctors=options["doctors"],
            days=options["days"],
            patients=options["patients"],
            seed=options["seed"],
            edge_cases=options["edge_cases"],
            password=password,
        )

    def _report(
        self, made: Clinic, queues: Queues, payments: int, messages: int, *, seconds: float, dry_run: bool
    ) -> None:
        """Say what was made, who can sign in and where to look."""
        verb = "Would make" if dry_run else "Made"
        self.stdout.write(
            f"{verb} {len(made.locations)} locations, {len(made.doctors)} doctors, {made.slots} slots, "
            f"{made.patients} patients, {made.appointments} appointments, {made.waiting} waitlist entries, "
            f"{queues.queues} queues with {queues.tokens} people, {payments} payments and "
            f"{messages} messages in {seconds:.1f} s."
        )
        if dry_run:
            return
        self.stdout.write("\nWho can sign in:")
        for account in made.sign_ins:
            password = account.password or "(password as before)"
            self.stdout.write(f"  {account.email:<36} {password:<18} {account.role.label}: {account.sees}")
        self.stdout.write("\nWhere to look:")
        for title, path in self._addresses(made, queues):
            self.stdout.write(f"  {title:<36} {settings.BASE_URL}{path}")

    def _addresses(self, made: Clinic, queues: Queues) -> list[tuple[str, str]]:
        addresses = [
            ("book as a new patient", "/"),
            ("find an appointment", "/find/"),
            ("a patient's own page", "/me/"),
            ("the back office", "/admin/"),
            ("the desk: who is here, who is next", reverse("queueing:desk")),
        ]
        for location in made.locations[:2]:
            addresses.append((f"waiting room, {location.name}", reverse("queueing:board", args=[location.slug])))
            addresses.append((f"kiosk, {location.name}", reverse("queueing:kiosk", args=[location.slug])))
        if queues.token_to_show is not None:
            token = queues.token_to_show
            addresses.append((f"the phone of {token.code}", reverse("queueing:token", args=[token.secret])))
        if made.appointment_to_show is not None:
            visit = made.appointment_to_show
            addresses.insert(1, (f"manage {visit.number}", f"/a/{visit.secret}/"))
        return addresses
