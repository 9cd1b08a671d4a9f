"""What a program's sign-in lives by, and what ends it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import timedelta
from uuid import uuid4

import pytest
from django.conf import settings
from django.test import override_settings
from django.utils import timezone

from accounts import tokens
from accounts.actors import Actor, system
from accounts.api.authentication import read_bearer
from accounts.models import AuditEntry, SignIn
from accounts.roles import Role
from accounts.selectors.sign_ins import live_sign_ins
from accounts.services.sign_ins import (
    SignInEnded,
    Tokens,
    WrongPassword,
    change_password,
    end_sign_in,
    end_sign_ins,
    note_use,
    rotate,
    sign_in,
)
from accounts.services.users import assign_role, deactivate_user
from accounts.tests.factories import PASSWORD, make_user
from testing.threads import run_together

pytestmark = pytest.mark.django_db
ACTOR = Actor(label="visitor", address="203.0.113.9")


@pytest.fixture
def made() -> Tokens:
    return sign_in(user=make_user(), actor=ACTOR)


def _backdate(pair: Tokens, **columns: timedelta) -> None:
    now = timezone.now()
    SignIn.objects.filter(pk=pair.sign_in.pk).update(**{name: now - ago for name, ago in columns.items()})


def _is_dead(pair: Tokens) -> bool:
    dead = read_bearer(pair.access) is None
    assert (live_sign_ins([pair.sign_in.pk]) == set()) is dead
    return dead


def test_the_access_token_leads_to_the_sign_in_and_its_user_in_one_query(made, django_assert_num_queries):
    with django_assert_num_queries(1):
        found = read_bearer(made.access)
        assert found.user.is_active
    assert found == made.sign_in
    assert timedelta(seconds=290) < found.token_expires_at - timezone.now() <= timedelta(minutes=5)


def test_all_who_are_connected_are_looked_at_in_one_query(django_assert_num_queries):
    pairs = [sign_in(user=make_user(), actor=ACTOR) for _number in range(4)]
    end_sign_in(sign_in=pairs[0].sign_in, actor=ACTOR)
    with django_assert_num_queries(1):
        live = live_sign_ins([*(pair.sign_in.pk for pair in pairs), uuid4()])
    assert live == {pair.sign_in.pk for pair in pairs[1:]}


def test_signing_in_and_out_is_in_the_trail(made):
    end_sign_in(sign_in=made.sign_in, actor=ACTOR)
    entries = AuditEntry.objects.filter(object_type="accounts_user", action__startswith="sign_").order_by("id")
    assert [(entry.action, entry.address) for entry in entries] == [
        ("sign_in", "203.0.113.9"),
        ("sign_out", "203.0.113.9"),
    ]


def test_a_sign_in_ends_once(made):
    assert end_sign_in(sign_in=made.sign_in, actor=ACTOR)
    assert _is_dead(made)
    assert not end_sign_in(sign_in=made.sign_in, actor=ACTOR)
    assert AuditEntry.objects.filter(action="sign_out").count() == 1


# --- Renewal --------------------------------------------------------------------------------


def test_a_refresh_token_gets_the_next_pair_and_the_sign_in_goes_on(made):
    _backdate(made, used_at=timedelta(minutes=9))
    SignIn.objects.update(expires_at=timezone.now() + timedelta(minutes=1))
    following = rotate(refresh=made.refresh, actor=ACTOR)
    assert following.refresh != made.refresh
    assert read_bearer(following.access) == made.sign_in
    renewed = SignIn.objects.get()
    assert renewed.expires_at > timezone.now() + timedelta(days=13)
    assert renewed.used_at > timezone.now() - timedelta(minutes=1)


def test_a_lost_answer_is_given_again(made):
    lost = rotate(refresh=made.refresh, actor=ACTOR)
    again = rotate(refresh=made.refresh, actor=ACTOR)
    assert _number_of(again.refresh) == _number_of(lost.refresh)
    assert rotate(refresh=again.refresh, actor=ACTOR)


def _number_of(refresh: str):
    return tokens.read(tokens.RefreshToken, refresh).token


def test_the_token_before_the_newest_ends_the_sign_in_when_it_comes_late(made):
    following = rotate(refresh=made.refresh, actor=ACTOR)
    _backdate(made, rotated_at=timedelta(seconds=31))
    with pytest.raises(SignInEnded):
        rotate(refresh=made.refresh, actor=ACTOR)
    assert _is_dead(following)
    with pytest.raises(SignInEnded):
        rotate(refresh=following.refresh, actor=ACTOR)
    assert AuditEntry.objects.filter(action="sign_out").exists()


def test_an_older_token_ends_the_sign_in_at_once(made):
    second = rotate(refresh=made.refresh, actor=ACTOR)
    third = rotate(refresh=second.refresh, actor=ACTOR)
    with pytest.raises(SignInEnded):
        rotate(refresh=made.refresh, actor=ACTOR)
    assert _is_dead(third)


def test_an_access_token_refreshes_nothing_and_a_refresh_token_opens_nothing(made):
    with pytest.raises(SignInEnded):
        rotate(refresh=made.access, actor=ACTOR)
    assert read_bearer(made.refresh) is None
    assert not _is_dead(made)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_twenty_renewals_at_once_are_one():
    made = sign_in(user=make_user(), actor=ACTOR)
    outcomes = run_together([lambda: rotate(refresh=made.refresh, actor=ACTOR)] * 20)
    assert [outcome.error for outcome in outcomes] == [None] * 20
    assert len({_number_of(outcome.answer.refresh) for outcome in outcomes}) == 1
    assert not _is_dead(made)
    assert rotate(refresh=outcomes[7].answer.refresh, actor=ACTOR)


# --- What ends a sign-in --------------------------------------------------------------------


def test_a_deactivated_user_is_out_at_once(made):
    deactivate_user(user=made.sign_in.user, actor=system("test"))
    assert _is_dead(made)
    with pytest.raises(SignInEnded):
        rotate(refresh=made.refresh, actor=ACTOR)


def test_a_password_changed_elsewhere_ends_it(made):
    user = made.sign_in.user
    user.set_password("another long password")
    user.save()
    assert _is_dead(made)
    with pytest.raises(SignInEnded):
        rotate(refresh=made.refresh, actor=ACTOR)


def test_a_password_changed_here_ends_the_others(made):
    here = sign_in(user=made.sign_in.user, actor=ACTOR)
    change_password(user=here.sign_in.user, old=PASSWORD, new="another long password", actor=ACTOR, keep=here.sign_in)
    assert _is_dead(made)
    assert not _is_dead(here)
    assert rotate(refresh=here.refresh, actor=ACTOR)
    here.sign_in.user.refresh_from_db()
    assert here.sign_in.user.check_password("another long password")


def test_a_password_needs_the_old_one(made):
    with pytest.raises(WrongPassword):
        change_password(user=made.sign_in.user, old="no", new="another long password", actor=ACTOR)
    assert not _is_dead(made)


def test_all_sign_ins_of_one_user_end_and_nobody_elses(made):
    other = sign_in(user=make_user(), actor=ACTOR)
    assert end_sign_ins(user=made.sign_in.user, actor=ACTOR) == 1
    assert _is_dead(made)
    assert not _is_dead(other)


def test_it_runs_out(made):
    _backdate(made, expires_at=timedelta(seconds=0))
    assert _is_dead(made)


def test_idle_staff_are_out_and_patients_are_not(made):
    idle = timedelta(seconds=settings.STAFF_IDLE_SECONDS)
    _backdate(made, used_at=idle)
    assert not _is_dead(made)
    assign_role(user=made.sign_in.user, role=Role.RECEPTION, actor=system("test"))
    assert _is_dead(made)
    with pytest.raises(SignInEnded):
        rotate(refresh=made.refresh, actor=ACTOR)


def test_use_is_written_down_now_and_then(made, django_assert_num_queries):
    with django_assert_num_queries(0):
        note_use(sign_in=made.sign_in)
    _backdate(made, used_at=timedelta(seconds=31))
    made.sign_in.refresh_from_db()
    with django_assert_num_queries(1):
        note_use(sign_in=made.sign_in)
    assert SignIn.objects.get().used_at > timezone.now() - timedelta(seconds=5)


def test_staff_without_a_second_factor_are_out_while_it_is_asked_for():
    desk = make_user(Role.RECEPTION)
    without, with_it = sign_in(user=desk, actor=ACTOR), sign_in(user=desk, actor=ACTOR, second_factor=True)
    patient = sign_in(user=make_user(), actor=ACTOR)
    with override_settings(STAFF_NEED_SECOND_FACTOR=True):
        assert _is_dead(without)
        assert not _is_dead(with_it)
        assert not _is_dead(patient)
    assert not _is_dead(without)


# --- Tokens that are not ours ---------------------------------------------------------------


def _part(value: dict) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def _signed(header: dict, payload: dict, key: bytes) -> str:
    body = f"{_part(header)}.{_part(payload)}"
    mac = hmac.new(key, body.encode(), hashlib.sha256).digest()
    return f"{body}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


def _payload_of(token: str) -> dict:
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def test_no_forged_token_opens_anything(made):
    header, payload, signature = made.access.split(".")
    other = sign_in(user=make_user(), actor=ACTOR)
    swapped = _part({**_payload_of(made.access), "sign_in": other.sign_in.pk.hex})
    forged = [
        f"{_part({'alg': 'none', 'typ': 'JWT'})}.{payload}.",
        f"{_part({'alg': 'None', 'typ': 'JWT'})}.{payload}.{signature}",
        f"{header}.{swapped}.{signature}",
        f"{header}.{payload}.",
        f"{header}.{payload}",
        f"{header}.{payload}.{signature[:-2]}",
        _signed({"alg": "HS256", "typ": "JWT"}, _payload_of(made.access), settings.SECRET_KEY.encode()),
        _signed({"alg": "HS256", "typ": "JWT"}, _payload_of(made.access), b""),
        _signed({"alg": "HS512", "typ": "JWT"}, _payload_of(made.access), b"x" * 64),
        "",
        ".",
        "..",
        "a.b.c",
        "é.é.é",
        "x" * 1_000_000,
        made.access + "\x00",
    ]
    assert [token for token in forged if read_bearer(token) is not None] == []
    assert not _is_dead(made)


@pytest.mark.parametrize("change", [{"sign_in": "no"}, {"sign_in": 7}, {"jti": None}, {"token_type": "refresh"}])
def test_a_token_of_ours_that_makes_no_sense_opens_nothing(made, change):
    token = tokens.AccessToken()
    token["sign_in"] = made.sign_in.pk.hex
    for name, value in change.items():
        token[name] = value
    assert read_bearer(str(token)) is None


def test_a_token_signed_with_another_key_opens_nothing(made):
    with override_settings(SECRET_KEY="another key that is long enough to serve"):
        stranger = tokens.issue(tokens.AccessToken, sign_in=made.sign_in.pk)
        assert read_bearer(made.access) is None
    assert read_bearer(stranger) is None


def test_an_expired_token_opens_nothing(made):
    token = tokens.AccessToken()
    token["sign_in"] = made.sign_in.pk.hex
    token.set_exp(lifetime=timedelta(seconds=-1))
    assert read_bearer(str(token)) is None
    assert not _is_dead(made)
