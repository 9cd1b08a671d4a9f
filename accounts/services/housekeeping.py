"""Clears away what nobody will ask for again: ended sessions and sign-ins, old counters and keys, lost accounts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from importlib import import_module
from typing import Any

from django.conf import settings
from django.db.models import Exists, Model, OuterRef, Q, QuerySet
from django.utils import timezone

from accounts.actors import Actor
from accounts.audit import recorded
from accounts.models import AttemptCounter, ContactClaim, IdempotentRequest, SignIn, User
from accounts.services.idempotency import KEPT

COUNTERS_KEPT = timedelta(days=2)
SIGN_INS_KEPT = timedelta(days=2)
"""So long managers see that a sign-in has ended, and by when."""

BATCH = 500


def clear_expired(*, actor: Actor, dry_run: bool = False) -> int:
    """Delete what has run out; returns how many rows went, or would go. Sessions go too, and are not counted.

    That is: counters of attempts older than two days, keys of requests older than KEPT, sign-ins that ended two days
    ago, unproven addresses that ran out, and accounts that nobody can get into any more and nothing refers to.
    """
    if dry_run:
        return count_expired()
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
    return sum(_delete_in_bites(rows(), actor) for rows in _DUE)


def count_expired() -> int:
    """How many rows would go."""
    return sum(rows().count() for rows in _DUE)


def _old_counters() -> QuerySet[AttemptCounter]:
    return AttemptCounter.objects.filter(window_start__lt=timezone.now() - COUNTERS_KEPT)


def _old_requests() -> QuerySet[IdempotentRequest]:
    return IdempotentRequest.objects.filter(created_at__lt=timezone.now() - KEPT)


def _ended_sign_ins() -> QuerySet[SignIn]:
    before = timezone.now() - SIGN_INS_KEPT
    return SignIn.objects.filter(Q(ended_at__lt=before) | Q(expires_at__lt=before))


def _expired_claims() -> QuerySet[ContactClaim]:
    """Not of those who are still signed in: they may ask for another code."""
    return ContactClaim.objects.filter(~_signed_in("user"), expires_at__lt=timezone.now())


def _unreachable_users() -> QuerySet[User]:
    """Those with nothing to sign in by and no program signed in, of whom nothing in the house speaks."""
    claimed = Exists(ContactClaim.objects.filter(user=OuterRef("pk")))
    lonely = User.objects.filter(~claimed, ~_signed_in("pk"), email=None, phone=None, is_staff=False)
    for relation in User._meta.related_objects:
        model = relation.field.model
        if model not in (SignIn, ContactClaim) and not relation.many_to_many:
            lonely = lonely.filter(~Exists(model._base_manager.filter(**{relation.field.name: OuterRef("pk")})))
    return lonely


# In this order: an account loses its sign-ins and its claim before it counts as out of reach.
_DUE: tuple[Callable[[], QuerySet[Any]], ...] = (
    _old_counters,
    _old_requests,
    _ended_sign_ins,
    _expired_claims,
    _unreachable_users,
)


def _signed_in(user: str) -> Exists:
    live = SignIn.objects.filter(user=OuterRef(user), ended_at=None, expires_at__gt=timezone.now())
    return Exists(live)


def _delete_in_bites(rows: QuerySet[Any], actor: Actor) -> int:
    """Delete in short transactions, so that nobody waits behind a long one; returns how many of these rows went."""
    model: type[Model] = rows.model
    deleted = 0
    while keys := list(rows.order_by("pk").values_list("pk", flat=True)[:BATCH]):
        with recorded(actor, "housekeeping.clear"):
            went = rows.filter(pk__in=keys).delete()[1].get(model._meta.label, 0)
        if not went:
            break
        deleted += went
    return deleted
