"""Who can sign in to the demo, one person for each role."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group

from accounts.models import User
from accounts.roles import Role
from scheduling.demo.clinic import MAIL_DOMAIN
from scheduling.models import Doctor, Location, Patient, StaffAssignment


@dataclass(frozen=True, slots=True)
class SignIn:
    """An account to show the clinic with; `password` is empty where the account was there before."""

    role: Role
    email: str
    password: str
    sees: str


def make_sign_ins(
    *, doctor: Doctor, family: Sequence[Patient], locations: Sequence[Location], password: str
) -> list[SignIn]:
    """Make the accounts, or leave those alone that are there already."""
    accounts = _Accounts(password)
    manager = accounts.open(Role.MANAGER, "manager", "Olivia Hart")
    reception = accounts.open(Role.RECEPTION, "reception", "Dev Chaudhary")
    other_reception = accounts.open(Role.RECEPTION, "reception.riverside", "Megan Pugh")
    physician = accounts.open(Role.DOCTOR, "doctor", doctor.name)
    mother = accounts.open(Role.PATIENT, "patient", family[0].full_name if family else "Ngozi Okafor")
    _assign(reception, locations[:1])
    _assign(other_reception, locations[1:2])
    _assign(physician, locations[:1])
    if not Doctor.objects.filter(user=physician).exists():
        Doctor.objects.filter(pk=doctor.pk).update(user=physician)
    Patient.objects.filter(pk__in=[member.pk for member in family]).update(user=mother)
    return [
        accounts.shown(manager, Role.MANAGER, "everything, in the back office"),
        accounts.shown(reception, Role.RECEPTION, f"the desk of {locations[0]}"),
        accounts.shown(other_reception, Role.RECEPTION, f"the desk of {locations[1]}"),
        accounts.shown(physician, Role.DOCTOR, f"the calendar of {doctor}"),
        accounts.shown(mother, Role.PATIENT, "her own appointments and her two children's"),
    ]


def _assign(user: User, locations: Sequence[Location]) -> None:
    assignment, _created = StaffAssignment.objects.get_or_create(user=user)
    assignment.locations.add(*locations)


class _Accounts:
    """Opens accounts that share one password, hashed once because hashing is slow on purpose."""

    def __init__(self, password: str) -> None:
        self.password = password
        self.hashed = make_password(password or None)
        self.opened: set[int] = set()

    def open(self, role: Role, mailbox: str, full_name: str) -> User:
        """The account `mailbox`, made if need be."""
        user, created = User.objects.get_or_create(
            email=f"{mailbox}@{MAIL_DOMAIN}",
            defaults={"password": self.hashed, "full_name": full_name, "is_staff": role != Role.PATIENT},
        )
        if created:
            self.opened.add(user.pk)
            user.groups.add(Group.objects.get_or_create(name=role.value)[0])
            EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
        return user

    def shown(self, user: User, role: Role, sees: str) -> SignIn:
        """What to print about an account."""
        return SignIn(
            role=role, email=user.email or "", password=self.password if user.pk in self.opened else "", sees=sees
        )
