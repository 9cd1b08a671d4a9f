"""Who may see and do what in the queue. Pages, API, admin and sockets ask these same functions."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from accounts.roles import STAFF_ROLES, Role
from queueing.models import EmergencyRequest, Feedback, Queue, QueuePolicy, Token
from scheduling.models import Doctor, Location
from scheduling.rules import (
    Visitor,
    appointments_visible_to,
    doctors_visible_to,
    has_role,
    locations_of,
    sees_all_locations,
)


def queue_scope(user: Visitor) -> Q:
    """Which queues a member of staff sees: doctors their own, reception their locations', managers all."""
    if sees_all_locations(user):
        return Q()
    if not works_the_queue(user):
        return Q(pk__in=[])
    visible = Q(doctor__in=Doctor.objects.filter(user=user.pk).values("pk"))
    if has_role(user, Role.RECEPTION):
        visible |= Q(location__in=locations_of(user).values("pk"))
    return visible


def queues_visible_to(user: Visitor) -> QuerySet[Queue]:
    """The queues of `queue_scope`."""
    return Queue.objects.filter(queue_scope(user))


def tokens_visible_to(user: Visitor) -> QuerySet[Token]:
    """The places in these queues: whoever sees one may act on it. Patients see none here (`tokens_open_to`)."""
    return Token.objects.filter(queue__in=queues_visible_to(user).values("pk"))


def tokens_open_to(user: Visitor) -> QuerySet[Token]:
    """What somebody finds when they ask for a place: staff those of their queues, patients their own and their
    family's."""
    if user.is_authenticated and user.is_active and not user.is_staff:
        return Token.objects.filter(patient__user=user)
    return tokens_visible_to(user)


def works_the_queue(user: Visitor) -> bool:
    """Whether somebody calls patients: doctors, reception and managers."""
    return has_role(user, *STAFF_ROLES)


def may_act_on(user: Visitor, queue: Queue) -> bool:
    """Whether somebody calls patients of this queue and says how its doctor's day goes."""
    return works_the_queue(user) and queues_visible_to(user).filter(pk=queue.pk).exists()


def registers_walk_ins_at(user: Visitor) -> QuerySet[Location]:
    """Where somebody gives places to people without an appointment, for every doctor: reception and managers."""
    if has_role(user, Role.RECEPTION, Role.MANAGER):
        return locations_of(user)
    return Location.objects.none()


def locations_with_desk(user: Visitor) -> QuerySet[Location]:
    """The locations whose desk somebody opens. Which queues they find there, `queues_visible_to` says."""
    return locations_of(user) if works_the_queue(user) else Location.objects.none()


def doctors_on_desk(user: Visitor, location: Location) -> QuerySet[Doctor]:
    """Whose queue somebody works at a location, whether or not it was opened today; as `queue_scope` has it."""
    here = Doctor.objects.filter(locations=location, is_active=True)
    if sees_all_locations(user):
        return here
    if has_role(user, Role.RECEPTION) and locations_of(user).filter(pk=location.pk).exists():
        return here
    return here.filter(user=user.pk) if works_the_queue(user) else here.none()


def doctors_whose_day_is_kept_by(user: Visitor) -> QuerySet[Doctor]:
    """Of whom somebody says how the day goes: doctors of themselves, reception of those of its locations."""
    if sees_all_locations(user):
        return Doctor.objects.all()
    if not works_the_queue(user):
        return Doctor.objects.none()
    kept = Q(user=user.pk)
    if has_role(user, Role.RECEPTION):
        kept |= Q(pk__in=doctors_visible_to(user).values("pk"))
    return Doctor.objects.filter(kept)


def emergencies_visible_to(user: Visitor) -> QuerySet[EmergencyRequest]:
    """The emergencies of the places where somebody works: whoever is near sees to it."""
    return EmergencyRequest.objects.filter(location__in=locations_with_desk(user).values("pk"))


def feedback_visible_to(user: Visitor) -> QuerySet[Feedback]:
    """What was said of visits that a member of staff sees."""
    if not works_the_queue(user):
        return Feedback.objects.none()
    return Feedback.objects.filter(appointment__in=appointments_visible_to(user).values("pk"))


def policies_visible_to(user: Visitor) -> QuerySet[QueuePolicy]:
    """The rules of the places where somebody works."""
    return QueuePolicy.objects.filter(location__in=locations_with_desk(user).values("pk"))
