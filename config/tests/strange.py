"""Values that no page expects, and the way to try them everywhere."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import urlencode

from django.test import Client
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from config.tests.doors import DOORS, Door, addresses
from queueing.tests.factories import walk_in
from scheduling.models import Appointment, Hold
from scheduling.services.waitlist import join_waitlist
from scheduling.tests.factories import CLINIC, SlotFactory

NUMBERS = [
    "0",
    "-1",
    "9" * 18,
    str(2**63),
    "9" * 19,
    "9" * 5000,
    "1e3",
    "1.5",
    "0x10",
    "٣",
    "²",
    "½",
    "੩",
    "1_0",
    " 1",
    "NaN",
    "",
]
DAYS = ["2026-02-30", "0000-01-01", "0001-01-01", "10000-01-01", "9999-12-31", "2026-W01-1", "2026-13-01", "٢٠٢٦-٠١-٠١"]
DAYS += ["20260101", "2026-1-1", "01/02/2026", "tomorrow", "-2026-01-01", "2026-01-01T00:00:00", "999999999-01-01"]
TEXTS = ["<b>", "a\r\nSet-Cookie: x=1", "\u202e", "x" * 3000, "[]", "{}", "../../etc/passwd", "%00", "\\x00", "null"]
BAD = [*NUMBERS, *DAYS, *TEXTS]
PARAMETERS = [
    *("specialty", "location", "doctor", "day", "month", "slot", "lost", "why", "version", "from", "back", "page"),
    *("patient", "new", "q", "view", "date", "move", "next", "secret", "token", "starts_at_from", "starts_at_to"),
    *("created_at_from", "date_of_birth_to", "o", "p", "e", "free", "status__exact", "all", "_popup", "_to_field"),
    *("doctor__id__exact", "location__id__exact", "slot__doctor__id__exact", "s", "term", "app_label", "model_name"),
    "field_name",
]


def everywhere(appointment: Appointment, *, staff: bool = False) -> Iterator[str]:
    """Every page that opens, filled with real keys."""
    slot = SlotFactory(doctor=appointment.doctor, location=appointment.location)
    kept = Hold.objects.create(
        slot=slot, expires_at=timezone.now() + timedelta(minutes=5), holder=f"move:{appointment.pk}"
    )
    today = timezone.localdate()
    wait = join_waitlist(
        patient=appointment.patient, doctor_id=slot.doctor_id, earliest_date=today, latest_date=today, actor=CLINIC
    )
    place = walk_in(slot.doctor, slot.location).secret
    secrets = {":waitlist": wait.secret, ":token": place, ":ticket": place}
    for name, _pattern in addresses():
        if (DOORS.get(name) == Door.STAFF) != staff or name in {"account_logout", "admin:logout"}:
            continue
        for kwargs in (
            {},
            {"token": kept.token},
            {"secret": next((secret for part, secret in secrets.items() if part in name), appointment.secret)},
            {"secret": appointment.secret, "token": kept.token},
            {"patient_id": appointment.patient_id},
            {"appointment_id": appointment.pk},
            {"slug": appointment.location.slug},
        ):
            try:
                yield reverse(name, kwargs=kwargs)
            except NoReverseMatch:
                continue
            break


def strange(values: list[str], *, parts: int) -> Iterator[str]:
    """Queries in which every parameter has a strange value; each value comes to each parameter in turn."""
    for shift in range(parts):
        yield urlencode({name: values[(place + shift) % len(values)] for place, name in enumerate(PARAMETERS)})


def faults(client: Client, asked: list[str]) -> list[str]:
    """The addresses that were answered by a fault of ours."""
    client.raise_request_exception = False
    answers = ((address, client.get(address)) for address in asked)
    return [
        f"{address[:300]}: {answer.status_code}"
        for address, answer in answers
        if (answer.status_code >= 500 and not address.startswith("/health/")) or "Set-Cookie: x" in str(answer.headers)
    ]
