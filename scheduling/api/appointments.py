"""Appointments for programs: book, list, read, and everything that happens to one afterwards."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_view
from rest_framework.decorators import action
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.idempotency import idempotent
from accounts.api.permissions import Public, SecretLink, SignedIn, Staff
from accounts.api.preconditions import conditional
from accounts.errors import NotPermitted
from accounts.services.audit_trail import record_view
from scheduling import rules
from scheduling.api.appointments_examples import APPOINTMENTS
from scheduling.api.appointments_filters import AppointmentFilter
from scheduling.api.appointments_reach import ReachesAppointments
from scheduling.api.appointments_shapes import (
    AppointmentSummarySerializer,
    BookingSerializer,
    CancellationSerializer,
    FindSerializer,
    LinksSerializer,
    MoveSerializer,
    NothingSerializer,
    Sight,
    StepSerializer,
    VisitChangesSerializer,
)
from scheduling.api.holds_refusals import telling_nearest
from scheduling.calendar_file import calendar_file, has_times
from scheduling.errors import AppointmentUnknown
from scheduling.models import Appointment
from scheduling.services.booking_requests import book_as_asked, require_own_location
from scheduling.services.finding import ask_for_links, find_again
from scheduling.services.lifecycle import (
    cancel_appointment,
    confirm_appointment,
    confirm_attendance,
    read_appointment,
    take_step,
)
from scheduling.services.links import add_to_account
from scheduling.services.rescheduling import reschedule_appointment
from scheduling.services.visit_details import change_visit
from scheduling.states import AppointmentStatus

LINKS_ASKED = _("If appointments were booked with this address, their links are on the way to it.")
CALENDAR = "text/calendar; charset=utf-8; method=PUBLISH"


@extend_schema_view(**APPOINTMENTS)
class AppointmentViewSet(ReachesAppointments):
    """Visits: of the visitor and their family, or of the locations of staff; one by its link, too."""

    queryset = Appointment.objects.all()
    serializer_class = AppointmentSummarySerializer
    filterset_class = AppointmentFilter
    permission_classes: ClassVar[Any] = [SecretLink]
    permissions_by_action: ClassVar[dict[str, Any]] = {
        "list": SignedIn,
        "create": Public,
        "partial_update": Staff,
        "bring_into": Staff,
        "add_to_account": SignedIn,
        "find": Public,
        "send_links": Public,
    }
    more_troubles = (404,)  # what a body names may be unknown, too

    def perform_content_negotiation(self, request: Request, force: bool = False) -> tuple[BaseRenderer, str]:
        """The calendar file is no JSON, whatever is asked for; what goes wrong with it is."""
        if self.action == "calendar":
            renderer = self.get_renderers()[0]
            return renderer, renderer.media_type
        return super().perform_content_negotiation(request, force)

    def get_queryset(self) -> QuerySet[Appointment]:
        """What the visitor may find."""
        return rules.visits_open_to(self.visitor).select_related("patient", "doctor", "location")

    def list(self, request: Request) -> Response:
        """Visits, those booked last first."""
        return self.listed(self.get_queryset())

    @idempotent
    def create(self, request: Request) -> Appointment:
        """Book."""
        asked = self.said(BookingSerializer).asked()
        with telling_nearest(asked.slot_id):
            return book_as_asked(asked=asked, actor=self.actor)

    def show_made(self, made: Appointment) -> Response:
        """What was booked, with its secret."""
        self.sight = Sight(self.visitor, by_link=not self.visitor.is_authenticated)
        return self.answer_made(made, tells_secret=True)

    def remember(self, made: Appointment) -> int:
        """Its id."""
        return made.pk

    def recall(self, remembered: int) -> Appointment | None:
        """It again; for staff while it is theirs to see."""
        if self.visitor.is_staff and not self.get_queryset().filter(pk=remembered).exists():
            return None
        return read_appointment(remembered)

    def retrieve(self, request: Request, pk: str) -> Response:
        """One visit; that a member of staff looked is written down."""
        visit = self.reach()
        if self.sight.is_staffs:
            record_view(actor=self.actor, obj=visit)  # it says why somebody comes
        return self.answer(visit)

    @conditional
    def partial_update(self, request: Request, pk: str) -> Response:
        """Staff change what is written down."""
        changes = self.said(VisitChangesSerializer).validated_data
        visit = self.reach_as_visitor(self.key())
        with self.as_seen(visit):
            return self.answer(change_visit(appointment_id=visit.pk, changes=changes, actor=self.actor))

    @conditional
    @action(detail=True, methods=["post"])
    def confirm(self, request: Request, pk: str) -> Response:
        """Confirm in time."""
        self.said(NothingSerializer)
        visit = self.reach()
        with self.as_seen(visit):
            return self.answer(confirm_appointment(appointment_id=visit.pk, actor=self.acting_on(visit)))

    @conditional
    @action(detail=True, methods=["post"])
    def attendance(self, request: Request, pk: str) -> Response:
        """The patient will come."""
        self.said(NothingSerializer)
        visit = self.reach()
        with self.as_seen(visit):
            return self.answer(confirm_attendance(appointment_id=visit.pk, actor=self.acting_on(visit)))

    @conditional
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        """Call it off."""
        message = self.said(CancellationSerializer).validated_data.get("message", "")
        visit = self.reach()
        with self.as_seen(visit):
            done = cancel_appointment(appointment_id=visit.pk, message=message, actor=self.acting_on(visit))
            return self.answer(done)

    @conditional
    @action(detail=True, methods=["post"])
    def reschedule(self, request: Request, pk: str) -> Response:
        """Move it; the answer is its successor."""
        said = self.said(MoveSerializer).validated_data
        visit = self.reach()
        actor = self.acting_on(visit)
        slot_id, hold = said.get("slot"), said.get("hold")
        if self.sight.is_staffs and not self.sight.is_own(visit):
            require_own_location(actor, slot_id=slot_id, hold=hold)
        with telling_nearest(slot_id), self.as_seen(visit, slot_id=slot_id, hold_token=hold):
            moved = reschedule_appointment(appointment_id=visit.pk, slot_id=slot_id, hold_token=hold, actor=actor)
        return self.answer_made(moved, tells_secret=self.sight.is_own(moved))

    @conditional
    @action(detail=True, methods=["patch"], url_path="status", url_name="status")
    def bring_into(self, request: Request, pk: str) -> Response:
        """Staff take the one step that leads to a state."""
        said = self.said(StepSerializer).validated_data
        to = AppointmentStatus(said["status"])
        visit = self.reach_as_visitor(self.key())
        if not rules.may_take_step(self.visitor, to):
            raise NotPermitted
        with self.as_seen(visit):
            done = take_step(appointment_id=visit.pk, to=to, message=said.get("message", ""), actor=self.actor)
            return self.answer(done)

    @action(detail=True)
    def calendar(self, request: Request, pk: str) -> HttpResponse:
        """The visit as a file for calendars; of a moved one, the same event at its new time."""
        visit = self.reach()
        while visit.successor_id is not None:
            visit = read_appointment(visit.successor_id)
        if not has_times(visit):
            raise Http404
        response = HttpResponse(calendar_file(visit), content_type=CALENDAR)
        response["Content-Disposition"] = f'attachment; filename="{visit.number}.ics"'
        return response

    @conditional
    @action(detail=True, methods=["post"], url_path="add-to-account")
    def add_to_account(self, request: Request, pk: str) -> Response:
        """Whoever holds the link and has signed in finds the visit among their own from now on."""
        self.said(NothingSerializer)
        visit = self.reach()
        if not self.sight.by_link and not self.sight.is_own(visit):
            raise Http404
        with self.as_seen(visit):
            return self.answer(add_to_account(appointment_id=visit.pk, actor=self.actor))

    @action(detail=False, methods=["post"])
    def find(self, request: Request) -> Response:
        """The visit that a reference and a contact belong to, with its secret."""
        visit = find_again(**self.said(FindSerializer).validated_data, actor=self.actor)
        if visit is None:
            raise AppointmentUnknown
        self.sight = Sight(self.visitor, by_link=True)
        return self.answer(visit)

    @action(detail=False, methods=["post"], url_path="send-links")
    def send_links(self, request: Request) -> Response:
        """Mail links to upcoming visits to an address; the answer is the same whether there are any."""
        ask_for_links(address=self.said(LinksSerializer).validated_data["email"], actor=self.actor)
        return Response({"detail": LINKS_ASKED}, status=202)
