"""Registering through a program: at once, without telling who else is registered, and proven afterwards."""

from __future__ import annotations

import re
from datetime import timedelta
from functools import partial

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.db import IntegrityError
from django.test import Client, override_settings
from django.utils import timezone

from accounts.actors import Actor
from accounts.audit_tables import MARKER
from accounts.contacts import read_contact
from accounts.delivery import DeliveryFailed
from accounts.errors import TooManyAttempts
from accounts.models import AuditEntry, ContactClaim, User
from accounts.services.registration import (
    CodeExpired,
    IncorrectCode,
    NothingToVerify,
    register_by_program,
    resend_code,
    verify_contact,
)
from accounts.services.users import ContactTaken
from accounts.tests.factories import PASSWORD, make_user
from testing.threads import run_together

pytestmark = pytest.mark.django_db
ACTOR = Actor(label="visitor", address="203.0.113.9")


def _register(address: str = "ann@example.org", password: str = PASSWORD) -> User:
    contact = read_contact(address)
    made = register_by_program(contact=contact, password=password, full_name="Ann Smith", language="en", actor=ACTOR)
    return made.sign_in.user


def _code(number: int = -1) -> str:
    found = re.search(r"^(\d{6})$", str(mail.outbox[number].body), re.MULTILINE)
    assert found
    return found[1]


def _wrong(code: str, by: int = 1) -> str:
    return f"{(int(code) + by) % 1_000_000:06d}"


def _verify(user: User, code: str) -> None:
    verify_contact(user=user, code=code, actor=Actor(label=f"user:{user.pk}", user=user))


def test_somebody_new_is_a_patient_without_an_address_until_the_code_comes_back():
    user = _register()
    user.refresh_from_db()
    assert (user.email, user.phone, user.full_name) == (None, None, "Ann Smith")
    assert list(user.groups.values_list("name", flat=True)) == ["patient"]
    _verify(user, _code())
    user.refresh_from_db()
    assert user.email == "ann@example.org"
    assert EmailAddress.objects.get(user=user, verified=True, primary=True).email == "ann@example.org"
    assert not ContactClaim.objects.exists()


def test_a_number_is_proven_by_the_code_in_the_text(capsys):
    user = _register("07700 900123")
    code = re.search(r"@\S+ #(\d{6})", capsys.readouterr().out)
    _verify(user, code[1])
    user.refresh_from_db()
    assert (str(user.phone), user.phone_verified) == ("+447700900123", True)


def test_who_has_proven_the_address_signs_in_on_the_pages():
    user = _register()
    _verify(user, _code())
    client = Client()
    client.post("/accounts/login/", {"login": "ann@example.org", "password": PASSWORD})
    assert client.session["_auth_user_id"] == str(user.pk)


def test_who_has_not_does_not():
    _register()
    client = Client()
    client.post("/accounts/login/", {"login": "ann@example.org", "password": PASSWORD})
    assert "_auth_user_id" not in client.session


def test_a_taken_address_is_told_only_to_its_mailbox():
    make_user(email="ann@example.org")
    user = _register("ANN@example.org")
    (message,) = mail.outbox
    assert message.to == ["ann@example.org"]
    assert "already" in message.body
    assert "/accounts/password/reset/" in message.body
    assert not re.search(r"\b\d{6}\b", str(message.body))
    for guess in ("", "000000", "123456"):
        with pytest.raises(IncorrectCode):
            _verify(user, guess)


def test_a_taken_number_is_told_only_to_its_phone(capsys):
    make_user(phone="+447700900123")
    _register("+447700900123")
    assert "already" in capsys.readouterr().out


def test_a_code_dies_with_the_third_wrong_guess():
    user = _register()
    code = _code()
    for number in range(3):
        with pytest.raises(IncorrectCode):
            _verify(user, _wrong(code, number + 1))
    with pytest.raises(CodeExpired):
        _verify(user, code)
    resend_code(user=user)
    _verify(user, _code())


def test_a_code_dies_of_age():
    user = _register()
    ContactClaim.objects.update(code_expires_at=timezone.now())
    with pytest.raises(CodeExpired):
        _verify(user, _code())


