"""Locations in the back office."""

from __future__ import annotations

from typing import Any

import pytest
from django.forms.models import model_to_dict
from django.urls import reverse

from accounts.roles import Role
from scheduling.models import Location
from scheduling.tests.back_office import staff
from scheduling.tests.factories import LocationFactory, SlotFactory

pytestmark = pytest.mark.django_db


def save(location: Location, **changes: Any) -> Any:
    """A manager saves the form of a location."""
    url = reverse("admin:scheduling_location_change", args=[location.pk])
    return staff(Role.MANAGER).post(url, {**model_to_dict(location), "is_active": "on", **changes})


def test_the_clock_of_a_location_is_put_right_while_nothing_hangs_on_it() -> None:
    location = LocationFactory()
    save(location, time_zone="Asia/Kolkata")
    location.refresh_from_db()
    assert location.time_zone == "Asia/Kolkata"


def test_the_clock_stays_while_there_are_slots_to_come() -> None:
    location = SlotFactory().location
    said = save(location, time_zone="Asia/Kolkata", name="Renamed").content.decode()
    assert "made by the old clock" in said
    save(location, name="Renamed")
    location.refresh_from_db()
    assert (location.time_zone, location.name) == ("Europe/London", "Renamed")


def test_a_doctor_leaves_a_place_only_when_no_slots_are_to_come_there() -> None:
    slot = SlotFactory()
    doctor, elsewhere = slot.doctor, LocationFactory()
    url = reverse("admin:scheduling_doctor_change", args=[doctor.pk])
    form = {**model_to_dict(doctor, exclude=["photo", "user"]), "is_active": "on", "locations": [elsewhere.pk]}
    said = staff(Role.MANAGER).post(url, form).content.decode()
    assert f"There are slots to come at {slot.location.name}" in said
    assert list(doctor.locations.all()) == [slot.location]
    slot.delete()
    assert staff(Role.MANAGER).post(url, form).status_code == 302
    assert list(doctor.locations.all()) == [elsewhere]


@pytest.mark.parametrize("role", [Role.RECEPTION, Role.MANAGER])
def test_the_list_of_locations_leads_to_what_runs_there(role: Role) -> None:
    place, closed = LocationFactory(), LocationFactory(is_active=False)
    client = staff(role, place, closed)
    page = client.get(reverse("admin:scheduling_location_changelist")).content.decode()
    for name in ("desk_location", "board", "kiosk"):
        address = reverse(f"queueing:{name}", args=[place.slug])
        assert f'href="{address}"' in page
        assert client.get(address).status_code == 200
        assert reverse(f"queueing:{name}", args=[closed.slug]) not in page
