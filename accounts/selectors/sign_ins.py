"""Which sign-ins of programs still hold."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from accounts.models import SignIn, User


def sign_in_by_id(sign_in: UUID) -> SignIn | None:
    """The sign-in with its user, in one query; None when it does not hold any more."""
    found = SignIn.objects.select_related("user").filter(pk=sign_in).first()
    return found if found is not None and holds(found, at=timezone.now()) else None


def live_sign_ins(ids: Iterable[UUID]) -> set[UUID]:
    """Those of `ids` that still hold, in one query: for a look every few seconds at all who are connected."""
    now = timezone.now()
    found = SignIn.objects.select_related("user").filter(pk__in=set(ids), ended_at=None)
    return {sign_in.pk for sign_in in found if holds(sign_in, at=now)}


def open_sign_ins_of(user: User) -> QuerySet[SignIn]:
    """Those of `user` that nobody ended and that have not run out."""
    return SignIn.objects.filter(user=user, ended_at=None, expires_at__gt=timezone.now())


def holds(sign_in: SignIn, *, at: datetime) -> bool:
    """Whether a sign-in (with its user loaded) is good at that moment: the rules of sessions, for programs.

    It ends when it is told to, when it runs out, with a change of the password, when its user is deactivated; and of
    staff when they were idle too long, or while they need a second factor and did not give one.
    """
    user = sign_in.user
    if sign_in.ended_at is not None or sign_in.expires_at <= at or not user.is_active:
        return False
    if not constant_time_compare(sign_in.password_mark, user.get_session_auth_hash()):
        return False
    return not user.is_staff or _holds_for_staff(sign_in, at)


def _holds_for_staff(sign_in: SignIn, at: datetime) -> bool:
    if settings.STAFF_NEED_SECOND_FACTOR and not sign_in.second_factor:
        return False
    return at - sign_in.used_at < timedelta(seconds=settings.STAFF_IDLE_SECONDS)
