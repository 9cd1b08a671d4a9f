"""What people read when something is refused: what to do about it, in the words of the clinic."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.roles import Role
from scheduling.tests.api import Program, program_of
from scheduling.tests.factories import DoctorFactory, SlotFactory, SpecialtyFactory, book

pytestmark = pytest.mark.django_db

ADA = {"first_name": "Ada", "last_name": "Okafor", "date_of_birth": "1985-12-10", "phone": "020 7946 0018"}


def sentence(answer: Any) -> str:
    """What the person in front of the screen reads."""
    assert answer.status_code >= 400
    return str(answer.json()["detail"])


def test_whoever_must_sign_in_is_asked_to() -> None:
    assert sentence(Program().get("patients/")) == "Please sign in first."


def test_an_amount_that_is_no_text_is_told_how_to_be_written() -> None:
    doctor = DoctorFactory()
    said = sentence(program_of(Role.MANAGER).patch(f"doctors/{doctor.pk}/", {"consultation_fee": 75.5}))
    assert 'as text, with at most two decimals, such as "60.00"' in said


def test_a_name_that_is_taken_is_not_told_in_the_words_of_a_database() -> None:
    taken = SpecialtyFactory()
    said = sentence(program_of(Role.MANAGER).post("specialties/", {"name": taken.name}))
    assert said == "There already is one with that name, address or number."


def test_a_walk_in_that_does_not_say_so_is_told_what_is_missing() -> None:
    slot = SlotFactory()
    body = {"doctor": slot.doctor_id, "location": slot.location_id, "patient": ADA}
    assert "walk_in" in sentence(program_of(Role.RECEPTION, slot.location).post("appointments/", body))


def test_a_hold_that_is_gone_promises_nothing_about_what_was_typed() -> None:
    said = {
        sentence(Program().get("holds/gone/")),
        sentence(Program().post("appointments/", {"hold": "g", "patient": ADA})),
    }
    assert said == {"We could not keep your time any longer. Please choose a time again."}


def test_a_cursor_of_elsewhere_is_told_what_to_do() -> None:
    assert "begin again without one" in sentence(Program().get("doctors/", cursor="x"))


def test_a_step_that_the_state_does_not_allow_names_the_state() -> None:
    slot = SlotFactory()
    visit = book(slot)
    desk = program_of(Role.RECEPTION, slot.location)
    said = sentence(desk.patch(f"appointments/{visit.pk}/status/", {"status": "completed"}))
    assert said == "That is not possible: the state of the appointment is now “Confirmed”."
