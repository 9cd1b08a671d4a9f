"""`manage.py demo` makes a clinic in which there is something to see everywhere, and never in somebody's way."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, time
from io import StringIO
from zoneinfo import ZoneInfo

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.core.management import CommandError, call_command
from django.db import transaction
from phonenumbers import is_valid_number

from accounts.models import AuditEntry, User
from accounts.roles import Role
from scheduling.demo.edge_cases import nights_of_change
from scheduling.demo.names import FICTIONAL_EXCHANGES
from scheduling.models import Appointment, Doctor, Hold, Location, Patient, Slot, WaitlistEntry
from scheduling.states import SEATED, AppointmentStatus, WaitlistStatus

WEDNESDAY_MORNING = datetime(2026, 11, 18, 11, 10, tzinfo=UTC)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _a_wednesday_morning():
    with time_machine.travel(WEDNESDAY_MORNING, tick=False):
        yield


def demo(*arguments: str) -> str:
    """Run the command and return what it printed."""
    output = StringIO()
    call_command("demo", *arguments, stdout=output)
    return output.getvalue()


def test_there_is_something_to_see_in_every_state():
    demo("--password", "a long enough password")
    assert Location.objects.count() == 2
    assert Doctor.objects.count() == 14
    assert Doctor.objects.values("specialty").distinct().count() == 8
    assert set(Appointment.objects.values_list("status", flat=True)) == set(AppointmentStatus.values)
    now = Appointment.objects.filter(starts_at__lte=WEDNESDAY_MORNING, ends_at__gt=WEDNESDAY_MORNING)
    assert now.filter(status=AppointmentStatus.IN_PROGRESS).exists()
    assert Slot.objects.filter(starts_at__gt=WEDNESDAY_MORNING, taken=0).count() > 500
    assert Counter(WaitlistEntry.objects.values_list("status", flat=True))[WaitlistStatus.OFFERED] == 1


def test_every_slot_is_as_taken_as_its_claims_say():
    demo()
    claims = Counter(Appointment.objects.filter(status__in=SEATED, slot__isnull=False).values_list("slot", flat=True))
    claims += Counter(Hold.objects.values_list("slot", flat=True))
    assert {slot.pk: slot.taken for slot in Slot.objects.filter(taken__gt=0)} == dict(claims)


def test_somebody_of_every_role_can_sign_in_with_the_printed_password():
    printed = demo("--password", "a long enough password")
    for role in Role:
        user = User.objects.filter(groups__name=role).first()
        assert user is not None
        assert user.email in printed
        assert user.check_password("a long enough password")
        assert user.is_staff == (role != Role.PATIENT)
    assert EmailAddress.objects.get(email="patient@demo.example").verified


def test_a_mother_looks_after_two_children_on_one_phone():
    demo()
    mother = User.objects.get(email="patient@demo.example")
    family = Patient.objects.filter(user=mother)
    assert family.count() == 3
    assert len({patient.phone for patient in family}) == 1
    assert Appointment.objects.filter(patient__in=family, status=AppointmentStatus.CONFIRMED).count() >= 3


def test_no_telephone_number_or_address_can_reach_anybody():
    demo()
    for patient in Patient.objects.all():
        assert not patient.phone or is_valid_number(patient.phone)
        assert not patient.phone or patient.phone.as_e164[:-3] in FICTIONAL_EXCHANGES
        assert not patient.email or patient.email.endswith("@demo.example")
    assert all(doctor.email.endswith("@demo.example") for doctor in Doctor.objects.all())


def test_the_same_seed_makes_the_same_clinic_and_another_seed_another_one():
    def made(seed: str) -> tuple[list[object], ...]:
        with transaction.atomic():
            demo("--seed", seed)
            seen = (
                list(Patient.objects.order_by("pk").values_list("first_name", "last_name", "date_of_birth", "phone")),
                list(
                    Slot.objects.order_by("doctor__name", "starts_at").values_list("doctor__name", "starts_at", "taken")
                ),
                list(
                    Appointment.objects.order_by(
                        "starts_at", "doctor__name", "patient__last_name", "reason"
                    ).values_list("starts_at", "doctor__name", "patient__last_name", "reason", "status")
                ),
            )
            transaction.set_rollback(True)
        return seen

    assert made("7") == made("7")
    assert made("7")[0] != made("8")[0]


def test_a_database_in_use_is_left_alone():
    demo("--doctors", "2", "--patients", "5")
    with pytest.raises(CommandError, match="in use"):
        demo()
    assert demo("--if-empty") == ""
    assert Patient.objects.count() == 5


def test_the_clinic_can_be_put_beside_what_is_there():
    demo("--doctors", "3", "--patients", "5")
    demo("--add", "--doctors", "3", "--patients", "5")
    assert Location.objects.count() == 2
    assert Doctor.objects.count() == 6
    assert Patient.objects.count() == 10


def test_a_dry_run_says_what_it_would_make_and_makes_nothing():
    assert demo("--dry-run").startswith("Would make 2 locations, 14 doctors")
    assert not Location.objects.exists()
    assert not AuditEntry.objects.exists()


def test_size_is_as_asked_for():
    demo("--doctors", "20", "--days", "3", "--patients", "40")
    assert Doctor.objects.count() == 20
    assert Patient.objects.count() == 40
    assert Slot.objects.latest("starts_at").starts_at.date() <= datetime(2026, 11, 20).date()


@pytest.mark.parametrize("option", ["--doctors", "--days", "--patients"])
def test_a_clinic_of_nothing_is_refused(option):
    with pytest.raises(CommandError, match="at least 1"):
        demo(option, "0")


def test_edge_cases_bring_odd_zones_midnight_and_both_clock_changes():
    demo("--edge-cases", "--doctors", "1", "--patients", "5", "--days", "4")
    kolkata = Slot.objects.filter(location__slug="kolkata")
    wall_times = {slot.starts_at.astimezone(ZoneInfo("Asia/Kolkata")).time() for slot in kolkata}
    assert time(9) in wall_times
    assert any(wall < time(2) for wall in wall_times)
    assert time(3, 30) in {slot.starts_at.time() for slot in kolkata}  # nine o'clock is half past three in UTC
    for slug in ("night-surgery", "lord-howe", "hudson"):
        zone = Location.objects.get(slug=slug).zone
        nights = nights_of_change(zone, WEDNESDAY_MORNING.date())
        offsets = {
            night: {
                slot.starts_at.astimezone(zone).utcoffset()
                for slot in Slot.objects.filter(location__slug=slug, availability__valid_until=night)
            }
            for night in nights
        }
        assert [len(found) for found in offsets.values()] == [2, 2]
