"""What nobody will ask for again goes, and nothing else."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from allauth.account.models import EmailAddress
from django.utils import timezone

from accounts.actors import Actor, system
from accounts.contacts import read_contact
from accounts.models import AttemptCounter, AuditEntry, ContactClaim, IdempotentRequest, SignIn, User
from accounts.services.housekeeping import clear_expired
from accounts.services.registration import register_by_program
from accounts.services.sign_ins import end_sign_in, sign_in
from accounts.tests.factories import PASSWORD, make_user
from scheduling.models import Patient

pytestmark = pytest.mark.django_db
LONG_AGO = timedelta(days=30)


def _register() -> User:
    actor = Actor(label="visitor")
    contact = read_contact("ann@example.org")
    made = register_by_program(contact=contact, password=PASSWORD, full_name="Ann", language="en", actor=actor)
    return made.sign_in.user


def _age() -> None:
    """A month goes by."""
    then = timezone.now() - LONG_AGO
    SignIn.objects.update(expires_at=then)
    ContactClaim.objects.update(expires_at=then)


def _clear() -> int:
    return clear_expired(actor=system("clear_sign_ins"))


def test_an_account_that_nobody_can_get_into_goes_with_all_that_was_its():
    user = _register()
    assert _clear() == 0
    _age()
    assert clear_expired(actor=system("test"), dry_run=True) == 2  # its account once these two have gone
    assert _clear() == 3
    assert not User.objects.filter(pk=user.pk).exists()
    assert not ContactClaim.objects.exists()
    assert AuditEntry.objects.filter(verb="housekeeping.clear", object_type="accounts_user", action="delete").exists()


def test_whoever_is_signed_in_keeps_account_and_claim():
    user = _register()
    _age()
    SignIn.objects.update(expires_at=timezone.now() + timedelta(days=1))
    assert _clear() == 0
    assert ContactClaim.objects.filter(user=user).exists()


def test_whoever_may_still_sign_in_by_the_password_keeps_the_account():
    _register()
    SignIn.objects.update(expires_at=timezone.now() - LONG_AGO)
    assert _clear() == 1
    assert User.objects.count() == 1


@pytest.mark.parametrize(
    "speaks_of",
    [
        lambda user: EmailAddress.objects.create(user=user, email="else@example.org"),
        lambda user: Patient.objects.create(
            user=user, first_name="Ann", last_name="S", date_of_birth=date(1990, 1, 2), phone="+447700900123"
        ),
    ],
)
def test_an_account_that_something_speaks_of_stays(speaks_of):
    user = _register()
    _age()
    speaks_of(user)
    _clear()
    assert User.objects.filter(pk=user.pk).exists()


def test_who_signs_in_by_an_address_or_a_number_stays():
    make_user(), make_user(phone="+447700900123")
    assert _clear() == 0
    assert User.objects.count() == 2


def test_a_sign_in_that_ended_is_shown_for_two_days_and_goes():
    user = make_user()
    live, ended, old = (sign_in(user=user, actor=system("test")).sign_in for _number in range(3))
    end_sign_in(sign_in=ended, actor=system("test"))
    SignIn.objects.filter(pk=old.pk).update(ended_at=timezone.now() - timedelta(days=3))
    assert _clear() == 1
    assert set(SignIn.objects.all()) == {live, ended}


def test_old_counters_go_and_new_ones_stay():
    for age in (timedelta(hours=1), timedelta(days=3)):
        AttemptCounter.objects.create(subject="find:x", window_start=timezone.now() - age, attempts=1)
    assert _clear() == 1
    assert AttemptCounter.objects.count() == 1


def test_the_keys_of_old_requests_go_and_new_ones_stay():
    for hours in (47, 49):
        asked = IdempotentRequest.objects.create(key=str(hours), body="x")
        IdempotentRequest.objects.filter(pk=asked.pk).update(created_at=timezone.now() - timedelta(hours=hours))
    assert _clear() == 1
    assert [asked.key for asked in IdempotentRequest.objects.all()] == ["47"]
