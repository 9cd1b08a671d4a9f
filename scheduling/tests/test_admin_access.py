"""Who sees what in the back office: roles, and one's own locations only."""

from __future__ import annotations

import pytest
from django.conf import LazySettings
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.roles import Role
from scheduling.models import Appointment, Availability, Patient, TimeOff
from scheduling.tests.back_office import page_of, run_action, staff
from scheduling.tests.factories import (
    AvailabilityFactory,
    DoctorFactory,
    HoldFactory,
    LocationFactory,
    SlotFactory,
    UserFactory,
    book,
    in_hours,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def elsewhere() -> Appointment:
    """A visit at a location where the people of these tests do not work."""
    slot = SlotFactory.create()
    AvailabilityFactory.create(doctor=slot.doctor, location=slot.location)
    HoldFactory.create(slot=SlotFactory.create(location=slot.location, doctor=slot.doctor))
    return book(slot)


def test_patients_and_visitors_do_not_get_in() -> None:
    patient = Client()
    patient.force_login(UserFactory.create())
    for client in (Client(), patient):
        for name in ("admin:index", "admin:scheduling_appointment_changelist", "scheduling_admin:calendar"):
            assert client.get(reverse(name)).status_code in {302, 403}


def test_staff_without_a_role_see_no_list() -> None:
    client = Client()
    client.force_login(UserFactory.create(is_staff=True))
    assert client.get(reverse("admin:index")).status_code == 200
    assert client.get(reverse("admin:scheduling_appointment_changelist")).status_code == 403
    assert client.get(reverse("scheduling_admin:calendar")).status_code == 403


@pytest.mark.parametrize("role", [Role.RECEPTION, Role.DOCTOR])
def test_rows_of_other_locations_cannot_be_reached(elsewhere: Appointment, role: Role) -> None:
    client = staff(role, LocationFactory.create())
    rows = [elsewhere, elsewhere.patient, elsewhere.slot, elsewhere.doctor, elsewhere.location]
    rows += [Availability.objects.get(), elsewhere.slot.doctor.slots.last().holds.first()]
    for row in rows:
        if row is None:
            continue
        name = f"admin:{row._meta.app_label}_{row._meta.model_name}"
        for page in ("change", "history", "delete"):
            response = client.get(reverse(f"{name}_{page}", args=[row.pk]))
            assert response.status_code in {302, 403, 404}, (row, page)
        listed = client.get(reverse(f"{name}_changelist"))
        assert listed.status_code == 403 or not listed.context["cl"].queryset.filter(pk=row.pk).exists(), row


def test_actions_do_not_reach_other_locations(elsewhere: Appointment) -> None:
    client = staff(Role.RECEPTION, LocationFactory.create())
    run_action(client, "cancel", elsewhere)
    elsewhere.refresh_from_db()
    assert elsewhere.status == "confirmed"


def test_choices_of_other_locations_are_neither_offered_nor_accepted(elsewhere: Appointment) -> None:
    here = LocationFactory.create()
    client = staff(Role.RECEPTION, here)
    offered = client.get(
        reverse("admin:autocomplete"),
        {"app_label": "scheduling", "model_name": "availability", "field_name": "doctor", "term": ""},
    )
    assert offered.json()["results"] == []
    count = Availability.objects.count()
    response = client.post(
        reverse("admin:scheduling_availability_add"),
        {
            "doctor": elsewhere.doctor_id,
            "location": elsewhere.location_id,
            "weekdays": ["0"],
            "valid_from": "2027-01-01",
            "start_time": "09:00",
            "end_time": "10:00",
            "slot_minutes": "20",
            "capacity": "1",
            "is_active": "on",
            "breaks-TOTAL_FORMS": "0",
            "breaks-INITIAL_FORMS": "0",
        },
    )
    assert response.status_code == 200
    assert Availability.objects.count() == count


def test_pages_for_one_visit_are_closed_to_other_locations(elsewhere: Appointment) -> None:
    client = staff(Role.RECEPTION, LocationFactory.create())
    for name in ("move", "follow_up"):
        assert client.get(reverse(f"scheduling_admin:{name}", args=[elsewhere.pk])).status_code == 404
    form = client.get(reverse("scheduling_admin:book"), {"slot": elsewhere.slot_id, "patient": elsewhere.patient_id})
    assert "form" not in form.context


def test_reception_sees_its_own_location_and_a_manager_everything(elsewhere: Appointment) -> None:
    for client in (staff(Role.RECEPTION, elsewhere.location), staff(Role.MANAGER)):
        assert client.get(page_of(elsewhere)).status_code == 200
        assert elsewhere.number in client.get(reverse("admin:scheduling_appointment_changelist")).content.decode()


def test_a_doctor_sees_own_visits_and_of_colleagues_only_that_a_time_is_taken() -> None:
    mine, theirs = book(), book()
    theirs.doctor.locations.add(mine.location)
    client = staff(Role.DOCTOR)
    mine.doctor.user_id = client.session["_auth_user_id"]
    mine.doctor.save()
    assert client.get(page_of(mine)).status_code == 200
    assert client.get(page_of(theirs)).status_code == 302
    week = {"doctor": mine.doctor_id, "date": mine.starts_at.date().isoformat()}
    assert mine.patient.full_name in client.get(reverse("scheduling_admin:calendar"), week).content.decode()
    assert client.get(page_of(mine)).context["buttons"] == []


def test_nobody_deletes_what_history_needs() -> None:
    visit = book()
    client = staff(Role.MANAGER)
    for row in (visit, visit.patient, visit.doctor, visit.location):
        url = reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_delete", args=[row.pk])
        assert client.post(url, {"post": "yes"}).status_code == 403
    assert Patient.objects.filter(pk=visit.patient_id).exists()


def test_every_list_costs_the_same_for_one_row_and_for_many(settings: LazySettings) -> None:
    settings.PAYMENTS_SANDBOX = True  # its list is shown only where it is on
    client = staff(Role.MANAGER)
    visit = book()
    AvailabilityFactory.create()
    HoldFactory.create()

    def cost() -> dict[str, int]:
        numbers = {}
        for model in admin.site._registry:
            url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
            with CaptureQueriesContext(connection) as queries:
                assert client.get(url).status_code == 200
            numbers[model._meta.label] = len(queries)
        return numbers

    cost()
    before = cost()
    for _number in range(3):
        book(SlotFactory.create(location=visit.location))
        AvailabilityFactory.create()
        HoldFactory.create()
    after = cost()
    assert after == before


def test_leave_at_another_place_of_a_doctor_is_looked_at_and_left_alone() -> None:
    here, there = LocationFactory.create(), LocationFactory.create()
    slot = SlotFactory.create(doctor=DoctorFactory.create(locations=[here, there]), location=there)
    leave = TimeOff.objects.create(doctor=slot.doctor, location=there, starts_at=slot.ends_at, ends_at=in_hours(999))
    client = staff(Role.RECEPTION, here)
    change = reverse("admin:scheduling_timeoff_change", args=[leave.pk])
    assert client.get(change).status_code == 200
    assert client.post(change, {"reason": "x"}).status_code == 403
    assert client.post(reverse("admin:scheduling_timeoff_delete", args=[leave.pk]), {"post": "yes"}).status_code == 403
    assert TimeOff.objects.get().reason == ""
