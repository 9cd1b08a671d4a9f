"""The job by hand: says what it would do, does it, and finds nothing the second time."""

from datetime import timedelta

import pytest
import time_machine
from django.core.management import call_command
from django.utils import timezone

from scheduling.services.holds import hold_seat
from scheduling.tests.factories import VISITOR, SlotFactory


@pytest.mark.django_db
def test_the_job_gives_back_what_ran_out(capsys: pytest.CaptureFixture[str]) -> None:
    slot = SlotFactory()
    with time_machine.travel(timezone.now(), tick=False) as clock:
        hold_seat(slot_id=slot.pk, holder="a", actor=VISITOR)
        clock.shift(timedelta(minutes=5))
        for arguments in (["--dry-run"], [], []):
            call_command("expire_pending", *arguments)
    assert capsys.readouterr().out.splitlines() == [
        "1 seats would come free.",
        "1 seats came free.",
        "0 seats came free.",
    ]
    slot.refresh_from_db()
    assert slot.taken == 0
