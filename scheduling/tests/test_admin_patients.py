"""Patients' records in the back office: found in any spelling, changed with care, and every look written down."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from accounts.models import AuditEntry
from accounts.roles import Role
from scheduling.models import Patient
from scheduling.tests.back_office import staff
from scheduling.tests.factories import PatientFactory, book

pytestmark = pytest.mark.django_db
CORPUS = "<script>alert(1)</script>'\"; DROP TABLE x;--"


def page_of(patient: Patient) -> str:
    """The record's page."""
    return reverse("admin:scheduling_patient_change", args=[patient.pk])


def said(patient: Patient, **changes: Any) -> dict[str, Any]:
    """What the record's page posts."""
    same = {name: getattr(patient, name) for name in ("first_name", "last_name", "gender", "email", "language")}
    inline = {f"appointments-{name}": 0 for name in ("TOTAL_FORMS", "INITIAL_FORMS")}
    return {
        **same,
        "date_of_birth": patient.date_of_birth.isoformat(),
        "phone": str(patient.phone),
        "wants_email": "on",
        **inline,
        **changes,
    }


@pytest.mark.parametrize(
    "term", ["{number}", "{lower}", "02079460123", "+44 20 7946 0123", "Quill", "quill@example.org"]
)
def test_a_patient_is_found_by_whatever_people_say(term: str) -> None:
    patient = PatientFactory.create(last_name="Quill", email="quill@example.org")
    PatientFactory.create(phone="+442079460999")
    asked = term.format(number=patient.number, lower=patient.number.lower())
    found = staff(Role.MANAGER).get(reverse("admin:scheduling_patient_changelist"), {"q": asked})
    assert list(found.context["cl"].result_list) == [patient]


def test_a_look_at_a_record_is_written_down_with_who_looked() -> None:
    patient = PatientFactory.create()
    client = staff(Role.MANAGER)
    client.get(page_of(patient))
    entry = AuditEntry.objects.get(action="view", object_type="scheduling_patient", object_id=patient.pk)
    assert entry.actor == f"user:{client.session['_auth_user_id']}"


def test_a_record_shows_the_visits_with_their_state_in_words() -> None:
    visit = book()
    shown = staff(Role.MANAGER).get(page_of(visit.patient)).content.decode()
    assert visit.number in shown
    assert "Confirmed" in shown
    assert "(&#x27;confirmed" not in shown


def test_a_stale_form_warns_once_shows_what_is_stored_and_then_obeys() -> None:
    patient = PatientFactory.create(address="Old Road 1")
    client = staff(Role.MANAGER)
    seen = client.get(page_of(patient)).context["adminform"].form.initial["seen"]
    Patient.objects.filter(pk=patient.pk).update(address="Their Road 2")
    warned = client.post(page_of(patient), said(patient, address="My Road 3", seen=seen))
    text = warned.content.decode()
    assert warned.status_code == 200
    assert "Somebody else saved this record" in text
    assert "Their Road 2" in text
    assert "My Road 3" in text
    assert Patient.objects.get().address == "Their Road 2"
    again = warned.context["adminform"].form["seen"].value()
    assert client.post(page_of(patient), said(patient, address="My Road 3", seen=again)).status_code == 302
    assert Patient.objects.get().address == "My Road 3"


def test_a_change_writes_only_what_was_changed_and_is_ascribed() -> None:
    patient = PatientFactory.create()
    client = staff(Role.RECEPTION)
    seen = client.get(page_of(patient)).context["adminform"].form.initial["seen"]
    client.post(page_of(patient), said(patient, insurance_provider="Acme", seen=seen))
    patient.refresh_from_db()
    assert patient.insurance_provider == "Acme"
    entry = AuditEntry.objects.filter(action="update", object_type="scheduling_patient").latest("pk")
    assert entry.actor == f"user:{client.session['_auth_user_id']}"
    assert "insurance_provider" in entry.changes


def test_what_the_service_refuses_is_a_sentence_beside_the_field_and_nothing_typed_is_lost() -> None:
    patient = PatientFactory.create()
    client = staff(Role.RECEPTION)
    response = client.post(page_of(patient), said(patient, date_of_birth="1700-01-01", address="Kept Road 9"))
    assert response.status_code == 200
    assert "date_of_birth" in response.context["adminform"].form.errors
    assert "Kept Road 9" in response.content.decode()


def test_registering_a_known_patient_again_opens_the_record_and_changes_nothing() -> None:
    known = PatientFactory.create(first_name="Ada", last_name="Okafor", address="First Road 1")
    client = staff(Role.RECEPTION)
    response = client.post(
        reverse("admin:scheduling_patient_add"), said(known, address="Other Road 2", _continue="yes"), follow=True
    )
    assert Patient.objects.get().address == "First Road 1"
    assert "was registered before" in response.content.decode()


def test_input_stays_input() -> None:
    patient = PatientFactory.create(first_name=CORPUS, address=CORPUS, medical_history=CORPUS)
    client = staff(Role.MANAGER)
    for url in (page_of(patient), reverse("admin:scheduling_patient_changelist")):
        assert "<script>alert(1)" not in client.get(url).content.decode()
