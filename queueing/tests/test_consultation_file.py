"""A file of past consultations is read as it is, or refused with the row that is wrong."""

from __future__ import annotations

import pytest

from queueing.consultation_file import LARGEST_FILE_MEGABYTES, LONGEST_SESSION, UnreadableFile, read_sessions
from queueing.tests.synthetic import as_file, sessions

HEADER = "session,weekday,period,visit_number,started_at,service_seconds"
GOOD = "1,Wednesday,morning,1,08:31:40,691"
LATER = "1,Wednesday,morning,7,08:43:11,614"


@pytest.fixture
def written(tmp_path):
    def write(content: str | bytes):
        path = tmp_path / "consultations.csv"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


def lines(*rows: str) -> str:
    return "\n".join([HEADER, *rows, ""])


def test_sessions_come_as_they_were_written(written):
    made = sessions(5)
    read = read_sessions(written(as_file(made)))
    assert [[one.features for one in session] for session in read] == [
        [one.features for one in session] for session in made
    ]
    assert [[one.started for one in session] for session in read] == [
        [int(one.started) for one in session] for session in made
    ]


def test_other_columns_other_order_marks_and_empty_lines_do_no_harm(written):
    rows = (
        "\ufeffservice_seconds,mood,session,weekday,period,visit_number,started_at\r\n\r\n691,🙂,3,Mi,am,2,00:00:00\r\n"
    )
    assert [[(one.started, dict(one.features)) for one in session] for session in read_sessions(written(rows))] == [
        [(0, {"kind": "follow-up", "weekday": "mi", "period": "am"})]
    ]


def test_two_may_begin_in_the_same_second_and_the_next_session_earlier_in_the_day(written):
    rows = lines(GOOD, GOOD, "5,Wednesday,morning,1,08:00:00,691")
    assert [len(session) for session in read_sessions(written(rows))] == [2, 1]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("1,Wednesday,morning,1,08:31:40", "it has 5 cells"),
        ("1,Wednesday,morning,1,08:31:40,691,7", "it has 7 cells"),
        ("one,Wednesday,morning,1,08:31:40,691", "session is “one”"),
        ("0,Wednesday,morning,1,08:31:40,691", "session is “0”"),
        ("-1,Wednesday,morning,1,08:31:40,691", "session is “-1”"),
        ("1٣,Wednesday,morning,1,08:31:40,691", "session is “1٣”"),
        ("9999999999,Wednesday,morning,1,08:31:40,691", "session is “9999999999”"),
        ("1,,morning,1,08:31:40,691", "weekday is “”"),
        ("1,Wednesday,<script>,1,08:31:40,691", "period is “<script>”"),
        ("1,Wednesday,morning,,08:31:40,691", "visit_number is “”"),
        ("1,Wednesday,morning,1.5,08:31:40,691", "visit_number is “1.5”"),
        ("1,Wednesday,morning,1,24:00:00,691", "started_at is “24:00:00”"),
        ("1,Wednesday,morning,1,08:60:00,691", "started_at is “08:60:00”"),
        ("1,Wednesday,morning,1,8:31,691", "started_at is “8:31”"),
        ("1,Wednesday,morning,1,08:31:40,nan", "service_seconds is “nan”"),
        ("1,Wednesday,morning,1,08:31:40,0", "service_seconds is “0”"),
        ("1,Wednesday,morning,1,08:31:40,-691", "service_seconds is “-691”"),
        ("1,Wednesday,morning,1,08:31:40,43201", "service_seconds is “43201”"),
        ("1,Wednesday,morning,1,08:31:39,691", "times must not run backwards"),
        ('1,"Wednes"day,morning,1,08:31:40,691', "this is no CSV"),
        (f"1,{'x' * 200_000},morning,1,08:31:40,691", "this is no CSV"),
    ],
)
def test_a_broken_row_is_named_by_its_number(written, row, said):
    with pytest.raises(UnreadableFile) as refusal:
        read_sessions(written(lines(GOOD, row, LATER)))
    assert str(refusal.value).startswith("Row 3: ")
    assert said in str(refusal.value)
    assert len(str(refusal.value)) < 400


def test_a_session_that_comes_again_is_named_by_its_row(written):
    with pytest.raises(UnreadableFile, match=r"^Row 4: session 1 comes after a later one"):
        read_sessions(written(lines(GOOD, GOOD.replace("1,", "2,", 1), LATER)))


@pytest.mark.parametrize("column", HEADER.split(","))
def test_a_missing_column_is_named(written, column):
    header = ",".join(name for name in HEADER.split(",") if name != column)
    with pytest.raises(UnreadableFile, match=f"^Row 1: the columns {column} are missing"):
        read_sessions(written(f"{header}\n"))


def test_a_column_named_twice_is_refused(written):
    with pytest.raises(UnreadableFile, match=r"^Row 1: a column is named twice"):
        read_sessions(written(f"{HEADER},session\n{GOOD},2\n"))


@pytest.mark.parametrize(("content", "said"), [("", "is empty"), (lines(), "no consultation"), ("\n\n", "is empty")])
def test_a_file_with_nothing_in_it_is_refused(written, content, said):
    with pytest.raises(UnreadableFile, match=said):
        read_sessions(written(content))


@pytest.mark.parametrize("content", [lines(GOOD).encode() + b"1,\xff\xfe,morning", lines(GOOD).encode("utf-16")])
def test_what_is_no_text_is_refused(written, content):
    with pytest.raises(UnreadableFile, match="UTF-8"):
        read_sessions(written(content))


def test_a_file_of_other_things_is_refused(written):
    with pytest.raises(UnreadableFile):
        read_sessions(written(b"\x00" * 1000))


def test_a_huge_file_is_refused_unread(tmp_path):
    path = tmp_path / "huge.csv"
    with path.open("wb") as file:
        file.truncate(LARGEST_FILE_MEGABYTES * 1024 * 1024 + 1)
    with pytest.raises(UnreadableFile, match="larger than"):
        read_sessions(path)


def test_an_endless_session_is_refused_by_its_row(written):
    with pytest.raises(UnreadableFile, match=f"^Row {LONGEST_SESSION + 2}: its session has more than"):
        read_sessions(written(lines(*[GOOD] * (LONGEST_SESSION + 1))))
