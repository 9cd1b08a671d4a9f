"""Somebody at the desk: changing their place, checking them in, registering walk-ins, and alarms."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.utils import timezone

from accounts.models import AuditEntry
from accounts.roles import Role
from queueing.models import EmergencyRequest, Token
from queueing.states import Arrival, TokenStatus
from queueing.tests.desks import Desk, doctor_at, status_of
from queueing.tests.factories import walk_in
from scheduling.models import Appointment, Patient
from scheduling.tests.back_office import staff
from scheduling.tests.factories import DoctorFactory, PatientFactory, SlotFactory, book, in_hours

pytestmark = pytest.mark.django_db


# --- One person -------------------------------------------------------------------------------------------------


def person(desk: Desk, token: Token, **said: Any) -> Any:
    token.refresh_from_db()
    data = {"version": token.version, "operation": str(uuid4()), **said}
    return desk.client.post(desk.address("person", token_id=token.pk), data)


def test_priority_is_changed_with_a_reason_and_audited(desk: Desk) -> None:
    first, second = walk_in(desk.doctor, desk.place), walk_in(desk.doctor, desk.place)
    said = {"do": "priority", "urgency": "low", "extra_points": "50"}
    refused = person(desk, second, **said)
    assert refused.status_code == 400
    assert "Say why, for whoever asks later." in refused.content.decode()
    assert 'value="50"' in refused.content.decode()
    assert person(desk, second, **said, reason="cannot sit").status_code == 302
    second.refresh_from_db()
    assert (second.extra_points, second.extra_reason) == (50, "cannot sit")
    page = desk.page()
    assert page.index(f'id="token-{second.pk}"') < page.index(f'id="token-{first.pk}"')
    assert AuditEntry.objects.filter(verb="token.prioritise", actor__startswith="user:").exists()


def test_somebody_leaves_or_never_came(desk: Desk) -> None:
    first, second = walk_in(desk.doctor, desk.place), walk_in(desk.doctor, desk.place)
    assert person(desk, first, do="leave", message="").status_code == 302
    assert status_of(first) == TokenStatus.CANCELLED
    assert person(desk, second, do="no_show").status_code == 302
    assert status_of(second) == TokenStatus.NO_SHOW


def test_a_person_acted_on_from_a_stale_screen_stays_as_they_are(desk: Desk) -> None:
    token = walk_in(desk.doctor, desk.place)
    for said in ({"do": "leave"}, {"do": "priority", "urgency": "high", "extra_points": "0"}, {"do": "no_show"}):
        response = person(desk, token, **{"version": 99, **said})
        assert response.status_code == 409
        assert "Somebody else was first" in response.content.decode()
    assert person(desk, token, do="dance").status_code == 400
    assert person(desk, token, do="transfer", doctor=desk.doctor.pk).status_code == 400
    assert status_of(token) == TokenStatus.WAITING


def test_whoever_looks_at_a_person_is_in_the_audit_trail(desk: Desk) -> None:
    token = walk_in(desk.doctor, desk.place)
    page = desk.client.get(desk.address("person", token_id=token.pk)).content.decode()
    assert token.patient.full_name in page
    assert AuditEntry.objects.filter(verb="appointment.view", object_id=token.appointment_id).exists()


# --- Who comes --------------------------------------------------------------------------------------------------


def expected(desk: Desk, minutes: float = 30, **patient: Any) -> Appointment:
    slot = SlotFactory(doctor=desk.doctor, location=desk.place, starts_at=in_hours(minutes / 60))
    return book(slot, patient=PatientFactory(**patient))


def test_a_booked_patient_is_checked_in_with_one_press(desk: Desk) -> None:
    visit = expected(desk)
    assert visit.patient.full_name in desk.page(name="arrivals")
    address = desk.address("arrive", appointment_id=visit.pk)
    for _time in range(2):
        answer = desk.client.post(address, {"operation": "once"}, follow=True)
        token = Token.objects.get()
        assert token.code in answer.content.decode()
    assert (token.appointment_id, token.arrival) == (visit.pk, Arrival.ON_TIME)
    assert "Nobody else is expected today." in desk.page(name="arrivals")
    again = desk.client.post(address, {"operation": "twice"})
    assert again.status_code == 302
    assert Token.objects.count() == 1


def test_arrivals_are_found_without_a_name_in_the_address(desk: Desk) -> None:
    one, other = expected(desk, 30, first_name="Zelda"), expected(desk, 60, first_name="Yuri", phone="+442079460199")
    for term, found in (("zelda", one), (other.number, other), ("020 7946 0199", other)):
        page = desk.client.post(desk.address("arrivals"), {"term": term}).content.decode()
        missing = other if found is one else one
        assert f'id="visit-{found.pk}"' in page
        assert f'id="visit-{missing.pk}"' not in page


def test_whoever_is_late_is_marked(desk: Desk) -> None:
    expected(desk, 30)
    assert ">Late<" not in desk.page(name="arrivals")
    with time_machine.travel(timezone.now() + timedelta(minutes=45)):
        desk.client = staff(Role.RECEPTION, desk.place)
        assert ">Late<" in desk.page(name="arrivals")


def test_a_visit_that_cannot_be_checked_in_says_why(desk: Desk) -> None:
    visit = expected(desk)
    desk.press("status.finished")
    answer = desk.client.post(desk.address("arrive", appointment_id=visit.pk), {"operation": "x"})
    assert answer.status_code == 409
    assert "The doctor has finished for today." in answer.content.decode()
    assert visit.patient.full_name in answer.content.decode()
    foreign = book(SlotFactory(starts_at=in_hours(0.5)))
    assert desk.client.post(desk.address("arrive", appointment_id=foreign.pk)).status_code == 404


def new_patient(desk: Desk, **changes: Any) -> dict[str, Any]:
    """What is typed about somebody new."""
    return {
        "first_name": "Wanda",
        "last_name": "Walker",
        "date_of_birth_day": "27",
        "date_of_birth_month": "3",
        "date_of_birth_year": "1987",
        "phone": "020 7946 0777",
        "reason": "sore knee",
        "urgency": "medium",
        "operation": "walk",
        "doctor": desk.doctor.pk,
        **changes,
    }


def test_somebody_new_gets_a_place(desk: Desk) -> None:
    for _time in range(2):
        answer = desk.client.post(desk.address("walk_in"), new_patient(desk), follow=True)
        token = Token.objects.get()
        assert token.code in answer.content.decode()
    assert (token.patient.full_name, token.urgency, token.arrival) == ("Wanda Walker", "medium", Arrival.WALK_IN)
    assert token.appointment.reason == "sore knee"


def test_what_was_typed_stays_when_something_is_missing(desk: Desk) -> None:
    answer = desk.client.post(desk.address("walk_in"), new_patient(desk, last_name="", doctor=""))
    page = answer.content.decode()
    assert answer.status_code == 400
    for words in (
        "There is a problem",
        "Enter the last name.",
        "Choose a doctor.",
        "Wanda",
        "sore knee",
        'value="walk"',
    ):
        assert words in page
    assert not Patient.objects.exists()


def test_somebody_known_gets_a_place_once(desk: Desk) -> None:
    known = PatientFactory(first_name="Nora")
    page = desk.client.post(desk.address("walk_in"), {"term": "nora"}).content.decode()
    address = f"{desk.address('walk_in')}?patient={known.pk}"
    assert f"?patient={known.pk}" in page
    said = {"doctor": desk.doctor.pk, "urgency": "low", "reason": "", "operation": "k"}
    assert desk.client.post(address, said).status_code == 302
    assert Token.objects.get().patient == known
    other = DoctorFactory(locations=[desk.place])
    again = desk.client.post(address, {**said, "doctor": other.pk, "operation": "l"})
    assert again.status_code == 409
    assert "already waiting here" in again.content.decode()
    assert Token.objects.count() == 1


def test_a_record_of_others_cannot_be_registered_or_found(desk: Desk) -> None:
    foreign = book(SlotFactory(), patient=PatientFactory(first_name="Foreign")).patient
    assert desk.client.get(f"{desk.address('walk_in')}?patient={foreign.pk}").status_code == 404
    assert desk.client.get(f"{desk.address('walk_in')}?patient=x").status_code == 404
    assert "Foreign" not in desk.client.post(desk.address("walk_in"), {"term": "foreig"}).content.decode()


# --- Emergencies ------------------------------------------------------------------------------------------------


def test_an_alarm_that_is_sent_twice_is_raised_once(desk: Desk) -> None:
    page = desk.client.get(desk.address("emergency")).content.decode()
    found = re.search(r'name="operation" value="([^"]+)"', page)
    assert found
    said = {"message": "By the lift", "operation": found[1]}
    for _press in range(2):
        assert desk.client.post(desk.address("emergency"), said).status_code == 302
    assert EmergencyRequest.objects.count() == 1


def test_an_emergency_stays_on_every_desk_until_somebody_sees_to_it(desk: Desk) -> None:
    token = walk_in(desk.doctor, desk.place)
    said = {"message": "chest pain", "token": token.pk}
    assert desk.client.post(desk.address("emergency"), said).status_code == 302
    emergency = EmergencyRequest.objects.get()
    doctor = doctor_at(desk)
    for client in (desk.client, doctor, staff(Role.MANAGER)):
        page = desk.page(client)
        assert f"Emergency: {token.code}" in page
        assert "chest pain" in page
    elsewhere = Desk()
    assert "chest pain" not in elsewhere.page()
    foreign = elsewhere.address("acknowledge", emergency_id=emergency.pk)
    assert elsewhere.client.post(foreign).status_code == 404
    assert doctor.get(desk.address("acknowledge", emergency_id=emergency.pk)).status_code == 405
    doctor.post(desk.address("acknowledge", emergency_id=emergency.pk))
    assert "chest pain" not in desk.page()
    emergency.refresh_from_db()
    assert emergency.acknowledged_by_id == desk.doctor.user_id


def test_an_emergency_may_be_about_somebody_who_has_waited_since_before_midnight(desk: Desk) -> None:
    with time_machine.travel("2026-11-20T23:50:00Z"):
        token = walk_in(desk.doctor, desk.place)
    with time_machine.travel("2026-11-21T00:10:00Z"):
        client = staff(Role.RECEPTION, desk.place)
        assert token.code in client.get(desk.address("emergency")).content.decode()
        assert client.post(desk.address("emergency"), {"token": token.pk}).status_code == 302
    assert EmergencyRequest.objects.get().token_id == token.pk


def test_an_emergency_about_somebody_in_anothers_queue_is_not_raised(desk: Desk) -> None:
    other = Desk()
    foreign = walk_in(other.doctor, other.place)
    answer = desk.client.post(desk.address("emergency"), {"message": "help", "token": foreign.pk})
    assert answer.status_code == 200
    assert "help" in answer.content.decode()
    assert not EmergencyRequest.objects.exists()


def test_lists_of_doctors_begin_with_those_who_see_patients_here_today(desk: Desk) -> None:
    away = DoctorFactory(locations=[desk.place], name="Dr A Away")
    here = DoctorFactory(locations=[desk.place], name="Dr Z Here")
    SlotFactory(doctor=here, location=desk.place, starts_at=in_hours(1))
    token = walk_in(desk.doctor, desk.place)

    def doctors(address: str) -> list[str]:
        return re.findall(r'<option value="\d+">(Dr [^<]+)</option>', desk.client.get(address).content.decode())

    others = ["Dr Z Here", "Dr A Away (not here today)"]
    assert doctors(desk.address("person", token_id=token.pk)) == others
    assert doctors(desk.address("walk_in")) == [desk.doctor.name, *others]
    SlotFactory(doctor=away, location=desk.place, starts_at=in_hours(2))
    assert doctors(desk.address("walk_in")) == ["Dr A Away", desk.doctor.name, "Dr Z Here"]
