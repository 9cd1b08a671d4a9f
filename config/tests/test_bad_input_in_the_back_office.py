"""Bad input in the back office: staff, too, get a sentence, never a fault of ours."""

from __future__ import annotations

from urllib.parse import quote, urlencode

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from accounts.models import User
from accounts.roles import Role
from accounts.services.users import register_user
from config.tests.strange import BAD, DAYS, NUMBERS, everywhere, faults, strange
from scheduling.models import Appointment
from scheduling.tests.factories import CLINIC, SlotFactory, book, in_hours

pytestmark = pytest.mark.django_db

BACKEND = settings.AUTHENTICATION_BACKENDS[1]


@pytest.fixture
def appointment() -> Appointment:
    return book(SlotFactory(starts_at=in_hours(72)))


def test_no_strange_value_in_a_query_is_our_fault_in_the_back_office(client: Client, appointment: Appointment) -> None:
    client.force_login(User.objects.create_superuser("root@example.org", "x"), BACKEND)
    pages = list(everywhere(appointment, staff=True))
    assert len(pages) > 40
    calendar, book_page = reverse("scheduling_admin:calendar"), reverse("scheduling_admin:book")
    asked = [f"{address}?{query}" for address in pages for query in strange(BAD, parts=2)]
    asked += [f"{calendar}?{urlencode({name: value})}" for name in ("doctor", "move") for value in NUMBERS]
    asked += [f"{calendar}?{urlencode({'date': value})}" for value in DAYS]
    asked += [f"{book_page}?{urlencode({name: value})}" for name in ("slot", "patient", "doctor") for value in NUMBERS]
    asked += [f"{book_page}?{urlencode({'day': value, 'doctor': appointment.doctor_id})}" for value in DAYS]
    dates = {"scheduling_slot": "starts_at", "scheduling_appointment": "starts_at", "scheduling_patient": "created_at"}
    dates |= {"accounts_user": "last_login", "accounts_auditentry": "at"}
    for label, column in dates.items():
        changelist = reverse(f"admin:{label}_changelist")
        asked += [f"{changelist}?{urlencode({f'{column}_{end}': day})}" for day in DAYS for end in ("from", "to")]
    for parameter in ("doctor__id__exact", "id__exact", "id", "pk__in", "p", "o", "q"):
        changelist = reverse("admin:scheduling_slot_changelist")
        asked += [f"{changelist}?{urlencode({parameter: value})}" for value in NUMBERS]
    assert faults(client, asked) == []


@pytest.mark.parametrize("key", [*NUMBERS[:10], "abc", "a/b", "<b>", "None", "1,2", "x" * 2000])
def test_no_strange_key_of_a_record_is_our_fault(client: Client, key: str) -> None:
    client.force_login(User.objects.create_superuser("root@example.org", "x"), BACKEND)
    asked = [
        reverse(f"admin:{label}_{name}", args=[key])
        for label in ("scheduling_patient", "scheduling_appointment", "scheduling_availability", "accounts_user")
        for name in ("change", "history", "delete")
        if key
    ]
    asked += [f"/admin/scheduling/appointment/{quote(key, safe='')}/{name}/" for name in ("move", "follow-up")]
    asked += [f"/me/family/{quote(key, safe='')}/", f"/admin/r/{quote(key, safe='')}/1/"]
    assert faults(client, asked) == []


def test_staff_forms_refuse_strange_values_with_a_sentence(client: Client, appointment: Appointment) -> None:
    user = register_user(email="desk@example.org", roles=[Role.MANAGER], verified=True, actor=CLINIC)
    client.force_login(user, BACKEND)
    client.raise_request_exception = False
    bad = []
    for value in [*NUMBERS, *DAYS]:
        bulk = dict.fromkeys(("doctor", "location", "start_date", "end_date", "capacity", "duration_minutes"), value)
        leave = dict.fromkeys(("doctor", "location", "start_date", "end_date", "start_time", "reason"), value)
        action = {
            "action": "cancel",
            "_selected_action": value,
            "confirmed": "yes",
            f"decision_{value}": f"move:{value}",
        }
        for name, body in (
            ("scheduling_admin:bulk_slots", bulk),
            ("admin:scheduling_timeoff_add", leave | {f"decision_{value}": f"move:{value}"}),
            ("admin:scheduling_slot_add", leave | {"date": value, "minutes": value, "capacity": value}),
            (
                "admin:scheduling_patient_add",
                {"date_of_birth": value, "phone": value, "first_name": "A", "last_name": "B"},
            ),
            ("admin:scheduling_appointment_changelist", action),
        ):
            answer = client.post(reverse(name), body)
            if answer.status_code >= 500:
                bad.append(f"{name} {value!r}: {answer.status_code}")
    assert bad == []
    assert Appointment.objects.get(pk=appointment.pk).status == "confirmed"
