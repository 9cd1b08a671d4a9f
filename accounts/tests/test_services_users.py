"""Registering people, and what their roles let them do."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group

from accounts.actors import Actor, system
from accounts.models import AuditEntry, User
from accounts.roles import Role
from accounts.services.users import ContactTaken, assign_role, deactivate_user, register_user, set_roles
from accounts.tests.factories import make_user

pytestmark = pytest.mark.django_db


def test_the_four_roles_are_there_from_the_first_migration() -> None:
    assert set(Group.objects.values_list("name", flat=True)) == set(Role.values)


def test_staff_roles_open_the_back_office_and_their_loss_closes_it() -> None:
    user = make_user()
    assert not user.is_staff
    assign_role(user=user, role=Role.RECEPTION, actor=system("test"))
    assert User.objects.get(pk=user.pk).is_staff
    assert set(user.groups.values_list("name", flat=True)) == {"patient", "reception"}
    set_roles(user=user, roles=[Role.PATIENT], actor=system("test"))
    assert not User.objects.get(pk=user.pk).is_staff


def test_a_superuser_stays_staff_without_a_role() -> None:
    boss = User.objects.create_superuser("boss@example.org", "x")
    set_roles(user=boss, roles=[], actor=system("test"))
    assert User.objects.get(pk=boss.pk).is_staff


@pytest.mark.django_db(transaction=True)
def test_a_taken_contact_is_refused_with_a_sentence() -> None:
    make_user(email="ann@example.org")
    with pytest.raises(ContactTaken) as refused:
        register_user(email="ANN@example.org", verified=True, actor=system("test"))
    assert refused.value.code == "contact_taken"
    assert User.objects.count() == 1


def test_every_change_of_access_is_in_the_trail() -> None:
    user = make_user()
    actor = Actor(label="user:99", address="203.0.113.9")
    assign_role(user=user, role=Role.DOCTOR, actor=actor)
    deactivate_user(user=user, actor=actor)
    entries = AuditEntry.objects.filter(actor="user:99").order_by("id")
    assert {(entry.verb, entry.object_type, entry.action) for entry in entries} == {
        ("user.assign_role", "accounts_user_groups", "insert"),
        ("user.assign_role", "accounts_user", "update"),
        ("user.deactivate", "accounts_user", "update"),
    }
    assert [bool(value) for value in entries[len(entries) - 1].changes["is_active"]] == [True, False]
