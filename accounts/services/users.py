"""Who may sign in, and as what."""

from __future__ import annotations

from collections.abc import Iterable

from allauth.account.models import EmailAddress
from django.contrib.auth.models import Group
from django.db import IntegrityError
from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor
from accounts.audit import recorded
from accounts.errors import DomainError
from accounts.models import ContactClaim, User
from accounts.roles import STAFF_ROLES, Role


class ContactTaken(DomainError):
    """Somebody signs in by this address or number already."""

    code = "contact_taken"
    sentence = _("Somebody signs in with this e-mail address or phone number already.")


def register_user(
    *,
    email: str = "",
    phone: str = "",
    password: str | None = None,
    full_name: str = "",
    language: str = "en",
    roles: Iterable[Role] = (Role.PATIENT,),
    verified: bool,
    actor: Actor,
) -> User:
    """Make somebody who signs in by `email` or `phone`; raises ContactTaken.

    `verified` says that the contact is known to be theirs: staff who register somebody vouch for it, somebody who
    registers alone has still to prove it by a code. Without a password they sign in by one-time codes.
    """
    user = User(
        email=User.objects.normalize_address(email),
        phone=phone or None,
        phone_verified=verified,
        full_name=full_name,
        language=language,
    )
    user.set_password(password)  # slow on purpose, so before the transaction begins
    try:
        with recorded(actor, "user.register"):
            user.save()
            _give(user, roles)
            if user.email:
                EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=verified)
    except IntegrityError as error:
        raise ContactTaken from error
    return user


def assign_role(*, user: User, role: Role, actor: Actor) -> None:
    """Give somebody one more role."""
    with recorded(actor, "user.assign_role"):
        _give(user, {*_roles_of(user), role})


def set_roles(*, user: User, roles: Iterable[Role], actor: Actor) -> None:
    """Give somebody exactly these roles."""
    with recorded(actor, "user.set_roles"):
        _give(user, roles)


def vouch_for_address(*, user: User, actor: Actor) -> None:
    """Make the e-mail address on the record the only one that somebody signs in by: staff who write it vouch for it.

    The address it replaces opens no door any more, by password, code or reset. Raises ContactTaken.
    """
    if user.email and EmailAddress.objects.filter(email__iexact=user.email).exclude(user=user).exists():
        raise ContactTaken(field="email")
    with recorded(actor, "user.vouch_for_address"):
        EmailAddress.objects.filter(user=user).exclude(email=user.email or "").delete()
        if user.email:
            ContactClaim.objects.filter(user=user).delete()
            EmailAddress.objects.update_or_create(
                user=user, email=user.email, defaults={"primary": True, "verified": True}
            )


def change_profile(*, user: User, actor: Actor, **changes: str) -> None:
    """Change how somebody is called (`full_name`) and the `language` they read."""
    for name in changes:
        setattr(user, name, changes[name])
    if changes:
        with recorded(actor, "user.change_profile"):
            user.save(update_fields=list(changes))


def deactivate_user(*, user: User, actor: Actor) -> None:
    """Keep somebody out. Their sessions and the sign-ins of their programs end with their next request."""
    with recorded(actor, "user.deactivate"):
        User.objects.filter(pk=user.pk).update(is_active=False)
    user.is_active = False


def reactivate_user(*, user: User, actor: Actor) -> None:
    """Let somebody in again; they sign in anew."""
    with recorded(actor, "user.reactivate"):
        User.objects.filter(pk=user.pk).update(is_active=True)
    user.is_active = True


def _roles_of(user: User) -> set[Role]:
    return {Role(name) for name in user.groups.values_list("name", flat=True) if name in Role.values}


def _give(user: User, roles: Iterable[Role]) -> None:
    """Set the groups; whoever has a staff role may enter the back office."""
    wanted = set(roles)
    user.groups.set([Group.objects.get_or_create(name=role.value)[0] for role in sorted(wanted)])
    is_staff = user.is_superuser or bool(wanted & set(STAFF_ROLES))
    if user.is_staff != is_staff:
        user.is_staff = is_staff
        user.save(update_fields=["is_staff"])
