"""Appointments in the back office: found by anything, changed by actions, booked and moved by two clicks."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail
from django.urls import reverse

from accounts.models import AuditEntry
from accounts.roles import Role
from scheduling.admin.columns import STATUS_COLOURS, WAITLIST_COLOURS
from scheduling.models import Appointment, Patient
from scheduling.states import AppointmentStatus, WaitlistStatus
from scheduling.tests.back_office import page_of, run_action, staff
from scheduling.tests.factories import PatientFactory, SlotFactory, book, book_soon, details
from scheduling.tests.terms import terms

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "term", ["{number}", "{lower}", "{patient}", "020 7946 0123", "+44 (0)20 7946-0123", "Searched", "who@example.org"]
)
def test_a_visit_is_found_by_whatever_people_say(term: str) -> None:
    patient = PatientFactory.create(first_name="Searched", email="who@example.org")
    visit = book(patient=patient)
    book(patient=details())
    said = term.format(number=visit.number, lower=visit.number.lower(), patient=patient.number)
    found = staff(Role.MANAGER).get(reverse("admin:scheduling_appointment_changelist"), {"q": said})
    assert list(found.context["cl"].result_list) == [visit]


def test_the_digits_of_a_reference_find_its_visit_beside_phones_that_have_them() -> None:
    visit = book()
    found = staff(Role.MANAGER).get(reverse("admin:scheduling_appointment_changelist"), {"q": str(visit.pk)})
    assert visit in found.context["cl"].result_list


def test_a_day_is_listed_from_morning_to_evening_and_everything_from_the_newest() -> None:
    first = book()
    later = book(SlotFactory.create(starts_at=first.starts_at + timedelta(hours=2)))
    url, client = reverse("admin:scheduling_appointment_changelist"), staff(Role.MANAGER)
    day = {"starts_at_from": first.starts_at.date().isoformat()}
    assert list(client.get(url, day).context["cl"].result_list) == [first, later]
    assert list(client.get(url).context["cl"].result_list) == [later, first]


def test_an_action_says_what_will_happen_and_who_is_told_before_it_does_anything() -> None:
    visit = book()
    page = run_action(staff(Role.RECEPTION, visit.location), "cancel", visit, confirmed=False)
    assert f"{visit.patient.full_name} by e-mail, {visit.patient.email}" in page
    page = run_action(staff(Role.RECEPTION, visit.location), "send_link", visit, confirmed=False)
    assert f"{visit.patient.full_name} by e-mail, {visit.patient.email}" in page
    visit.refresh_from_db()
    assert visit.status == AppointmentStatus.CONFIRMED


def test_who_confirms_a_booking_that_was_not_paid_reads_that_it_waives_the_payment() -> None:
    with terms():
        unpaid = book()
    asked, client = book(SlotFactory(location__needs_confirmation=True)), staff(Role.MANAGER)
    assert "waives" not in run_action(client, "confirm", asked, confirmed=False)
    assert "One booking waits to be paid. Whoever confirms it waives that" in run_action(
        client, "confirm", asked, unpaid, confirmed=False
    )
    form = client.get(reverse("admin:scheduling_appointment_change", args=[unpaid.pk])).content.decode()
    assert "60.00 GBP" in form.split("Of it to be paid first", 1)[1]
    run_action(client, "confirm", unpaid)
    unpaid.refresh_from_db()
    assert (unpaid.status, unpaid.prepayment) == (AppointmentStatus.CONFIRMED, 0)


def test_cancelling_goes_through_the_service_and_is_ascribed_to_the_person() -> None:
    visit = book()
    client = staff(Role.RECEPTION, visit.location)
    run_action(client, "cancel", visit, message="The doctor is ill.")
    visit.refresh_from_db()
    visit.slot.refresh_from_db()
    assert (visit.status, visit.slot.taken) == (AppointmentStatus.CANCELLED, 0)
    assert visit.cancellation_message == "The doctor is ill."
    entry = AuditEntry.objects.filter(object_type="scheduling_appointment", object_id=visit.pk).latest("pk")
    assert entry.verb == "appointment.cancel"
    assert entry.actor == f"user:{client.session['_auth_user_id']}"


def test_each_row_is_reported_and_a_refused_one_does_not_stop_the_others() -> None:
    done, over = book_soon(), book_soon()
    client = staff(Role.MANAGER)
    run_action(client, "cancel", over)
    page = run_action(client, "check_in", done, over)
    assert "1 of 2" in page
    done.refresh_from_db()
    over.refresh_from_db()
    assert (done.status, over.status) == (AppointmentStatus.CHECKED_IN, AppointmentStatus.CANCELLED)


@pytest.mark.parametrize("row", ["x", "-1", "99999999999999999999", "1 OR 1=1", "\x00"])
def test_nonsense_among_the_rows_is_a_bad_request_or_nobody(row: str) -> None:
    visit = book()
    client = staff(Role.MANAGER)
    data = {"action": "cancel", "_selected_action": [row], "confirmed": "yes"}
    assert client.post(reverse("admin:scheduling_appointment_changelist"), data).status_code in {200, 302, 400}
    visit.refresh_from_db()
    assert visit.status == AppointmentStatus.CONFIRMED


def test_nobody_marks_a_visit_that_is_not_due() -> None:
    visit = book()
    assert "not due yet" in run_action(staff(Role.MANAGER), "no_show", visit)


def test_a_doctor_may_start_and_complete_but_not_cancel() -> None:
    visit = book_soon()
    client = staff(Role.DOCTOR)
    visit.doctor.user_id = client.session["_auth_user_id"]
    visit.doctor.save()
    run_action(staff(Role.MANAGER), "check_in", visit)
    run_action(client, "start", visit)
    visit.refresh_from_db()
    assert visit.status == AppointmentStatus.IN_PROGRESS
    client.post(
        reverse("admin:scheduling_appointment_changelist"),
        {"action": "cancel", "_selected_action": [visit.pk], "confirmed": "yes"},
    )
    visit.refresh_from_db()
    assert visit.status == AppointmentStatus.IN_PROGRESS


def test_the_page_offers_only_what_the_state_allows() -> None:
    visit = book()
    client = staff(Role.RECEPTION, visit.location)
    names = [button["name"] for button in client.get(page_of(visit)).context["buttons"]]
    assert names == ["check_in", "no_show", "cancel", "send_link"]
    run_action(client, "cancel", visit)
    assert client.get(page_of(visit)).context["buttons"] == []


def test_the_status_cannot_be_typed_and_remarks_can() -> None:
    visit = book()
    client = staff(Role.RECEPTION, visit.location)
    form = client.get(page_of(visit)).context["adminform"].form
    assert set(form.fields) == {"urgency", "meeting_link", "special_requirements", "notes", "seen"}
    client.post(
        page_of(visit), {"urgency": "high", "notes": "Wheelchair", "status": "completed", "seen": form.initial["seen"]}
    )
    visit.refresh_from_db()
    assert (visit.status, visit.urgency, visit.notes) == (AppointmentStatus.CONFIRMED, "high", "Wheelchair")


def test_saving_remarks_does_not_undo_what_happened_meanwhile() -> None:
    visit = book()
    client = staff(Role.RECEPTION, visit.location)
    seen = client.get(page_of(visit)).context["adminform"].form.initial["seen"]
    run_action(client, "cancel", visit)
    client.post(page_of(visit), {"urgency": "low", "notes": "Called back", "seen": seen})
    visit.refresh_from_db()
    assert (visit.status, visit.notes) == (AppointmentStatus.CANCELLED, "Called back")


def test_the_history_is_told_in_words() -> None:
    visit = book_soon()
    client = staff(Role.RECEPTION, visit.location)
    run_action(client, "check_in", visit)
    steps = client.get(page_of(visit)).context["steps"]
    assert steps[0].what == "Looked at"
    assert steps[1].what == "Checked in"
    assert steps[1].details == ["status: Confirmed → Checked in"]


def test_reception_books_for_a_known_patient() -> None:
    slot, patient = SlotFactory.create(), PatientFactory.create()
    client = staff(Role.RECEPTION, slot.location)
    url = f"{reverse('scheduling_admin:book')}?slot={slot.pk}&patient={patient.pk}"
    assert client.get(url).status_code == 200
    client.post(url, {"reason": "Cough", "type": "online", "urgency": "low"})
    made = Appointment.objects.get()
    assert (made.patient, made.slot, made.source, made.status) == (patient, slot, "admin", "confirmed")


def test_reception_books_for_a_new_patient_and_a_full_slot_keeps_what_was_typed() -> None:
    slot = SlotFactory.create()
    client = staff(Role.RECEPTION, slot.location)
    url = f"{reverse('scheduling_admin:book')}?slot={slot.pk}&new=1"
    said = {
        "first_name": "Grace",
        "last_name": "Obi",
        "date_of_birth": "1991-04-05",
        "gender": "female",
        "phone": "020 7946 0321",
        "type": "online",
        "urgency": "low",
    }
    client.post(url, said)
    assert Appointment.objects.get().patient.full_name == "Grace Obi"
    refused = client.post(url, {**said, "first_name": "Helen"})
    assert "taken that time" in refused.content.decode()
    assert 'value="Helen"' in refused.content.decode()
    assert Patient.objects.count() == 1


def test_every_state_reads_in_words_in_the_lists() -> None:
    assert set(STATUS_COLOURS) == set(AppointmentStatus)
    assert set(WAITLIST_COLOURS) == set(WaitlistStatus)
    visit = book()
    client = staff(Role.MANAGER)
    Appointment.objects.filter(pk=visit.pk).update(status=AppointmentStatus.RESCHEDULED)
    listed = client.get(reverse("admin:scheduling_appointment_changelist")).content.decode()
    assert str(AppointmentStatus.RESCHEDULED.label) in listed.partition("<table")[2].partition("</table>")[0]


def test_a_visit_is_moved_in_two_clicks_and_both_rows_show_the_chain() -> None:
    visit = book()
    target = SlotFactory.create(doctor=visit.doctor, location=visit.location)
    client = staff(Role.RECEPTION, visit.location)
    url = reverse("scheduling_admin:move", args=[visit.pk])
    assert f"?slot={target.pk}" in client.get(url).content.decode()
    assert client.get(url, {"slot": target.pk}).status_code == 200
    client.post(f"{url}?slot={target.pk}")
    visit.refresh_from_db()
    assert visit.status == AppointmentStatus.RESCHEDULED
    assert visit.successor.slot == target
    assert len(client.get(page_of(visit.successor)).context["moves"]) == 2


def test_a_follow_up_is_booked_for_the_same_patient() -> None:
    visit = book_soon()
    client = staff(Role.MANAGER)
    run_action(client, "check_in", visit)
    run_action(client, "start", visit)
    target = SlotFactory.create(doctor=visit.doctor, location=visit.location)
    client.post(f"{reverse('scheduling_admin:follow_up', args=[visit.pk])}?slot={target.pk}", {"reason": "Check again"})
    made = Appointment.objects.get(follows=visit)
    assert (made.patient, made.reason) == (visit.patient, "Check again")


def test_exports_are_for_reception_escape_formulas_and_are_written_down() -> None:
    visit = book(patient=PatientFactory.create(first_name="=cmd|'/c calc'!A1", email=""))
    url = reverse("admin:scheduling_appointment_export")
    assert staff(Role.DOCTOR, visit.location).get(url).status_code == 403
    client = staff(Role.RECEPTION, visit.location)
    fields = {f"appointmentresource_{name}": "on" for name in ("number", "patient")}
    got = client.post(url, {"format": "0", "resource": "", **fields})
    assert got["Content-Type"] == "text/csv"
    assert "'=cmd" in got.content.decode()
    assert AuditEntry.objects.filter(action="export", object_id=visit.pk).exists()
    assert mail.outbox == []


def test_what_was_searched_for_before_an_export_stays_out_of_the_trail() -> None:
    PatientFactory.create(last_name="Unforgettable")
    url = reverse("admin:scheduling_patient_export") + "?q=Unforgettable&gender__exact=undisclosed"
    staff(Role.MANAGER).post(url, {"format": "0", "resource": "", "patientresource_number": "on"})
    entry = AuditEntry.objects.filter(action="export").latest("pk")
    assert entry.changes == {"what": "patients (gender__exact, q)"}
