"""Setting up the clinic: its places, what it offers, and its doctors."""

from __future__ import annotations

import zoneinfo
from collections.abc import Collection, Mapping
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Model
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor
from accounts.audit import recorded
from accounts.models import User
from scheduling.errors import AlreadyThere, ClinicEntryUnknown, InUse, InvalidClinicEntry, SlotsAhead
from scheduling.models import Doctor, Location, Specialty
from scheduling.selectors.clinic import has_slots_ahead, places_with_slots_ahead

NO_PLACES = {"Factory", "localtime"}
"""Names in the zone data that no clinic lies in; "localtime" would be whatever the server happens to keep."""

Entry = TypeVar("Entry", Location, Specialty, Doctor)


def time_zones() -> list[str]:
    """The clocks that a location can have, by name."""
    return sorted(zoneinfo.available_timezones() - NO_PLACES)


def require_clock_free(location: Location, time_zone: str) -> None:
    """Refuse another clock under slots that were made by the old one: they would stay at hours that nobody means.

    Raises SlotsAhead.
    """
    if time_zone != location.time_zone and has_slots_ahead(location):
        raise SlotsAhead(
            _("There are slots to come, made by the old clock. Retire the hours and remove these slots first."),
            field="time_zone",
        )


def require_places_kept(doctor: Doctor, location_ids: Collection[int]) -> None:
    """Hours first, then the place: slots would stay on offer where the doctor no longer works. Raises SlotsAhead."""
    left = places_with_slots_ahead(doctor).exclude(pk__in=location_ids)
    if left:
        raise SlotsAhead(
            _("There are slots to come at %(places)s. Retire the hours there and remove these slots first.")
            % {"places": ", ".join(location.name for location in left)},
            field="locations",
        )


# --- Locations and specialties ----------------------------------------------------------------------------------


def add_location(*, values: Mapping[str, Any], actor: Actor) -> Location:
    """A new place. Raises InvalidClinicEntry or AlreadyThere."""
    with recorded(actor, "location.add"):
        return _store(Location(), values)


def change_location(*, location_id: int, changes: Mapping[str, Any], actor: Actor) -> Location:
    """Change a place. Raises InvalidClinicEntry, AlreadyThere, SlotsAhead or ClinicEntryUnknown."""
    with recorded(actor, "location.change"):
        location = _locked(Location, location_id)
        require_clock_free(location, changes.get("time_zone", location.time_zone))
        return _store(location, changes)


def delete_location(*, location_id: int, actor: Actor) -> None:
    """Delete a place that nothing was ever done with; others are closed by `is_active`. Raises InUse."""
    _delete(Location, location_id, actor)


def add_specialty(*, values: Mapping[str, Any], actor: Actor) -> Specialty:
    """A new specialty. Raises InvalidClinicEntry or AlreadyThere."""
    with recorded(actor, "specialty.add"):
        return _store(Specialty(), values)


def change_specialty(*, specialty_id: int, changes: Mapping[str, Any], actor: Actor) -> Specialty:
    """Change a specialty. Raises InvalidClinicEntry, AlreadyThere or ClinicEntryUnknown."""
    with recorded(actor, "specialty.change"):
        return _store(_locked(Specialty, specialty_id), changes)


def delete_specialty(*, specialty_id: int, actor: Actor) -> None:
    """Delete a specialty that nobody practises or waits for. Raises InUse."""
    _delete(Specialty, specialty_id, actor)


# --- Doctors ----------------------------------------------------------------------------------------------------


def add_doctor(*, values: Mapping[str, Any], actor: Actor) -> Doctor:
    """A new doctor. `specialty` and `user` are ids, `locations` a list of them.

    Raises InvalidClinicEntry or AlreadyThere.
    """
    with recorded(actor, "doctor.add"):
        doctor = _store(Doctor(), _columns_of_doctor(values))
        doctor.locations.set(_existing_places(values.get("locations", ())))
    return doctor


def change_doctor(*, doctor_id: int, changes: Mapping[str, Any], actor: Actor) -> Doctor:
    """Change a doctor. Raises InvalidClinicEntry, AlreadyThere, SlotsAhead or ClinicEntryUnknown."""
    with recorded(actor, "doctor.change"):
        doctor = _locked(Doctor, doctor_id)
        if "locations" in changes:
            places = _existing_places(changes["locations"])
            require_places_kept(doctor, places)
            doctor.locations.set(places)
        return _store(doctor, _columns_of_doctor(changes))


def delete_doctor(*, doctor_id: int, actor: Actor) -> None:
    """Delete a doctor who never had hours, slots or visits; others leave the pages by `is_active`. Raises InUse."""
    _delete(Doctor, doctor_id, actor)


def _columns_of_doctor(values: Mapping[str, Any]) -> dict[str, Any]:
    _require_known(Specialty, values.get("specialty"), _("We do not know that specialty."), field="specialty")
    _require_known(User, values.get("user"), _("We do not know that person."), field="user")
    renamed = {"specialty": "specialty_id", "user": "user_id"}
    return {renamed.get(name, name): value for name, value in values.items() if name != "locations"}


def _require_known(model: type[Model], key: int | None, sentence: str | Promise, *, field: str) -> None:
    if key is not None and not model._base_manager.filter(pk=key).exists():
        raise InvalidClinicEntry(sentence, field=field)


def _existing_places(location_ids: Collection[int]) -> list[int]:
    """The ids, if each is a place of the clinic. Raises InvalidClinicEntry."""
    found = set(Location.objects.filter(pk__in=location_ids).values_list("pk", flat=True))
    if found != set(location_ids):
        raise InvalidClinicEntry(_("We do not know that location."), field="locations")
    return sorted(found)


# --- What they share --------------------------------------------------------------------------------------------


def _locked(model: type[Entry], key: int) -> Entry:
    """The row, so that nobody else changes it, or hangs anything on it, until the transaction ends."""
    entry = model.objects.select_for_update().filter(pk=key).first()
    if entry is None:
        raise ClinicEntryUnknown
    return entry


def _store(entry: Entry, values: Mapping[str, Any]) -> Entry:
    """Check and save; of a row that is there, only what changes: two people may change two things at once."""
    for name, value in values.items():
        setattr(entry, name, value)
    new = entry._state.adding
    _check(entry)
    try:
        with transaction.atomic():
            entry.save(update_fields=None if new else list(values))
    except IntegrityError as error:  # somebody else wrote the same name between the check and the save
        raise AlreadyThere from error
    return entry


def _check(entry: Model) -> None:
    try:
        entry.full_clean()
    except ValidationError as error:
        field, troubles = next(iter(error.error_dict.items()))
        if troubles[0].code == "unique":
            raise AlreadyThere(field=field) from error
        raise InvalidClinicEntry(troubles[0].messages[0], field=field) from error


def _delete(model: type[Entry], key: int, actor: Actor) -> None:
    """Delete a row that no other row points at, of whatever kind."""
    with recorded(actor, f"{model._meta.model_name}.delete"):
        entry = _locked(model, key)
        for relation in model._meta.related_objects:
            if relation.field.model._base_manager.filter(**{relation.field.name: entry.pk}).exists():
                raise InUse
        entry.delete()
