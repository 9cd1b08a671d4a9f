"""The job by hand: says what it would do, does it, and finds nothing the second time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command

from queueing.models import Queue
from queueing.tests.factories import a_doctor, walk_in


@pytest.mark.django_db
def test_the_job_closes_what_is_over(morning: Any, capsys: pytest.CaptureFixture[str]) -> None:
    walk_in(*a_doctor())
    morning.shift(timedelta(days=1))
    for arguments in (["--dry-run"], [], []):
        call_command("close_queues", *arguments)
    assert capsys.readouterr().out.splitlines() == [
        "1 queues would be closed.",
        "1 queues closed.",
        "0 queues closed.",
    ]
    assert not Queue.objects.filter(closed_at=None).exists()
