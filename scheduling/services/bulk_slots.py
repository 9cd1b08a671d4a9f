"""Many slots in one go: planned, looked at, made, and undone as far as nobody has them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor
from accounts.audit import recorded
from scheduling.clock import instant
from scheduling.errors import CalendarEntryUnknown, InvalidCalendar
from scheduling.models import Doctor, Location, Slot, SlotBatch
from scheduling.recurrence import Break, Days, Period, Session, check_date, check_session, session_slots, wall_times
from scheduling.selectors.seats import overdue_slot_ids
from scheduling.services import seats
from scheduling.services.calendar import check_size
from scheduling.services.slot_generation import (
    Occupied,
    is_off,
    lock_doctors,
    occupied_times,
    time_off_of,
)
from scheduling.services.slot_rows import insert_slots
from scheduling.signals import slot_changed

MOST_SLOTS = 5_000
MOST_DAYS = 366


class SkipReason(models.TextChoices):
    """Why a time of the plan gets no slot."""

    PAST = "past", _("The time is already over")
    MISSING = "missing", _("The clocks skip this time")
    TIME_OFF = "time_off", _("Time off")
    CLASH = "clash", _("The doctor already has a slot then")


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkPlan:
    """What staff ask for. No `weekdays` (0 is Monday) means all; `exclude_weekends` takes Saturday and Sunday away."""

    doctor_id: int
    location_id: int
    start_date: date
    end_date: date
    start_time: time
    end_time: time
    duration_minutes: int
    capacity: int = 1
    exclude_weekends: bool = False
    weekdays: frozenset[int] = frozenset()
    breaks: tuple[Break, ...] = ()


@dataclass(frozen=True, slots=True)
class Skipped:
    """A time that gets no slot. `wall` is what the clock of the location shows then, or would if it did not skip it."""

    wall: datetime
    reason: SkipReason


@dataclass(slots=True)
class BulkDay:
    """What the plan means for one day: the slots it makes, and what it leaves out and why."""

    date: date
    slots: list[Period] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)

    def count(self, reason: str) -> int:
        """How many times of the day are left out for this reason."""
        return sum(1 for one in self.skipped if one.reason == reason)

    @property
    def clashes(self) -> int:
        """How many times the doctor already has a slot at."""
        return self.count(SkipReason.CLASH)


@dataclass(slots=True)
class BulkPreview:
    """What the plan means, day by day."""

    days: list[BulkDay]

    @property
    def total(self) -> int:
        """How many slots it makes."""
        return sum(len(day.slots) for day in self.days)

    @property
    def skipped(self) -> Counter[str]:
        """How many times it leaves out, by reason."""
        return Counter(str(one.reason) for day in self.days for one in day.skipped)


@dataclass(frozen=True, slots=True)
class MadeInBulk:
    """What came of a plan: its batch, None if no slot was left to make, and day by day what was made and left out."""

    batch: SlotBatch | None
    preview: BulkPreview


@dataclass(frozen=True, slots=True)
class Undone:
    """What `undo_batch` did: slots removed, and slots that stayed because somebody has them."""

    removed: int
    stayed: int


def plan_bulk_slots(plan: BulkPlan) -> BulkPreview:
    """What the plan would make and what it would leave out. Writes nothing. Raises InvalidCalendar."""
    location = _check(plan)
    session = _session(plan)
    days = [_wanted(session, location, day) for day in _dates(plan)]
    periods = [period for day in days for period in day.slots]
    occupied, time_off = occupied_times(plan.doctor_id, periods), time_off_of(plan.doctor_id, plan.location_id)
    for day in days:
        _leave_out(day, location, occupied, time_off)
    return BulkPreview(days=days)


def create_bulk_slots(*, plan: BulkPlan, actor: Actor) -> SlotBatch | None:
    """Make the slots of the plan in one batch; None if none were left to make. Raises InvalidCalendar."""
    return carry_out_bulk_plan(plan=plan, actor=actor).batch


def carry_out_bulk_plan(*, plan: BulkPlan, actor: Actor) -> MadeInBulk:
    """`create_bulk_slots`, telling what was made. Raises InvalidCalendar."""
    with recorded(actor, "slot.create_bulk"):
        lock_doctors([plan.doctor_id])
        preview = plan_bulk_slots(plan)
        if not preview.total:
            return MadeInBulk(None, preview)
        batch = SlotBatch.objects.create(
            doctor_id=plan.doctor_id, location_id=plan.location_id, created_by=actor.user, description=_describe(plan)
        )
        made = insert_slots(
            [period for day in preview.days for period in day.slots],
            doctor_id=plan.doctor_id,
            location_id=plan.location_id,
            capacity=plan.capacity,
            batch_id=batch.pk,
        )
        slot_changed.send(sender=Slot, doctor_id=plan.doctor_id, slot_ids=made, what="added")
    return MadeInBulk(batch, preview)


def undo_batch(*, batch_id: int, actor: Actor) -> Undone:
    """Remove the slots of a batch that nobody has; the others stay. Raises CalendarEntryUnknown."""
    with recorded(actor, "slot.undo_bulk"):
        batch = SlotBatch.objects.filter(pk=batch_id).first()
        if batch is None:
            raise CalendarEntryUnknown
        lock_doctors([batch.doctor_id])
        coming = Slot.objects.filter(batch=batch, starts_at__gt=timezone.now())
        slot_ids = list(coming.order_by("pk").values_list("pk", flat=True))
        seats.lock_slots(slot_ids)
        for slot_id in sorted(overdue_slot_ids() & set(slot_ids)):
            seats.lapse_overdue_claims(slot_id=slot_id)
        gone = list(coming.filter(taken=0).order_by("pk"))
        removable = [slot.pk for slot in gone]
        Slot.objects.filter(pk__in=removable).delete()
        if gone:
            slot_changed.send(sender=Slot, doctor_id=batch.doctor_id, slot_ids=removable, what="removed", gone=gone)
        stayed = Slot.objects.filter(batch=batch).count()
        if not stayed:
            batch.delete()
    return Undone(removed=len(removable), stayed=stayed)


# --- What the plan means ----------------------------------------------------------------------------------------


def _check(plan: BulkPlan) -> Location:
    """Refuse a plan that makes no sense, naming the field."""
    location = Location.objects.filter(pk=plan.location_id).first()
    if location is None:
        raise InvalidCalendar(_("We do not know that location."), field="location")
    if not Doctor.objects.filter(pk=plan.doctor_id).exists():
        raise InvalidCalendar(_("We do not know that doctor."), field="doctor")
    check_date(plan.start_date, field="start_date")
    check_date(plan.end_date, field="end_date")
    if plan.end_date < plan.start_date:
        raise InvalidCalendar(_("The last day is before the first."), field="end_date")
    if plan.end_date - plan.start_date > timedelta(days=MOST_DAYS):
        raise InvalidCalendar(_("A plan can be at most a year long."), field="end_date")
    if not plan.weekdays <= set(range(7)):
        raise InvalidCalendar(_("Weekdays are numbers from 0 (Monday) to 6 (Sunday)."), field="weekdays")
    check_size(minutes=plan.duration_minutes, capacity=plan.capacity)
    check_session(_session(plan), minutes_field="duration_minutes")
    _check_number(plan)
    return location


def _check_number(plan: BulkPlan) -> None:
    """Refuse a plan for no day, or for too many slots: counted by the wall clock, before any of them is worked out."""
    dates = list(_dates(plan))
    if not dates:
        raise InvalidCalendar(_("No day between these dates is one of the chosen weekdays."), field="weekdays")
    count = len(dates) * len(wall_times(dates[0], _session(plan)))
    if count > MOST_SLOTS:
        raise InvalidCalendar(
            _("That would be %(count)s slots; at most %(most)s can be made at once. Choose fewer days.")
            % {"count": count, "most": MOST_SLOTS},
            field="end_date",
        )


def _session(plan: BulkPlan) -> Session:
    return Session(plan.start_time, plan.end_time, plan.duration_minutes, plan.breaks)


def _dates(plan: BulkPlan) -> Iterator[date]:
    weekdays = plan.weekdays or frozenset(range(7))
    if plan.exclude_weekends:
        weekdays -= {5, 6}
    if weekdays:
        yield from Days(plan.start_date, plan.end_date, weekdays).between(plan.start_date, plan.end_date)


def _wanted(session: Session, location: Location, day: date) -> BulkDay:
    """The slots of one day as the wall clock has them, and the times it skips."""
    missing = [wall for wall in wall_times(day, session) if instant(wall, location.zone) is None]
    return BulkDay(
        date=day,
        slots=session_slots(day, session, location.zone),
        skipped=[Skipped(wall, SkipReason.MISSING) for wall in missing],
    )


def _leave_out(day: BulkDay, location: Location, occupied: Occupied, time_off: list[Period]) -> None:
    """Move what cannot be made from the day's slots to what it skips."""
    now = timezone.now()
    kept = []
    for period in day.slots:
        reason = None
        if period.starts_at <= now:
            reason = SkipReason.PAST
        elif is_off(period, time_off):
            reason = SkipReason.TIME_OFF
        elif occupied.clashes(period):
            reason = SkipReason.CLASH
        if reason is None:
            occupied.add(period)  # a session longer than a day would clash with the next day's
            kept.append(period)
        else:
            day.skipped.append(Skipped(period.starts_at.astimezone(location.zone).replace(tzinfo=None), reason))
    day.slots = kept


def _describe(plan: BulkPlan) -> str:
    """The plan in one line, for the list of batches."""
    return (
        f"{plan.start_date:%Y-%m-%d} – {plan.end_date:%Y-%m-%d}, {plan.start_time:%H:%M} – {plan.end_time:%H:%M}, "
        f"{plan.duration_minutes} min × {plan.capacity}"
    )