def test_another_code_replaces_the_one_before():
    user = _register()
    resend_code(user=user)
    assert len(mail.outbox) == 2
    if _code(0) != _code(1):
        with pytest.raises(IncorrectCode):
            _verify(user, _code(0))
    _verify(user, _code(1))


def test_nobody_elses_code_fits():
    first, second = _register(), _register()
    first_code, second_code = _code(0), _code(1)
    if first_code != second_code:
        with pytest.raises(IncorrectCode):
            _verify(second, first_code)
    _verify(first, first_code)
    with pytest.raises(ContactTaken):
        _verify(second, second_code)
    second.refresh_from_db()
    assert second.email is None


def test_a_mailbox_gets_so_many_codes_and_no_more():
    users = [_register() for _number in range(7)]
    assert len(mail.outbox) == 5
    with pytest.raises(TooManyAttempts):
        resend_code(user=users[0])
    assert User.objects.count() == 7


def test_a_code_that_was_not_sent_cannot_be_guessed():
    """Else whoever registers an address again and again has three more guesses each time."""
    users = [_register() for _number in range(6)]
    assert len(mail.outbox) == 5
    assert [bool(user.contact_claim.code_digest) for user in users] == [True] * 5 + [False]
    with pytest.raises(IncorrectCode):
        _verify(users[5], "")


def test_there_is_nothing_to_verify_for_who_has_an_address():
    user = make_user()
    for attempt in (lambda: _verify(user, "123456"), lambda: resend_code(user=user)):
        with pytest.raises(NothingToVerify):
            attempt()


def test_a_claim_keeps_nobody_from_registering_on_the_pages(client):
    squatter = _register()
    data = {"full_name": "Ann", "contact": "ann@example.org", "password1": "a long new password"}
    page = client.post("/accounts/signup/", data, follow=True)
    client.post(page.redirect_chain[-1][0], {"code": _code()})
    ann = User.objects.get(email="ann@example.org")
    assert client.session["_auth_user_id"] == str(ann.pk)
    with pytest.raises(ContactTaken):
        _verify(squatter, _code(0))


@override_settings(EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend", EMAIL_HOST="127.0.0.1", EMAIL_PORT=9)
def test_a_mail_server_that_is_away_does_not_undo_a_registration():
    user = _register()
    assert ContactClaim.objects.get(user=user)
    with pytest.raises(DeliveryFailed):
        resend_code(user=user)


def test_the_trail_names_who_registered_and_keeps_no_address():
    user = _register()
    _verify(user, _code())
    entries = AuditEntry.objects.filter(object_type="accounts_contactclaim").order_by("id")
    assert [(entry.verb, entry.actor) for entry in entries] == [
        ("user.register", "visitor"),
        ("user.prove_contact", f"user:{user.pk}"),
    ]
    assert entries[0].changes["address"] == [None, MARKER]
    assert "code_digest" not in entries[0].changes


def test_staff_need_an_address():
    user = _register()
    with pytest.raises(IntegrityError):
        User.objects.filter(pk=user.pk).update(is_staff=True)


def test_claims_run_out_after_a_while():
    _register()
    claim = ContactClaim.objects.get()
    assert timedelta(days=13) < claim.expires_at - timezone.now() <= timedelta(days=14)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_twenty_guesses_at_once_are_three():
    user = _register()
    outcomes = run_together([lambda: _verify(user, "no code")] * 20)
    refused = [type(outcome.error) for outcome in outcomes]
    assert (refused.count(IncorrectCode), refused.count(CodeExpired)) == (3, 17)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_those_who_prove_one_address_at_once_one_gets_it():
    users = [_register() for _number in range(5)]
    codes = [_code(number) for number in range(5)]
    outcomes = run_together([partial(_verify, user, code) for user, code in zip(users, codes, strict=True)])
    assert sorted(type(outcome.error).__name__ for outcome in outcomes) == ["ContactTaken"] * 4 + ["NoneType"]
    assert User.objects.filter(email="ann@example.org").count() == 1
    assert EmailAddress.objects.filter(email="ann@example.org").count() == 1
