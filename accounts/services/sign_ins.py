"""Signing programs in: the tokens of a sign-in, their renewal, and how a sign-in ends."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import tokens
from accounts.actors import Actor
from accounts.audit import recorded
from accounts.errors import DomainError
from accounts.models import SignIn, User
from accounts.selectors.sign_ins import open_sign_ins_of, sign_in_by_id
from accounts.services.audit_trail import record_sign_in

LOST_ANSWER = timedelta(seconds=30)
"""So long the refresh token before the newest may be presented again: the answer that replaced it may be lost."""

USED_EVERY_SECONDS = 30
"""How often the moment a sign-in was last used is written down; staff are signed out at most this much early."""


class SignInEnded(DomainError):
    """The refresh token, or the sign-in behind it, is no longer good."""

    code = "sign_in_ended"
    sentence = _("You are signed out. Please sign in again.")
    status = 401


class WrongPassword(DomainError):
    """The old password is another one."""

    code = "wrong_password"
    sentence = _("This is not your current password.")
    status = 400


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a program gets: `access` opens the API, `refresh` gets the next pair."""

    access: str
    refresh: str
    sign_in: SignIn

    @property
    def expires_in(self) -> int:
        """Seconds until `access` ends."""
        return int(tokens.ACCESS_LIFETIME.total_seconds())


def sign_in(*, user: User, actor: Actor, second_factor: bool = False) -> Tokens:
    """Sign a program in as `user`, who has proven who they are; `second_factor` says whether by a second factor too."""
    now = timezone.now()
    made = SignIn(
        user=user,
        created_at=now,
        used_at=now,
        expires_at=now + tokens.REFRESH_LIFETIME,
        refresh_id=uuid4(),
        password_mark=user.get_session_auth_hash(),
        second_factor=second_factor,
    )
    with recorded(actor, "user.sign_in"):
        made.save(force_insert=True)
        User.objects.filter(pk=user.pk).update(last_login=now)
        record_sign_in(actor=actor, user=user, action="sign_in")
    return _tokens_of(made)


def rotate(*, refresh: str, actor: Actor) -> Tokens:
    """The next pair of tokens for a refresh token; raises SignInEnded.

    A refresh token works once. The one before the newest gets the newest pair again for 30 seconds, so that a lost
    answer, or two requests at the same moment, sign nobody out. One that is older was copied: the sign-in ends.
    """
    reading = tokens.read(tokens.RefreshToken, refresh)
    found = sign_in_by_id(reading.sign_in) if reading else None
    if reading is None or found is None:
        raise SignInEnded
    now = timezone.now()
    following = uuid4()
    renewed = SignIn.objects.filter(pk=found.pk, refresh_id=reading.token, ended_at=None).update(
        refresh_id=following,
        previous_id=reading.token,
        rotated_at=now,
        used_at=now,
        expires_at=now + tokens.REFRESH_LIFETIME,
    )
    if renewed:
        found.refresh_id = following
        return _tokens_of(found)
    return _tokens_again(reading, actor=actor)


def _tokens_again(reading: tokens.Reading, *, actor: Actor) -> Tokens:
    """Somebody was first with this refresh token: the same program a moment ago, or whoever copied it."""
    found = sign_in_by_id(reading.sign_in)
    if found is None:
        raise SignInEnded
    just_now = found.rotated_at is not None and timezone.now() - found.rotated_at <= LOST_ANSWER
    if reading.token == found.previous_id and just_now:
        return _tokens_of(found)
    end_sign_in(sign_in=found, actor=actor, verb="sign_in.end_copied")
    raise SignInEnded


def note_use(*, sign_in: SignIn) -> None:
    """Note that a program was active now. No write for most requests."""
    now = timezone.now()
    every = timedelta(seconds=min(USED_EVERY_SECONDS, settings.STAFF_IDLE_SECONDS // 4))
    if now - sign_in.used_at >= every:
        SignIn.objects.filter(pk=sign_in.pk, used_at__lt=now).update(used_at=now)


def end_sign_in(*, sign_in: SignIn, actor: Actor, verb: str = "sign_in.end") -> bool:
    """End a sign-in: its tokens open nothing any more. Returns whether it had not ended before."""
    with recorded(actor, verb):
        ended = SignIn.objects.filter(pk=sign_in.pk, ended_at=None).update(ended_at=timezone.now())
        if ended:
            record_sign_in(actor=actor, user=sign_in.user, action="sign_out")
    return bool(ended)


def end_sign_ins(*, user: User, actor: Actor, but: SignIn | None = None) -> int:
    """End every sign-in of `user`'s programs, but perhaps one; returns how many."""
    others = open_sign_ins_of(user).exclude(pk__in=[but.pk] if but else [])
    with recorded(actor, "sign_in.end_all"):
        ended = others.update(ended_at=timezone.now())
        if ended:
            record_sign_in(actor=actor, user=user, action="sign_out")
    return ended


def change_password(*, user: User, old: str, new: str, actor: Actor, keep: SignIn | None = None) -> None:
    """Give `user` a new password, which has passed the validators; raises WrongPassword.

    Whoever is signed in elsewhere is signed out; the sign-in `keep` goes on.
    """
    if not user.check_password(old):
        raise WrongPassword(field="old_password")
    hashed = make_password(new)  # slow on purpose, so before the transaction begins
    with recorded(actor, "user.change_password"):
        User.objects.filter(pk=user.pk).update(password=hashed)
        user.password = hashed
        end_sign_ins(user=user, actor=actor, but=keep)
        if keep is not None:
            SignIn.objects.filter(pk=keep.pk).update(password_mark=user.get_session_auth_hash())


def _tokens_of(found: SignIn) -> Tokens:
    return Tokens(
        access=tokens.issue(tokens.AccessToken, sign_in=found.pk),
        refresh=tokens.issue(tokens.RefreshToken, sign_in=found.pk, token=found.refresh_id),
        sign_in=found,
    )
