"""Who sees and works which queue: the rules that pages, API, admin and sockets ask."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser

from accounts.roles import Role
from queueing import rules
from queueing.models import EmergencyRequest, Queue, QueuePolicy, Token
from queueing.services.emergencies import raise_emergency
from queueing.states import EmergencySource
from queueing.tests.factories import a_doctor, walk_in
from scheduling.models import Doctor, StaffAssignment
from scheduling.tests.api import program_of
from scheduling.tests.factories import CLINIC, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def people():
    """Two doctors of one place and one elsewhere, with somebody waiting for each, and who works there."""
    first, here = a_doctor()
    second, _here = a_doctor(here)
    third, there = a_doctor()
    for doctor, place in ((first, here), (second, here), (third, there)):
        walk_in(doctor, place)
        QueuePolicy.objects.get_or_create(location=place)
    for place in (here, there):
        raise_emergency(location=place, source=EmergencySource.STAFF, actor=CLINIC)
    doctor = program_of(Role.DOCTOR).user
    Doctor.objects.filter(pk=first.pk).update(user=doctor)
    unnamed = UserFactory(is_staff=True)
    StaffAssignment.objects.create(user=unnamed).locations.set([here])
    return {
        "doctor": doctor,
        "desk": program_of(Role.RECEPTION, here).user,
        "manager": program_of(Role.MANAGER).user,
        "root": UserFactory(is_superuser=True, is_staff=True),
        "patient": UserFactory(),
        "staff without a role": unnamed,
        "visitor": AnonymousUser(),
        "nowhere": program_of(Role.RECEPTION).user,
    }


SEEN = {
    "doctor": (1, 1, 1),
    "desk": (2, 1, 1),
    "manager": (3, 2, 2),
    "root": (3, 2, 2),
    "patient": (0, 0, 0),
    "staff without a role": (0, 0, 0),
    "visitor": (0, 0, 0),
    "nowhere": (0, 0, 0),
}
"""How many queues, places with a desk, and emergencies each of them sees."""


@pytest.mark.parametrize("name", SEEN)
def test_each_role_sees_its_queues_desks_and_emergencies(people, name):
    user = people[name]
    seen = (
        rules.queues_visible_to(user).count(),
        rules.locations_with_desk(user).count(),
        rules.emergencies_visible_to(user).count(),
    )
    assert seen == SEEN[name]
    assert rules.tokens_visible_to(user).count() == SEEN[name][0]
    assert rules.policies_visible_to(user).count() == SEEN[name][1]


@pytest.mark.parametrize("name", SEEN)
def test_whoever_sees_a_queue_works_it_and_nobody_else(people, name):
    visible = set(rules.queues_visible_to(people[name]))
    for queue in Queue.objects.all():
        assert rules.may_act_on(people[name], queue) == (queue in visible)


def test_doctors_say_how_their_own_day_goes_and_register_nobody(people):
    assert rules.doctors_whose_day_is_kept_by(people["doctor"]).count() == 1
    assert rules.doctors_whose_day_is_kept_by(people["desk"]).count() == 2
    assert rules.doctors_whose_day_is_kept_by(people["manager"]).count() == 3
    assert not rules.doctors_whose_day_is_kept_by(people["staff without a role"]).exists()
    assert not rules.registers_walk_ins_at(people["doctor"]).exists()
    assert rules.registers_walk_ins_at(people["desk"]).count() == 1


def test_patients_find_the_places_of_their_family(people):
    token = Token.objects.order_by("pk")[0]
    token.patient.user = people["patient"]
    token.patient.save()
    assert list(rules.tokens_open_to(people["patient"])) == [token]
    assert not rules.tokens_open_to(people["visitor"]).exists()
    assert rules.tokens_open_to(people["desk"]).count() == 2


def test_who_is_sent_away_sees_nothing_any_more(people):
    for user in (people["desk"], people["manager"]):
        user.is_active = False
        assert not rules.queues_visible_to(user).exists()
        assert not rules.emergencies_visible_to(user).exists()
    assert EmergencyRequest.objects.count() == 2
