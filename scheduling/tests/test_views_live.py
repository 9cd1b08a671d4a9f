"""Which pages hear of changes through a socket, and what they say to it."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse

from scheduling.clock import local_date
from scheduling.tests.factories import SlotFactory, book, in_hours

pytestmark = pytest.mark.django_db


@pytest.fixture
def slot():
    return SlotFactory(starts_at=in_hours(48).replace(hour=10))


def page(client, slot, doctor=None):
    day = local_date(slot.starts_at, slot.location.zone)
    query = {"specialty": slot.doctor.specialty_id, "location": slot.location_id, "doctor": doctor or slot.doctor_id}
    return client.get(reverse("scheduling:book_time"), query | {"day": day.isoformat()}).content.decode()


def live_address(html):
    found = re.search(r'data-live="([^"]+)"', html)
    return found and found[1].replace("&amp;", "&")


def test_the_page_of_one_doctors_times_hears_of_that_day(client, settings, slot):
    settings.LIVE_UPDATES = True
    day = local_date(slot.starts_at, slot.location.zone)
    html = page(client, slot)
    assert live_address(html) == f"/ws/slots/{slot.doctor_id}/?day={day}&location={slot.location_id}&language=en"
    assert f'id="slots-{slot.doctor_id}-{day}"' in html
    assert "hx-swap-oob" not in html


def test_so_does_the_page_that_moves_an_appointment(client, settings, slot):
    settings.LIVE_UPDATES = True
    visit = book(SlotFactory(doctor=slot.doctor, location=slot.location, starts_at=in_hours(72)))
    html = client.get(reverse("scheduling:reschedule", args=[visit.secret])).content.decode()
    assert live_address(html).startswith(f"/ws/slots/{slot.doctor_id}/?day=")


def test_the_first_available_doctor_is_looked_for_again_and_again(client, settings, slot):
    settings.LIVE_UPDATES = True
    html = page(client, slot, doctor="any")
    assert live_address(html) is None
    assert 'hx-trigger="every 5s' in html


def test_switched_off_pages_only_look_again(client, slot):
    html = page(client, slot)
    assert live_address(html) is None
    assert 'hx-trigger="every 5s' in html


def test_browsers_let_pages_open_sockets_to_us_and_to_nobody_else(client, slot):
    policy = client.get("/").headers["Content-Security-Policy"]
    assert "connect-src 'self';" in policy + ";"
