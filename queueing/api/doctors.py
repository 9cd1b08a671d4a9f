"""How a doctor's day goes: said once, told to everybody who waits."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.permissions import Staff
from accounts.api.preconditions import conditional, wants_match
from accounts.audit import recorded
from queueing.api.bodies import DoctorStatusSerializer
from queueing.api.queues import answer_line, queue_state
from queueing.api.queues_examples import DOCTOR_STATUS
from queueing.api.reach import ReachesTokens
from queueing.api.shapes import LineSerializer
from queueing.api.tags import require_state
from queueing.errors import InvalidDoctorStatus
from queueing.models import Queue
from queueing.rules import doctors_whose_day_is_kept_by
from queueing.selectors.desk import queue_on_desk
from queueing.selectors.queues import policy_of, queues_of_today
from queueing.services.queues import lock_queue, open_queue, set_doctor_status
from queueing.states import DoctorStatus
from scheduling import rules
from scheduling.clock import local_date
from scheduling.models import Doctor, Location


@extend_schema_view(**DOCTOR_STATUS)
class DoctorStatusViewSet(ReachesTokens):
    """The day of a doctor: their own, for reception of doctors of its locations, for managers of all."""

    queryset = Doctor.objects.all()
    serializer_class = LineSerializer
    permission_classes: ClassVar[Any] = [Staff]

    def get_queryset(self) -> QuerySet[Doctor]:
        """Those of the visitor's locations."""
        return doctors_whose_day_is_kept_by(self.visitor)

    @conditional
    def partial_update(self, request: Request, pk: str) -> Response:
        """Say how the day goes, in today's queue; it is opened if there is none."""
        said = self.said(DoctorStatusSerializer).validated_data
        doctor: Doctor = self.get_object()
        location = self._location_of(doctor, said.get("location"))
        with transaction.atomic():
            queue = self._queue_of(doctor, location)
            if wants_match(request):
                require_state(request, queue_state(lock_queue(queue.pk)))
            done = set_doctor_status(
                queue_id=queue.pk,
                status=said["status"],
                actor=self.actor,
                minutes=minutes_of(said, location),
                back_at=said.get("until"),
            )
        return answer_line(request, done)

    def _queue_of(self, doctor: Doctor, location: Location) -> Queue:
        """The queue that is worked now, past midnight that of last night; else today's, opened."""
        now = timezone.now()
        with recorded(self.actor, "queue.open"):
            day = local_date(now, location.zone)
            return queue_on_desk(location, doctor, now) or open_queue(doctor=doctor, location=location, day=day)

    def _location_of(self, doctor: Doctor, asked: int | None) -> Location:
        """Where the doctor sees patients today: as said, else the one place there is, else where a queue is open.
        Raises InvalidDoctorStatus."""
        places = rules.locations_of(self.visitor).filter(pk__in=doctor.locations.values("pk"))
        if asked is not None:
            places = places.filter(pk=asked)
        found = list(places.order_by("pk"))
        if len(found) > 1:
            here = [location for location in found if queues_of_today(location).filter(doctor=doctor).exists()]
            found = here if len(here) == 1 else found
        if len(found) == 1:
            return found[0]
        if not found:
            raise InvalidDoctorStatus(_("This doctor does not see patients there."), field="location")
        raise InvalidDoctorStatus(_("This doctor works at several places. Say at which."), field="location")


def minutes_of(said: dict[str, Any], location: Location) -> int | None:
    """As said; for whoever runs late and does not say how much, what the location's rules have: a retry of the call
    adds nothing."""
    minutes: int | None = said.get("minutes")
    if minutes is None and said["status"] == DoctorStatus.RUNNING_LATE:
        return policy_of(location.pk).running_late_minutes
    return minutes
