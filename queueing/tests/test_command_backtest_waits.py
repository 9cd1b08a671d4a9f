"""`manage.py backtest_waits` prints what was measured, and says in a sentence what is wrong with a file."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from queueing.backtest import replay
from queueing.consultation_file import read_sessions
from queueing.tests.synthetic import as_file, sessions


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "consultations.csv"
    path.write_text(as_file(sessions(60)))
    return path


def test_it_prints_the_figures(path):
    printed = StringIO()
    call_command("backtest_waits", str(path), "--warmup", "30", stdout=printed)
    result = replay(read_sessions(path), warmup=30)
    said = printed.getvalue()
    assert f"in 60 sessions, 30 of them warm-up; {result.whole.waits} waits scored" in said
    for score in (result.whole, result.earlier, result.later):
        assert f"mean absolute error      {score.error:6.2f} min" in said
        assert f"fixed 20-minutes rule    {score.fixed_error:6.2f} min" in said
        assert f"ratio                    {score.ratio:6.3f}" in said
        assert f"inside the 80 % range    {score.inside:6.1%}" in said
        assert f"mean width of the range  {score.width:6.2f} min" in said


def test_it_says_which_row_is_wrong(path):
    with path.open("a") as file:
        file.write("61,May,Monday,true,morning,x,F,09:00:00,300\n")
    row = len(path.read_text().splitlines())
    with pytest.raises(CommandError, match=f"^Row {row}: visit_number is “x”"):
        call_command("backtest_waits", str(path))


def test_it_says_that_no_waits_are_left(path):
    with pytest.raises(CommandError, match="After a warm-up of 60 of the file's 60 sessions"):
        call_command("backtest_waits", str(path), "--warmup", "60")


@pytest.mark.parametrize("name", ["nowhere.csv", ""])
def test_it_says_that_a_file_cannot_be_read(tmp_path, name):
    with pytest.raises(CommandError, match="The file cannot be read"):
        call_command("backtest_waits", str(tmp_path / name))
