"""Registering patients, and changing their records on purpose."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.db.models import Value
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor
from accounts.audit import recorded
from accounts.errors import NotPermitted
from accounts.models import User
from accounts.phone_numbers import read_phone
from scheduling import rules
from scheduling.errors import InvalidPatient, PatientKnown
from scheduling.models import Patient
from scheduling.states import Gender

OLDEST_AGE = 130
"""Years; nobody older has been a patient of anybody."""

CHANGEABLE = frozenset(
    field.name for field in Patient._meta.fields if field.editable and field.name not in {"id", "user", "created_at"}
)


KEPT_BY_FAMILY = (
    *("first_name", "last_name", "date_of_birth", "gender", "phone", "email", "language", "address"),
    *("emergency_contact_name", "emergency_contact_phone", "insurance_provider", "insurance_number"),
    *("wants_email", "wants_sms", "wants_push", "wants_call"),
)
"""What patients, or those who look after them, keep up to date themselves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientDetails:
    """What somebody says about the patient when they book."""

    first_name: str
    last_name: str
    date_of_birth: date
    phone: str = ""
    email: str = ""
    gender: str = Gender.UNDISCLOSED
    language: str = "en"

    def cleaned(self) -> PatientDetails:
        """The same, with spaces trimmed, the phone in E.164 and the e-mail in lower case."""
        phone = read_phone(self.phone)
        if self.phone and not phone:
            raise InvalidPatient(_("Enter a phone number we can call, such as 020 7946 0018."), field="phone")
        return PatientDetails(
            first_name=" ".join(self.first_name.split()),
            last_name=" ".join(self.last_name.split()),
            date_of_birth=self.date_of_birth,
            phone=phone,
            email=self.email.strip().lower(),
            gender=self.gender,
            language=self.language,
        )


def register_patient(*, details: PatientDetails, user: User | None, actor: Actor) -> Patient:
    """The record of the patient that `details` describe: the existing one, else a new one.

    It is an existing one only if name, birthday and a contact agree (for somebody signed in: name and birthday among
    their own family). An existing record is never changed by this. Raises InvalidPatient, naming the field.
    """
    try:
        with recorded(actor, "patient.register"):
            return find_or_add_patient(details=details, user=user)
    except PatientKnown:  # registered by somebody else between our look and our insert
        with recorded(actor, "patient.register"):
            return find_or_add_patient(details=details, user=user)


def register_for_care(*, details: PatientDetails, actor: Actor) -> Patient:
    """Register somebody the actor looks after; or, by the desk, anybody. A record that is there already is returned as
    it is, if it is theirs to see.

    Raises NotPermitted for other staff and for visitors, PatientKnown for a record of others, InvalidPatient.
    """
    user = actor.user
    if user is None or (user.is_staff and not rules.works_the_desk(user)):
        raise NotPermitted
    if not user.is_staff:
        return add_to_family(details=details, user=user, actor=actor)
    patient = register_patient(details=details, user=None, actor=actor)
    if not rules.patients_visible_to(user).filter(pk=patient.pk).exists():
        raise PatientKnown
    return patient


def add_to_family(*, details: PatientDetails, user: User, actor: Actor) -> Patient:
    """Register somebody that `user` looks after.

    Raises PatientKnown for a record that is there and not in their care, InvalidPatient.
    """
    patient = register_patient(details=details, user=user, actor=actor)
    if patient.user_id != user.pk:  # in nobody's care or somebody else's: who may see it is for staff to check
        raise PatientKnown(
            _(
                "We could not add this person online. "
                "Please ask at reception to have them added to your account, and bring proof of who you are."
            )
        )
    return patient


def find_or_add_patient(*, details: PatientDetails, user: User | None) -> Patient:
    """What `register_patient` does, inside the `recorded` block of whoever calls (a booking, say).

    Raises PatientKnown when the same record was inserted a moment ago; the caller's transaction is over then, and
    doing it again finds that record.
    """
    details = details.cleaned()
    new = Patient(user=user, **{field.name: getattr(details, field.name) for field in fields(details)})
    _check(new)
    known = _known_patient(details, user)
    if known is not None:
        return known
    with _one_record_per_person():
        new.save(force_insert=True)
    return new


@contextmanager
def _one_record_per_person() -> Iterator[None]:
    try:
        yield
    except IntegrityError as error:
        if "one_record_per_person_and_contact" in str(error):
            raise PatientKnown from error
        raise


def _known_patient(details: PatientDetails, user: User | None) -> Patient | None:
    """The record that agrees with `details`, locked so that two bookings for one patient go one after the other."""
    named = Patient.objects.alias(last=Lower("last_name"), first=Lower("first_name"))  # as in the unique index
    same_person = named.select_for_update(no_key=True, of=("self",)).filter(
        last=Lower(Value(details.last_name)),
        first=Lower(Value(details.first_name)),
        date_of_birth=details.date_of_birth,
    )
    for known in same_person.order_by("pk"):
        if user is not None and known.user_id == user.pk:
            return known
        if details.phone and str(known.phone) == details.phone:
            return known
        if details.email and known.email.lower() == details.email:
            return known
    return None


def lock_patient(patient: Patient) -> None:
    """Make two writers for one patient go one after the other."""
    Patient.objects.select_for_update(no_key=True).filter(pk=patient.pk).values_list("pk").first()


def keep_record(*, patient_id: int, changes: Mapping[str, Any], actor: Actor) -> Patient:
    """Change the named fields of a record that is the actor's to see: staff all, the family what they keep themselves.

    Raises NotPermitted, and what `update_patient` raises.
    """
    if not actor.is_staff:
        for name in changes:
            if name not in KEPT_BY_FAMILY:
                raise NotPermitted(_("Only the clinic's staff can change this."), field=name)
    return update_patient(patient_id=patient_id, changes=changes, actor=actor)


def update_patient(*, patient_id: int, changes: Mapping[str, Any], actor: Actor) -> Patient:
    """Change the named fields of a record. Raises InvalidPatient for what makes no sense or may not be changed."""
    foreign = set(changes) - CHANGEABLE
    if foreign:
        raise InvalidPatient(_("This cannot be changed: %(names)s.") % {"names": ", ".join(sorted(foreign))})
    if "email" in changes:
        changes = {**changes, "email": changes["email"].strip().lower()}
    with recorded(actor, "patient.update"):
        patient = Patient.objects.select_for_update(no_key=True).get(pk=patient_id)
        for name, value in changes.items():
            setattr(patient, name, value)
        _check(patient)
        with _one_record_per_person():
            patient.save(update_fields=list(changes))
    return patient


def _check(patient: Patient) -> None:
    """Refuse a record that makes no sense, naming the first field that does not."""
    try:
        patient.clean_fields(exclude={"user"})
    except ValidationError as error:
        name, sentences = next(iter(error.message_dict.items()))
        raise InvalidPatient(sentences[0], field=name) from error
    if "\x00" in "".join(str(getattr(patient, name) or "") for name in CHANGEABLE):
        raise InvalidPatient(_("Some characters in these details cannot be stored."))
    today = timezone.localdate()
    if patient.date_of_birth > today:
        raise InvalidPatient(_("The date of birth must be in the past."), field="date_of_birth")
    if today.year - patient.date_of_birth.year > OLDEST_AGE:
        raise InvalidPatient(_("Check the year of birth."), field="date_of_birth")
    if not patient.phone and not patient.email:
        raise InvalidPatient(_("Give a phone number or an e-mail address, so that we can reach you."), field="phone")
