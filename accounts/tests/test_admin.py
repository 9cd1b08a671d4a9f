"""Users and the audit trail in the back office."""

from __future__ import annotations

from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.actors import system
from accounts.models import AuditEntry, ContactClaim, User
from accounts.roles import Role
from accounts.selectors.sign_ins import live_sign_ins
from accounts.services.sign_ins import sign_in
from accounts.services.users import register_user

pytestmark = pytest.mark.django_db


def person(role: Role | None = None, **more: Any) -> User:
    """Somebody with a role."""
    number = User.objects.count()
    user = User.objects.create_user(f"person{number}@example.org", "a long enough password", **more)
    if role is not None:
        user.groups.add(Group.objects.get_or_create(name=role)[0])
    return user


def signed_in(user: User) -> Client:
    """Their browser."""
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def manager() -> Client:
    """A manager's browser."""
    return signed_in(person(Role.MANAGER, is_staff=True))


def test_a_manager_makes_somebody_staff_by_giving_a_role(manager: Client) -> None:
    manager.post(
        reverse("admin:accounts_user_add"),
        {"full_name": "Dev", "email": "Dev@Example.org", "language": "en", "roles": ["reception"], "is_active": "on"},
    )
    made = User.objects.get(email="dev@example.org")
    assert made.is_staff
    assert [group.name for group in made.groups.all()] == ["reception"]
    assert not made.has_usable_password()


def test_taking_the_role_away_ends_the_way_in(manager: Client) -> None:
    user = person(Role.RECEPTION, is_staff=True)
    url = reverse("admin:accounts_user_change", args=[user.pk])
    manager.post(url, {"email": user.email, "language": "en", "roles": [], "is_active": "on"})
    user.refresh_from_db()
    assert not user.is_staff


def test_an_address_that_a_manager_replaces_opens_no_door_any_more(manager: Client) -> None:
    user = person(Role.RECEPTION, is_staff=True)
    old = user.email
    EmailAddress.objects.create(user=user, email=old, verified=True, primary=True)
    url = reverse("admin:accounts_user_change", args=[user.pk])
    manager.post(url, {"email": "new@example.org", "language": "en", "roles": ["reception"], "is_active": "on"})

    assert _way_in(old) == ""
    assert _way_in("new@example.org") == reverse("admin:index")


def _way_in(login: str) -> str:
    """Where signing in by this address leads, if anywhere."""
    answer = Client().post(reverse("account_login"), {"login": login, "password": "a long enough password"})
    return answer.headers.get("Location", "")


def test_an_address_of_somebody_else_is_refused_beside_its_field(manager: Client) -> None:
    other, user = person(), person()
    EmailAddress.objects.create(user=other, email="second@example.org", verified=True, primary=False)
    url = reverse("admin:accounts_user_change", args=[user.pk])
    answer = manager.post(url, {"email": "second@example.org", "language": "en", "is_active": "on"})
    assert "email" in answer.context["adminform"].form.errors
    user.refresh_from_db()
    assert user.email != "second@example.org"


def test_nobody_lifts_themselves_up(manager: Client) -> None:
    chief = person(is_staff=True, is_superuser=True)
    url = reverse("admin:accounts_user_change", args=[chief.pk])
    assert manager.post(url, {"email": "mine@example.org", "language": "en"}).status_code == 403
    password = reverse("admin:auth_user_password_change", args=[chief.pk])
    assert manager.post(password, {"password1": "mine mine mine", "password2": "mine mine mine"}).status_code == 403
    own = User.objects.get(pk=manager.session["_auth_user_id"])
    manager.post(
        reverse("admin:accounts_user_change", args=[own.pk]),
        {"email": own.email, "language": "en", "roles": ["manager"], "is_active": "on", "is_superuser": "on"},
    )
    own.refresh_from_db()
    assert not own.is_superuser


@pytest.mark.parametrize("role", [Role.RECEPTION, Role.DOCTOR])
def test_users_and_the_audit_trail_are_for_managers(role: Role) -> None:
    client = signed_in(person(role, is_staff=True))
    for name in ("user", "auditentry", "auditseal", "attemptcounter"):
        assert client.get(reverse(f"admin:accounts_{name}_changelist")).status_code == 403


def test_the_audit_trail_is_only_read_even_by_a_superuser() -> None:
    client = signed_in(person(is_staff=True, is_superuser=True))
    person()
    entry = AuditEntry.objects.latest("pk")
    assert client.get(reverse("admin:accounts_auditentry_change", args=[entry.pk])).status_code == 200
    assert client.get(reverse("admin:accounts_auditentry_add")).status_code == 403
    for name in ("change", "delete"):
        url = reverse(f"admin:accounts_auditentry_{name}", args=[entry.pk])
        assert client.post(url, {"post": "yes", "verb": "x"}).status_code == 403
    assert AuditEntry.objects.filter(pk=entry.pk, verb=entry.verb).exists()


def test_who_acted_is_named(manager: Client) -> None:
    user = person(full_name="Olivia Hart")
    AuditEntry.objects.create(
        at=user.date_joined, actor=f"user:{user.pk}", verb="x.y", action="view", object_type="t", object_id="1"
    )
    assert "Olivia Hart" in manager.get(reverse("admin:accounts_auditentry_changelist")).content.decode()


def test_a_user_is_found_by_phone_in_any_spelling(manager: Client) -> None:
    user = person(phone="+442079460018")
    found = manager.get(reverse("admin:accounts_user_changelist"), {"q": "020 7946 0018"})
    assert list(found.context["cl"].result_list) == [user]


def test_a_manager_sees_who_is_signed_in_by_a_program_and_ends_it(manager: Client) -> None:
    user, boss = person(), person(is_staff=True, is_superuser=True)
    tokens, the_boss = (sign_in(user=one, actor=system("test")) for one in (user, boss))
    page = manager.get(reverse("admin:accounts_user_change", args=[user.pk])).content.decode()
    assert "last used" in page
    manager.post(
        reverse("admin:accounts_user_changelist"),
        {"action": "sign_out_programs", ACTION_CHECKBOX_NAME: [user.pk, boss.pk]},
    )
    assert live_sign_ins([tokens.sign_in.pk, the_boss.sign_in.pk]) == {the_boss.sign_in.pk}
    assert AuditEntry.objects.filter(action="sign_out", object_id=str(user.pk), actor__startswith="user:").exists()


def test_a_manager_keeps_out_somebody_whose_address_is_not_proven(manager: Client) -> None:
    user = register_user(verified=False, actor=system("test"), full_name="Ann")
    url = reverse("admin:accounts_user_change", args=[user.pk])
    form = {"full_name": "Ann", "email": "", "phone": "", "language": "en"}
    refused = manager.post(url, {**form, "roles": ["reception"], "is_active": "on"})
    assert refused.status_code == 200
    assert "email" in refused.context["adminform"].form.errors
    assert manager.post(url, {**form, "roles": ["patient"]}).status_code == 302
    user.refresh_from_db()
    assert (user.is_active, user.is_staff) == (False, False)


def test_an_address_that_staff_enter_leaves_nothing_to_prove(manager: Client) -> None:
    user = register_user(verified=False, actor=system("test"), full_name="Ann")
    ContactClaim.objects.create(
        user=user, address="typo@example.org", expires_at=timezone.now(), code_expires_at=timezone.now()
    )
    form = {"full_name": "Ann", "email": "ann@example.org", "language": "en", "roles": ["patient"], "is_active": "on"}
    manager.post(reverse("admin:accounts_user_change", args=[user.pk]), form)
    assert not ContactClaim.objects.exists()
