"""Pages of lists whose rows come and go while a program turns them."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest

from scheduling.services.holds import hold_seat
from scheduling.tests.api import Program, names, refused
from scheduling.tests.factories import VISITOR, DoctorFactory, LocationFactory, SlotFactory, in_hours

pytestmark = pytest.mark.django_db


def turned(program: Program, page: dict[str, Any], to: str) -> list[list[int]]:
    """The ids on this page and on all those after it (`to` is next) or before it (previous)."""
    pages = [[row["id"] for row in page["results"]]]
    while page[to]:
        page = program.client.get(page[to]).json()
        pages.append([row["id"] for row in page["results"]])
    return pages


def test_no_slot_is_passed_over_or_told_twice_while_others_of_its_time_come_and_go() -> None:
    place, nine = LocationFactory(), in_hours(30)
    gone, second, third, fourth = (SlotFactory(location=place, starts_at=nine).pk for _ in range(4))
    program = Program()
    page = program.get("slots/", free="true", page_size="2").json()
    assert turned(program, page, "next") == [[gone, second], [third, fourth]]
    hold_seat(slot_id=gone, holder="somebody else", actor=VISITOR)
    assert names(program.client.get(page["next"])) == [third, fourth]
    SlotFactory(location=place, starts_at=in_hours(29))
    assert names(program.client.get(page["next"])) == [third, fourth]


def test_pages_lead_forth_and_back_over_slots_of_one_time() -> None:
    slots = [SlotFactory(starts_at=in_hours(30)).pk for _ in range(5)]
    program = Program()
    there = turned(program, program.get("slots/", page_size="2").json(), "next")
    last = program.get("slots/", page_size="2").json()
    while last["next"]:
        last = program.client.get(last["next"]).json()
    assert there == [slots[:2], slots[2:4], slots[4:]]
    assert turned(program, last, "previous") == there[::-1]


def test_pages_lead_over_doctors_of_one_name() -> None:
    doctors = [DoctorFactory(name="Dr Smith, Jr").pk for _ in range(3)]
    program = Program()
    page = program.get("doctors/", page_size="1").json()
    assert turned(program, page, "next") == [[doctor] for doctor in doctors]


def test_a_page_that_has_become_empty_is_the_end() -> None:
    slots = [SlotFactory(starts_at=in_hours(30)) for _ in range(2)]
    program = Program()
    following = program.get("slots/", page_size="1").json()["next"]
    slots[1].delete()
    assert program.client.get(following).json() == {"next": None, "previous": None, "results": []}


@pytest.mark.parametrize("position", ["2026-01-01", "2026-01-01 00:00Z,x", "x,1", ",", "1,2,3", "2026-01-01 00:00Z,"])
def test_a_cursor_that_names_no_row_of_an_order_by_two_columns_is_refused(position: str) -> None:
    cursor = b64encode(f"p={position}".encode()).decode()
    refused(Program().get("slots/", cursor=cursor), 400, "invalid", "cursor")
