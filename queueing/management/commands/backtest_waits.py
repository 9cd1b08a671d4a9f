"""`manage.py backtest_waits FILE.csv --warmup N`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from queueing.backtest import NothingToScore, Score, replay
from queueing.consultation_file import COLUMNS, UnreadableFile, read_sessions


class Command(BaseCommand):
    """Replays past consultations and says how good the estimated waits would have been; changes nothing."""

    help = (
        "Replay a CSV file of one doctor's past consultations, in order, and say how far the estimated waits were "
        f"from the true ones. Its first line names the columns: {', '.join(COLUMNS)}; others are not read."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """The file, and how many of its sessions are only learned from."""
        parser.add_argument("file", type=Path, help="the CSV file, in UTF-8")
        parser.add_argument(
            "--warmup", type=int, default=100, metavar="N", help="sessions that are learned from and not scored (100)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Replay and print, all sessions after the warm-up first, then their two halves."""
        try:
            sessions = read_sessions(options["file"])
            result = replay(sessions, warmup=options["warmup"])
        except OSError as error:
            raise CommandError(f"The file cannot be read: {error}") from error
        except (UnreadableFile, NothingToScore) as refusal:
            raise CommandError(str(refusal)) from refusal
        consultations = sum(len(session) for session in sessions)
        self.stdout.write(
            f"{consultations} consultations in {len(sessions)} sessions, {options['warmup']} of them warm-up; "
            f"{result.whole.waits} waits scored"
        )
        self._print("all sessions after the warm-up", result.whole)
        self._print("their earlier half", result.earlier)
        self._print("their later half", result.later)

    def _print(self, title: str, score: Score) -> None:
        self.stdout.write(f"{title}:")
        self.stdout.write(f"  mean absolute error      {score.error:6.2f} min")
        self.stdout.write(f"  fixed 20-minutes rule    {score.fixed_error:6.2f} min")
        self.stdout.write(f"  ratio                    {score.ratio:6.3f}")
        self.stdout.write(f"  inside the 80 % range    {score.inside:6.1%}")
        self.stdout.write(f"  mean width of the range  {score.width:6.2f} min")
