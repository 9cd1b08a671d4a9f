"""Lists of slots: who may look at which, and on which days they lie."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet

from scheduling import rules
from scheduling.clock import day_bounds
from scheduling.models import Location, Slot
from scheduling.selectors.availability import offered_slots


def slots_open_to(user: rules.Visitor) -> QuerySet[Slot]:
    """What somebody may look at: everybody what is on offer; staff, at their own locations, also what is closed, full
    or over."""
    if rules.sees_all_locations(user):
        return Slot.objects.all()
    on_offer = offered_slots()
    return on_offer | slots_kept_by(user) if getattr(user, "is_staff", False) else on_offer


def slots_kept_by(user: rules.Visitor) -> QuerySet[Slot]:
    """The slots at the locations of a member of staff; none for patients and visitors."""
    return Slot.objects.filter(location__in=rules.locations_of(user).values("pk"))


def in_days(first: date | None, last: date | None, *, moment: str = "starts_at", location: str = "location") -> Q:
    """Begins on one of these days, by the clock of its own location; one query for the clocks.

    `moment` and `location` name the columns of other rows than slots and visits.
    """
    if first is None and last is None:
        return Q()
    places: dict[str, list[int]] = {}
    for pk, zone in Location.objects.values_list("pk", "time_zone"):
        places.setdefault(zone, []).append(pk)
    condition = Q(pk__in=[])
    for name, location_ids in places.items():
        here = Q(**{f"{location}__in": location_ids})
        if first is not None:
            here &= Q(**{f"{moment}__gte": day_bounds(first, ZoneInfo(name))[0]})
        if last is not None:
            here &= Q(**{f"{moment}__lt": day_bounds(last, ZoneInfo(name))[1]})
        condition |= here
    return condition
