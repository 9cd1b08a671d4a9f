"""The calendar in the back office: whom a change strands, slots in bulk, and a doctor's week."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.middleware import BACKGROUND_HEADER, SEEN_KEY
from accounts.models import AuditEntry
from accounts.roles import Role
from scheduling.models import Appointment, Availability, Slot, SlotBatch, TimeOff
from scheduling.services.availability import save_availability
from scheduling.states import AppointmentStatus
from scheduling.tests.back_office import run_action, staff
from scheduling.tests.factories import CLINIC, AvailabilityFactory, DoctorFactory, LocationFactory, SlotFactory, book

pytestmark = pytest.mark.django_db


@pytest.fixture
def hours() -> Availability:
    """Every day from nine to eleven, with its slots made."""
    made = AvailabilityFactory.build(
        doctor=DoctorFactory.create(),
        location=LocationFactory.create(days_ahead=14),
        weekdays=list(range(7)),
        slot_minutes=30,
    )
    made.end_time = made.start_time.replace(hour=11)
    made.doctor.locations.add(made.location)
    save_availability(availability=made, breaks=[], actor=CLINIC)
    return made


def form_of(hours: Availability, **changes: Any) -> dict[str, Any]:
    """What the page of these hours posts."""
    return {
        "weekdays": [str(day) for day in hours.weekdays],
        "rrule": hours.rrule,
        "valid_from": hours.valid_from.isoformat(),
        "start_time": hours.start_time.isoformat(),
        "end_time": hours.end_time.isoformat(),
        "slot_minutes": hours.slot_minutes,
        "capacity": hours.capacity,
        "is_active": "on",
        "breaks-TOTAL_FORMS": "0",
        "breaks-INITIAL_FORMS": "0",
        **changes,
    }


def change_page(hours: Availability) -> str:
    """Where these hours are changed."""
    return reverse("admin:scheduling_availability_change", args=[hours.pk])


def last_slot(hours: Availability) -> Slot:
    """The last of the slots of a day well ahead."""
    slots = hours.slots.filter(starts_at__gt=timezone.now() + timedelta(days=3)).order_by("starts_at")
    return slots[3]


def test_new_hours_with_a_break_make_slots() -> None:
    doctor, location = DoctorFactory.create(), LocationFactory.create(days_ahead=7)
    doctor.locations.add(location)
    client = staff(Role.RECEPTION, location)
    client.post(
        reverse("admin:scheduling_availability_add"),
        {
            "doctor": doctor.pk,
            "location": location.pk,
            "weekdays": ["0", "1", "2", "3", "4", "5", "6"],
            "valid_from": timezone.localdate().isoformat(),
            "start_time": "09:00",
            "end_time": "11:00",
            "slot_minutes": "30",
            "capacity": "2",
            "is_active": "on",
            "breaks-TOTAL_FORMS": "1",
            "breaks-INITIAL_FORMS": "0",
            "breaks-0-start_time": "10:00",
            "breaks-0-end_time": "10:30",
        },
    )
    made = Availability.objects.get()
    assert made.weekdays == list(range(7))
    assert made.breaks.count() == 1
    day = timezone.localdate() + timedelta(days=2)
    starts = [slot.starts_at.astimezone(location.zone) for slot in made.slots.order_by("starts_at")]
    assert [f"{start:%H:%M}" for start in starts if start.date() == day] == ["09:00", "09:30", "10:30"]


def test_hours_that_strand_somebody_come_back_with_everything_typed_and_nothing_changed(hours: Availability) -> None:
    visit = book(last_slot(hours))
    response = staff(Role.RECEPTION, hours.location).post(change_page(hours), form_of(hours, end_time="10:00"))
    assert response.status_code == 200
    row = response.context["affected"][0]
    assert row.appointment == visit
    assert row.moves, "free times nearby are suggested"
    assert 'value="10:00"' in response.content.decode()
    hours.refresh_from_db()
    assert hours.end_time.hour == 11


@pytest.mark.parametrize("choice", ["keep", "cancel", "move"])
def test_staff_choose_for_each_person_and_then_all_happens(hours: Availability, choice: str) -> None:
    visit = book(last_slot(hours))
    client = staff(Role.RECEPTION, hours.location)
    page = client.post(change_page(hours), form_of(hours, end_time="10:00"))
    value = page.context["affected"][0].moves[0][0] if choice == "move" else choice
    chosen = {f"decision_{visit.pk}": value, "affected_message": "We close earlier."}
    assert client.post(change_page(hours), form_of(hours, end_time="10:00", **chosen)).status_code == 302
    visit.refresh_from_db()
    hours.refresh_from_db()
    assert hours.end_time.hour == 10
    expected = {
        "keep": AppointmentStatus.CONFIRMED,
        "cancel": AppointmentStatus.CANCELLED,
        "move": AppointmentStatus.RESCHEDULED,
    }
    assert visit.status == expected[choice]
    if choice == "cancel":
        assert visit.cancellation_message == "We close earlier."


def test_retiring_hours_asks_about_the_people_too(hours: Availability) -> None:
    visit = book(last_slot(hours))
    client = staff(Role.RECEPTION, hours.location)
    url = reverse("admin:scheduling_availability_delete", args=[hours.pk])
    assert client.get(url).context["affected"][0].appointment == visit
    client.post(url)
    hours.refresh_from_db()
    assert hours.is_active
    client.post(url, {f"decision_{visit.pk}": "keep"})
    hours.refresh_from_db()
    assert not hours.is_active
    assert Slot.objects.filter(availability=hours, starts_at__gt=timezone.now()).count() == 1


def test_leave_strands_people_and_ends_with_the_slots_back(hours: Availability) -> None:
    slot = last_slot(hours)
    visit = book(slot)
    day = slot.starts_at.astimezone(hours.location.zone).date().isoformat()
    client = staff(Role.RECEPTION, hours.location)
    data = {
        "doctor": hours.doctor_id,
        "location": "",
        "start_date": day,
        "start_time": "00:00",
        "end_date": day,
        "end_time": "23:59",
        "reason": "Training",
    }
    url = reverse("admin:scheduling_timeoff_add")
    before = hours.slots.count()
    page = client.post(url, data)
    assert page.context["affected"][0].appointment == visit
    assert not TimeOff.objects.exists()
    client.post(url, {**data, f"decision_{visit.pk}": "cancel"})
    entry = TimeOff.objects.get()
    assert hours.slots.count() == before - 4
    client.post(reverse("admin:scheduling_timeoff_delete", args=[entry.pk]), {"post": "yes"})
    assert not TimeOff.objects.exists()
    assert hours.slots.count() == before


def test_slots_are_made_closed_opened_and_removed_through_the_services() -> None:
    doctor, location = DoctorFactory.create(), LocationFactory.create(time_zone="Asia/Kolkata")
    doctor.locations.add(location)
    client = staff(Role.RECEPTION, location)
    day = timezone.localdate() + timedelta(days=2)
    said = {"doctor": doctor.pk, "location": location.pk, "date": day.isoformat(), "time": "09:30", "minutes": 20}
    url = reverse("admin:scheduling_slot_add")
    client.post(url, {**said, "capacity": 2})
    slot = Slot.objects.get()
    assert f"{slot.starts_at.astimezone(location.zone):%H:%M}" == "09:30"
    again = client.post(url, {**said, "capacity": 2})
    assert "overlaps" in again.content.decode()
    run_action(client, "close_them", slot)
    slot.refresh_from_db()
    assert not slot.is_open
    run_action(client, "open_them", slot)
    book(slot)
    assert "Somebody is booked" in run_action(client, "remove_them", slot)
    client.post(reverse("admin:scheduling_slot_delete", args=[slot.pk]), {"post": "yes"})
    assert Slot.objects.filter(pk=slot.pk).exists()
    entry = AuditEntry.objects.filter(object_type="scheduling_slot", object_id=slot.pk, action="update").first()
    assert entry is None or entry.actor.startswith("user:")


def bulk_form(doctor_id: int, location_id: int, **changes: Any) -> dict[str, Any]:
    """A week of mornings."""
    first = timezone.localdate() + timedelta(days=7)
    return {
        "doctor": doctor_id,
        "location": location_id,
        "start_date": first.isoformat(),
        "end_date": (first + timedelta(days=6)).isoformat(),
        "start_time": "09:00",
        "end_time": "10:00",
        "duration_minutes": 20,
        "capacity": 1,
        **changes,
    }


def test_bulk_slots_show_counts_and_clashes_before_anything_is_made() -> None:
    location = LocationFactory.create()
    doctor = DoctorFactory.create(locations=[location])
    client = staff(Role.RECEPTION, location)
    url = reverse("scheduling_admin:bulk_slots")
    client.post(url, bulk_form(doctor.pk, location.pk, make="yes", end_time="09:20"))
    made = Slot.objects.count()
    assert made == 7
    page = client.post(url, bulk_form(doctor.pk, location.pk, preview="yes"))
    preview = page.context["preview"]
    assert (preview.total, preview.days[0].clashes) == (14, 1)
    assert Slot.objects.count() == made


def test_a_batch_is_undone_as_far_as_nobody_is_booked() -> None:
    location = LocationFactory.create()
    doctor = DoctorFactory.create(locations=[location])
    client = staff(Role.RECEPTION, location)
    client.post(reverse("scheduling_admin:bulk_slots"), bulk_form(doctor.pk, location.pk, make="yes"))
    batch = SlotBatch.objects.get()
    book(batch.slots.first())
    run_action(client, "undo", batch)
    assert Slot.objects.count() == 1


def test_an_impossible_plan_gets_a_sentence_beside_its_field() -> None:
    location = LocationFactory.create()
    doctor = DoctorFactory.create(locations=[location])
    client = staff(Role.RECEPTION, location)
    form = client.post(
        reverse("scheduling_admin:bulk_slots"), bulk_form(doctor.pk, location.pk, end_date="2020-01-01", preview="yes")
    ).context["form"]
    assert "end_date" in form.errors


def week(client: Client, visit: Appointment, **more: Any) -> Any:
    """The calendar around a visit."""
    day = visit.starts_at.astimezone(visit.location.zone).date().isoformat()
    return client.get(reverse("scheduling_admin:calendar"), {"doctor": visit.doctor_id, "date": day, **more})


def test_the_calendar_costs_the_same_for_one_visit_and_for_many() -> None:
    slot = SlotFactory.create(capacity=3)
    visit = book(slot)
    client = staff(Role.RECEPTION, slot.location)
    week(client, visit)

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert visit.patient.full_name in week(client, visit).content.decode()
        return len(queries)

    before = cost()
    for number in range(4):
        book(
            SlotFactory.create(
                doctor=slot.doctor, location=slot.location, starts_at=slot.starts_at + timedelta(hours=number + 1)
            )
        )
    book(slot)
    assert cost() == before


@pytest.mark.usefixtures("november_2026")  # in the morning: both times are on one day
def test_a_visit_is_moved_by_picking_it_and_then_a_free_time_in_the_calendar() -> None:
    visit = book()
    free = SlotFactory.create(
        doctor=visit.doctor, location=visit.location, starts_at=visit.starts_at + timedelta(minutes=30)
    )
    client = staff(Role.RECEPTION, visit.location)
    assert f"&amp;move={visit.pk}" in week(client, visit).content.decode()
    page = week(client, visit, move=visit.pk, view="day").content.decode()
    target = f"{reverse('scheduling_admin:move', args=[visit.pk])}?slot={free.pk}"
    assert target in page
    assert client.get(target).status_code == 200


def test_an_open_page_asks_for_its_days_only_and_that_is_no_activity() -> None:
    visit = book()
    client = staff(Role.RECEPTION, visit.location)
    whole = week(client, visit).content.decode()
    seen = client.session[SEEN_KEY]
    with time_machine.travel(timezone.now() + timedelta(minutes=5)):
        day = visit.starts_at.astimezone(visit.location.zone).date().isoformat()
        asked = {"doctor": visit.doctor_id, "date": day}
        days = client.get(reverse("scheduling_admin:calendar"), asked, headers={BACKGROUND_HEADER: "1"})
    assert client.session[SEEN_KEY] == seen
    part = days.content.decode().strip()
    assert visit.patient.full_name in part
    assert "<html" not in part
    assert part in whole


def test_statuses_are_words_in_the_calendar() -> None:
    visit = book()
    assert "Confirmed" in week(staff(Role.MANAGER), visit).content.decode()


@pytest.mark.parametrize(
    "query", ["date=0001-01-01", "date=9999-12-31", "date=x&doctor=x&view=x&move=x", "move=99999999999999999999"]
)
def test_nonsense_in_the_address_is_no_error(query: str) -> None:
    book()
    assert staff(Role.MANAGER).get(f"{reverse('scheduling_admin:calendar')}?{query}").status_code == 200
