"""The life of an appointment: every step, who may take it, and what the trail says of it."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from accounts.actors import Actor
from accounts.models import AuditEntry
from scheduling.errors import SameSlot, SlotTaken, TooLate, WrongState
from scheduling.models import Appointment, Hold, Slot
from scheduling.services import lifecycle
from scheduling.services.holds import hold_seat
from scheduling.services.rescheduling import book_follow_up, reschedule_appointment
from scheduling.signals import appointment_changed
from scheduling.states import APPOINTMENT_TRANSITIONS, AppointmentStatus
from scheduling.tests.factories import VISITOR, SlotFactory, book, in_hours
from testing.meanwhile import just_after_reading

pytestmark = pytest.mark.django_db
CLERK = Actor(label="system:desk")


def taken(slot: Slot) -> int:
    return Slot.objects.values_list("taken", flat=True).get(pk=slot.pk)


def status_entries(appointment: Appointment) -> list[AuditEntry]:
    entries = AuditEntry.objects.filter(object_type="scheduling_appointment", object_id=str(appointment.pk))
    return [entry for entry in entries.order_by("id") if "status" in entry.changes]


def pending(**location: object) -> Appointment:
    return book(SlotFactory(location__needs_confirmation=True, **{f"location__{k}": v for k, v in location.items()}))


def test_a_pending_appointment_is_confirmed_in_time() -> None:
    appointment = lifecycle.confirm_appointment(appointment_id=pending().pk, actor=VISITOR)
    appointment.refresh_from_db()
    assert (appointment.status, appointment.expires_at) == (AppointmentStatus.CONFIRMED, None)


def test_a_pending_appointment_cannot_be_confirmed_once_its_time_ran_out() -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        appointment = pending(pending_minutes=2)
        clock.shift(timedelta(minutes=2))
        with pytest.raises(WrongState):
            lifecycle.confirm_appointment(appointment_id=appointment.pk, actor=VISITOR)


def test_the_sweep_ends_what_ran_out_and_runs_twice_without_harm() -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        appointment = pending(pending_minutes=2)
        slot = SlotFactory()
        hold_seat(slot_id=slot.pk, holder="a", actor=VISITOR)
        clock.shift(timedelta(minutes=5))
        assert lifecycle.expire_overdue(actor=CLERK, dry_run=True) == 2
        assert taken(slot) == 1
        assert lifecycle.expire_overdue(actor=CLERK) == 2
        assert lifecycle.expire_overdue(actor=CLERK) == 0
    appointment.refresh_from_db()
    assert appointment.status == AppointmentStatus.EXPIRED
    assert taken(slot) == 0
    assert appointment.slot is not None
    assert taken(appointment.slot) == 0


def test_one_slot_that_cannot_be_ended_does_not_keep_the_others_from_it() -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        stuck, fine = pending(), pending()
        clock.shift(timedelta(minutes=5))

        def refuse(appointment: Appointment, **_event: object) -> None:
            if appointment.pk == stuck.pk:
                raise RuntimeError("the message could not be written")

        appointment_changed.connect(refuse)
        try:
            with pytest.raises(ExceptionGroup) as faults:
                lifecycle.expire_overdue(actor=CLERK)
        finally:
            appointment_changed.disconnect(refuse)
    assert len(faults.value.exceptions) == 1
    stuck.refresh_from_db()
    fine.refresh_from_db()
    assert (stuck.status, fine.status) == (AppointmentStatus.PENDING, AppointmentStatus.EXPIRED)


def test_cancelling_gives_the_seat_back_and_raises_the_calendar_sequence() -> None:
    appointment = book()
    lifecycle.cancel_appointment(appointment_id=appointment.pk, actor=VISITOR, message=" Ill ")
    appointment.refresh_from_db()
    assert appointment.status == AppointmentStatus.CANCELLED
    assert (appointment.cancellation_message, appointment.calendar_sequence) == ("Ill", 1)
    assert appointment.slot is not None
    assert taken(appointment.slot) == 0


def test_cancelling_twice_changes_nothing_more() -> None:
    appointment = book()
    lifecycle.cancel_appointment(appointment_id=appointment.pk, actor=VISITOR)
    lifecycle.cancel_appointment(appointment_id=appointment.pk, actor=VISITOR)
    assert appointment.slot is not None
    assert taken(appointment.slot) == 0
    assert len(status_entries(appointment)) == 2


def test_patients_keep_the_notice_of_the_location_and_staff_need_not() -> None:
    appointment = book(SlotFactory(starts_at=in_hours(1), location__cancel_notice_minutes=120))
    with pytest.raises(TooLate) as refused:
        lifecycle.cancel_appointment(appointment_id=appointment.pk, actor=VISITOR)
    assert "+44 20 7946 0018" in str(refused.value)
    with pytest.raises(TooLate):
        reschedule_appointment(appointment_id=appointment.pk, slot_id=SlotFactory().pk, actor=VISITOR)
    lifecycle.cancel_appointment(appointment_id=appointment.pk, actor=CLERK)


def test_nobody_checks_in_days_before_the_visit() -> None:
    with pytest.raises(WrongState, match="not due yet"):
        lifecycle.check_in_appointment(appointment_id=book(SlotFactory(starts_at=in_hours(30))).pk, actor=CLERK)


def test_a_visit_goes_from_check_in_to_completed() -> None:
    appointment = book(SlotFactory(starts_at=in_hours(1)))
    for step, status in (
        (lifecycle.check_in_appointment, AppointmentStatus.CHECKED_IN),
        (lifecycle.start_appointment, AppointmentStatus.IN_PROGRESS),
        (lifecycle.complete_appointment, AppointmentStatus.COMPLETED),
    ):
        step(appointment_id=appointment.pk, actor=CLERK)
        step(appointment_id=appointment.pk, actor=CLERK)
        appointment.refresh_from_db()
        assert appointment.status == status
    assert [entry.verb for entry in status_entries(appointment)] == [
        "appointment.book",
        "appointment.check_in",
        "appointment.start",
        "appointment.complete",
    ]


def test_nobody_is_a_no_show_before_the_visit_is_due() -> None:
    with pytest.raises(WrongState):
        lifecycle.mark_no_show(appointment_id=book().pk, actor=CLERK)
    due = book(SlotFactory(starts_at=in_hours(1)))
    with time_machine.travel(due.starts_at + timedelta(minutes=1)):
        assert lifecycle.mark_no_show(appointment_id=due.pk, actor=CLERK).status == AppointmentStatus.NO_SHOW


STEPS = {
    AppointmentStatus.CONFIRMED: lifecycle.confirm_appointment,
    AppointmentStatus.CHECKED_IN: lifecycle.check_in_appointment,
    AppointmentStatus.IN_PROGRESS: lifecycle.start_appointment,
    AppointmentStatus.COMPLETED: lifecycle.complete_appointment,
    AppointmentStatus.CANCELLED: lifecycle.cancel_appointment,
    AppointmentStatus.NO_SHOW: lifecycle.mark_no_show,
}


@pytest.mark.parametrize("start", list(AppointmentStatus))
@pytest.mark.parametrize("target", list(STEPS))
def test_only_the_steps_of_the_table_are_possible(start: AppointmentStatus, target: AppointmentStatus) -> None:
    appointment = book()
    late = in_hours(1)
    Appointment.objects.filter(pk=appointment.pk).update(
        status=start, expires_at=late if start == AppointmentStatus.PENDING else None
    )
    due = target in {AppointmentStatus.NO_SHOW, AppointmentStatus.CHECKED_IN}
    moment = (appointment.starts_at or late) + timedelta(minutes=1) if due else timezone.now()
    with time_machine.travel(moment, tick=False):
        if target == start or target in APPOINTMENT_TRANSITIONS[start]:
            assert STEPS[target](appointment_id=appointment.pk, actor=CLERK).status == target
        else:
            with pytest.raises(WrongState):
                STEPS[target](appointment_id=appointment.pk, actor=CLERK)
            appointment.refresh_from_db()
            assert appointment.status == start


def test_moving_frees_the_old_seat_and_carries_the_calendar_identity_on() -> None:
    old = book(reason="Cough")
    target = SlotFactory()
    new = reschedule_appointment(appointment_id=old.pk, slot_id=target.pk, actor=VISITOR)
    old.refresh_from_db()
    assert (old.status, old.successor_id) == (AppointmentStatus.RESCHEDULED, new.pk)
    assert (new.status, new.reason, new.patient_id) == (AppointmentStatus.CONFIRMED, "Cough", old.patient_id)
    assert (new.calendar_uid, new.calendar_sequence) == (old.calendar_uid, 1)
    assert new.secret != old.secret
    assert old.slot is not None
    assert (taken(old.slot), taken(target)) == (0, 1)


def test_asking_for_the_same_move_again_finds_the_same_successor() -> None:
    old, target = book(), SlotFactory()
    first = reschedule_appointment(appointment_id=old.pk, slot_id=target.pk, actor=VISITOR)
    again = reschedule_appointment(appointment_id=old.pk, slot_id=target.pk, actor=VISITOR)
    assert again.pk == first.pk
    with pytest.raises(WrongState):
        reschedule_appointment(appointment_id=old.pk, slot_id=SlotFactory().pk, actor=VISITOR)


def test_a_move_that_fails_keeps_the_old_seat() -> None:
    old, target = book(), SlotFactory()
    book(target)
    with pytest.raises(SlotTaken):
        reschedule_appointment(appointment_id=old.pk, slot_id=target.pk, actor=VISITOR)
    old.refresh_from_db()
    assert old.status == AppointmentStatus.CONFIRMED
    assert old.slot is not None
    assert taken(old.slot) == 1


def test_an_appointment_cannot_be_moved_to_where_it_is() -> None:
    appointment = book()
    with pytest.raises(SameSlot):
        reschedule_appointment(appointment_id=appointment.pk, slot_id=appointment.slot_id or 0, actor=VISITOR)


def test_a_move_may_overlap_the_time_it_leaves() -> None:
    start = in_hours(50)
    old = book(SlotFactory(starts_at=start))
    target = SlotFactory(starts_at=start + timedelta(minutes=10))
    assert reschedule_appointment(appointment_id=old.pk, slot_id=target.pk, actor=VISITOR).slot_id == target.pk


def test_a_move_can_use_a_seat_that_is_held() -> None:
    old, target = book(), SlotFactory()
    hold = hold_seat(slot_id=target.pk, holder="a", actor=VISITOR)
    new = reschedule_appointment(appointment_id=old.pk, slot_id=target.pk, hold_token=hold.token, actor=VISITOR)
    assert new.slot_id == target.pk
    assert taken(target) == 1
    assert not Hold.objects.exists()


def test_a_follow_up_is_for_the_same_patient_and_names_the_first_visit() -> None:
    first = book(reason="Knee")
    with pytest.raises(WrongState):
        book_follow_up(appointment_id=first.pk, slot_id=SlotFactory().pk, actor=CLERK)
    Appointment.objects.filter(pk=first.pk).update(status=AppointmentStatus.COMPLETED)
    later = book_follow_up(appointment_id=first.pk, slot_id=SlotFactory().pk, actor=CLERK)
    assert (later.follows_id, later.patient_id, later.type) == (first.pk, first.patient_id, "follow_up")


def test_saying_that_one_will_come_is_noted_once() -> None:
    appointment = book()
    first = lifecycle.confirm_attendance(appointment_id=appointment.pk, actor=VISITOR).attendance_confirmed_at
    again = lifecycle.confirm_attendance(appointment_id=appointment.pk, actor=VISITOR).attendance_confirmed_at
    assert first is not None
    assert again == first


def test_a_receiver_that_fails_rolls_the_change_back() -> None:
    appointment = book()

    def refuse(**_event: object) -> None:
        raise RuntimeError("the message could not be written")

    appointment_changed.connect(refuse)
    try:
        with pytest.raises(RuntimeError):
            lifecycle.cancel_appointment(appointment_id=appointment.pk, actor=VISITOR)
    finally:
        appointment_changed.disconnect(refuse)
    appointment.refresh_from_db()
    assert appointment.status == AppointmentStatus.CONFIRMED
    assert appointment.slot is not None
    assert taken(appointment.slot) == 1


def test_nobody_says_they_come_to_a_visit_that_was_cancelled_that_very_moment() -> None:
    appointment = book()

    def cancel() -> None:
        lifecycle.cancel_appointment(appointment_id=appointment.pk, actor=CLERK)

    with just_after_reading("scheduling_appointment", cancel), pytest.raises(WrongState):
        lifecycle.confirm_attendance(appointment_id=appointment.pk, actor=VISITOR)
    appointment.refresh_from_db()
    assert appointment.attendance_confirmed_at is None


def test_nobody_says_they_come_to_a_visit_that_is_over() -> None:
    appointment = book()
    assert appointment.ends_at is not None
    with time_machine.travel(appointment.ends_at), pytest.raises(WrongState):
        lifecycle.confirm_attendance(appointment_id=appointment.pk, actor=VISITOR)


def test_a_booking_is_to_be_confirmed_before_the_visit_begins_also_when_it_is_moved() -> None:
    far = SlotFactory(location__needs_confirmation=True, location__pending_minutes=7 * 24 * 60)
    near = SlotFactory(doctor=far.doctor, location=far.location, starts_at=far.starts_at - timedelta(hours=3))
    appointment = book(far)
    assert appointment.expires_at == far.starts_at
    moved = reschedule_appointment(appointment_id=appointment.pk, slot_id=near.pk, actor=VISITOR)
    assert moved.expires_at == near.starts_at


def test_a_pending_appointment_cannot_be_moved_once_its_time_ran_out() -> None:
    appointment = pending()
    assert appointment.expires_at is not None
    other = SlotFactory(doctor=appointment.doctor, location=appointment.location)
    with time_machine.travel(appointment.expires_at), pytest.raises(WrongState, match="run out"):
        reschedule_appointment(appointment_id=appointment.pk, slot_id=other.pk, actor=VISITOR)
    assert Slot.objects.get(pk=other.pk).taken == 0
