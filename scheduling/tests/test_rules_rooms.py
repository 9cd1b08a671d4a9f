"""Who may hear what, live: one line for each role and room, and the same answer as the pages give."""

from __future__ import annotations

import itertools

import pytest

from scheduling import rules
from scheduling.models import Appointment
from scheduling.selectors.people import visits_of
from scheduling.states import Source
from scheduling.tests.factories import PatientFactory, SlotFactory, book

pytestmark = pytest.mark.django_db


def hearing_of(clinic, name):
    user = clinic.users[name]
    return rules.hearings_of([user])[user.pk]


def behind(clinic, name, room):
    return rules.rooms_of(hearing_of(clinic, name), *clinic.rooms()[room])


def visit(clinic, doctor, place, **changes):
    slot = SlotFactory(doctor=clinic.doctors[doctor], location=place)
    return book(slot, patient=changes.pop("patient", clinic.family), **changes)


PLACES = [("both", "here"), ("both", "there"), ("here", "here"), ("there", "there")]
EVERYWHERE = frozenset(PLACES)
HERE = frozenset({("both", "here"), ("here", "here")})
OF_BOTH = frozenset({("both", "here"), ("both", "there")})

VISITS = {
    ("patient", "user patient"): EVERYWHERE,
    ("both", "doctor both"): OF_BOTH,
    ("both", "here"): {("both", "here")},
    ("both", "there"): {("both", "there")},
    ("doctor here", "doctor here"): {("here", "here")},
    ("doctor here", "here"): {("here", "here")},
    ("desk here", "doctor both"): {("both", "here")},
    ("desk here", "doctor here"): {("here", "here")},
    ("desk here", "here"): HERE,
    ("desk everywhere", "doctor both"): OF_BOTH,
    ("desk everywhere", "doctor here"): {("here", "here")},
    ("desk everywhere", "doctor there"): {("there", "there")},
    ("desk everywhere", "here"): HERE,
    ("desk everywhere", "there"): EVERYWHERE - HERE,
    **{
        (boss, room): heard
        for boss in ("manager", "root")
        for room, heard in {
            "doctor both": OF_BOTH,
            "doctor here": {("here", "here")},
            "doctor there": {("there", "there")},
            "here": HERE,
            "there": EVERYWHERE - HERE,
            "admin": EVERYWHERE,
        }.items()
    },
}
"""Who hears of which visits (doctor, place) in which room. Whatever is not here, nobody hears."""

SLOTS = {
    ("both", "doctor both"): OF_BOTH,
    ("both", "doctor here"): {("here", "here")},
    ("both", "doctor there"): {("there", "there")},
    ("both", "here"): HERE,
    ("both", "there"): EVERYWHERE - HERE,
    ("doctor here", "doctor both"): {("both", "here")},
    ("doctor here", "doctor here"): {("here", "here")},
    ("doctor here", "here"): HERE,
    **{key: heard for key, heard in VISITS.items() if key[0] in ("desk here", "desk everywhere", "manager", "root")},
}
"""The same for slots, which all staff of a place may see."""


def heard(clinic, name, room, events):
    """Of these events, each with its narrow rooms, those that reach the person in that room."""
    opened = behind(clinic, name, room)
    return {key for key, rooms in events.items() if opened & set(rooms)}


def everything_heard(clinic, events):
    found = {
        (name, room): heard(clinic, name, room, events)
        for name, room in itertools.product(clinic.users, clinic.rooms())
    }
    return {key: set(told) for key, told in found.items() if told}


def test_each_role_hears_of_its_visits_in_each_room_and_of_no_others(clinic):
    events = {
        (doctor, place): rules.rooms_of_visit(visit(clinic, doctor, getattr(clinic, place))) for doctor, place in PLACES
    }
    assert everything_heard(clinic, events) == {key: set(told) for key, told in VISITS.items()}


def test_each_role_hears_of_the_slots_of_its_places(clinic):
    events = {
        (doctor, place): rules.rooms_of_slots(
            doctor_id=clinic.doctors[doctor].pk, location_id=getattr(clinic, place).pk
        )
        for doctor, place in PLACES
    }
    assert everything_heard(clinic, events) == {key: set(told) for key, told in SLOTS.items()}


def test_rooms_say_the_same_as_the_pages(clinic):
    for doctor, place in PLACES:
        for patient in (clinic.family, clinic.stranger, PatientFactory()):
            made = visit(clinic, doctor, getattr(clinic, place), patient=patient)
            Appointment.objects.filter(pk=made.pk).update(booked_by=clinic.users["desk here"], source=Source.ADMIN)
        clinic_web = visit(clinic, doctor, getattr(clinic, place), patient=PatientFactory())
        Appointment.objects.filter(pk=clinic_web.pk).update(booked_by=clinic.users["desk here"], source=Source.WEB)
    told = {made.pk: set(rules.rooms_of_visit(made)) for made in Appointment.objects.all()}
    assert len(told) == 16
    for name, user in clinic.users.items():
        opened = set().union(*(behind(clinic, name, room) for room in clinic.rooms()))
        pages = rules.appointments_visible_to(user).values_list("pk", flat=True)
        own = visits_of(user).values_list("pk", flat=True)
        assert {pk for pk, rooms in told.items() if rooms & opened} == {*pages, *own}, name


def test_who_may_not_act_hears_nothing(clinic):
    for user in clinic.users.values():
        user.is_active = False
        user.save()
    assert rules.hearings_of(clinic.users.values()) == {}


def test_rooms_that_do_not_exist_are_nobodys(clinic):
    for name in clinic.users:
        assert rules.rooms_of(hearing_of(clinic, name), "nonsense", 1) == frozenset()


def test_what_people_may_hear_costs_the_same_for_one_and_for_all(clinic, django_assert_num_queries):
    with django_assert_num_queries(3):
        rules.hearings_of([clinic.users["both"]])
    with django_assert_num_queries(3):
        assert len(rules.hearings_of(clinic.users.values())) == len(clinic.users)
