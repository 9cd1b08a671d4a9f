"""The waitlist for programs: join, look, answer an offer, leave."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

import django_filters
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_view
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.filters import KeyFilter
from accounts.api.idempotency import idempotent
from accounts.api.permissions import Public, SecretLink, SignedIn
from accounts.api.preconditions import conditional, etag_of, require_match, tagged, wants_match
from accounts.errors import NotPermitted
from scheduling import rules
from scheduling.api.appointments_reach import ReachesAppointments
from scheduling.api.appointments_shapes import NothingSerializer, Sight
from scheduling.api.waitlist_examples import WAITLIST
from scheduling.api.waitlist_shapes import (
    WaitlistEntrySerializer,
    WaitlistEntrySummarySerializer,
    WishSerializer,
    address_of,
)
from scheduling.models import WaitlistEntry
from scheduling.selectors.waitlist import Wait, entry_by_secret, people_ahead, wait_of
from scheduling.services.booking_requests import require_own_location
from scheduling.services.locking import lock_entry
from scheduling.services.waitlist import accept_offer, decline_offer, join_for_earlier, leave_waitlist
from scheduling.services.waitlist_requests import wait_as_asked
from scheduling.states import WaitlistStatus

SHOWN = ("patient", "doctor", "specialty", "location", "offered_slot__doctor", "offered_slot__location")


class WaitlistFilter(django_filters.FilterSet):
    """Of those one may see, those that fit."""

    status = django_filters.ChoiceFilter(choices=WaitlistStatus.choices)
    doctor = KeyFilter(field_name="doctor_id")
    location = KeyFilter(field_name="location_id")
    patient = KeyFilter(field_name="patient_id")


@extend_schema_view(**WAITLIST)
class WaitlistViewSet(ReachesAppointments):
    """Places on the waitlist: of one's family, or at the locations of staff; one by its link, too."""

    queryset = WaitlistEntry.objects.all()
    serializer_class = WaitlistEntrySummarySerializer
    filterset_class = WaitlistFilter
    permission_classes: ClassVar[Any] = [SecretLink]
    permissions_by_action: ClassVar[dict[str, Any]] = {"list": SignedIn, "create": Public}
    more_troubles = (404,)
    by_link = False

    def get_queryset(self) -> QuerySet[WaitlistEntry]:
        """Those that the visitor may see."""
        return WaitlistEntry.objects.filter(rules.waitlist_scope(self.visitor)).select_related(*SHOWN)

    def list(self, request: Request) -> Response:
        """Who waits, those who joined last first."""
        return self.listed(self.get_queryset())

    def retrieve(self, request: Request, pk: str) -> Response:
        """One place on the list, and how many are before it."""
        entry = self.entry()
        answer = tagged(request, self.shown_entry(entry))
        if answer.data is not None:  # beside the tag: whoever joins or leaves changes nothing of this entry
            answer.data["ahead"] = people_ahead(entry) if wait_of(entry) == Wait.WAITING else 0
        return answer

    @idempotent
    def create(self, request: Request) -> WaitlistEntry:
        """Join."""
        self.secret()
        wish = self.said(WishSerializer)
        booking = wish.validated_data.get("instead_of")
        if booking is None:
            return wait_as_asked(asked=wish.asked(), actor=self.actor)
        visit = self.reach(booking)
        return join_for_earlier(appointment=visit, actor=self.acting_on(visit))

    def show_made(self, made: WaitlistEntry) -> Response:
        """The place, with the secret that opens it."""
        entry = WaitlistEntry.objects.select_related(*SHOWN).get(pk=made.pk)
        self.by_link = not self.visitor.is_authenticated
        shown = self.shown_entry(entry)
        said = {**shown, "secret": entry.secret, "manage_url": address_of(entry)}
        headers = {"ETag": etag_of(shown), "Location": reverse("api:waitlist-detail", args=[entry.pk])}
        return Response(said, status=201, headers=headers)

    def remember(self, made: WaitlistEntry) -> int:
        """Its id."""
        return made.pk

    def recall(self, remembered: int) -> WaitlistEntry | None:
        """It again; for staff while it is theirs to see."""
        entries = self.get_queryset() if self.visitor.is_staff else WaitlistEntry.objects.all()
        return entries.filter(pk=remembered).first()

    @conditional
    def destroy(self, request: Request, pk: str) -> Response:
        """Leave for good."""
        entry = self.entry()
        self.require_right_to(entry)
        with self.entry_as_seen(entry):
            leave_waitlist(entry_id=entry.pk, actor=self.actor)
        return Response(status=204)

    @conditional
    @action(detail=True, methods=["post"])
    def accept(self, request: Request, pk: str) -> Response:
        """Take the offered seat; the answer is the appointment."""
        self.said(NothingSerializer)
        entry = self.entry()
        self.require_right_to(entry)
        if not self.is_own(entry):
            require_own_location(self.actor, slot_id=entry.offered_slot_id)
        with self.entry_as_seen(entry):
            made = accept_offer(entry_id=entry.pk, actor=self.actor)
        self.sight = Sight(self.visitor, by_link=self.by_link)
        return self.answer_made(made, tells_secret=self.is_own(entry))

    @conditional
    @action(detail=True, methods=["post"])
    def decline(self, request: Request, pk: str) -> Response:
        """Say no to the offer and go on waiting."""
        self.said(NothingSerializer)
        entry = self.entry()
        self.require_right_to(entry)
        with self.entry_as_seen(entry):
            decline_offer(entry_id=entry.pk, actor=self.actor)
            return tagged(request, self.shown_entry(self.read_anew(entry)))

    def entry(self) -> WaitlistEntry:
        """The place in the address, if it is the visitor's to see. Raises Http404."""
        secret = self.secret()
        self.by_link = secret is not None
        if secret is None:
            visible: WaitlistEntry = self.get_object()
            return visible
        found = entry_by_secret(secret)
        if found is None or found.pk != self.key():
            raise Http404
        return found

    def is_own(self, entry: WaitlistEntry) -> bool:
        """Whether the visitor looks from the patient's side."""
        return self.by_link or (self.visitor.is_authenticated and entry.patient.user_id == self.visitor.pk)

    def require_right_to(self, entry: WaitlistEntry) -> None:
        """Leave answers to the patient's side and the desk. Raises NotPermitted."""
        if not self.is_own(entry) and not rules.works_the_desk(self.visitor):
            raise NotPermitted(_("Reception and managers do this for patients."))

    @contextmanager
    def entry_as_seen(self, entry: WaitlistEntry) -> Iterator[None]:
        """Let a change happen only to what the program has read, if it says what that was. Raises Stale."""
        if not wants_match(self.request):
            yield
            return
        with transaction.atomic():
            lock_entry(entry.pk)
            require_match(self.request, self.shown_entry(self.read_anew(entry)))
            yield

    def read_anew(self, entry: WaitlistEntry) -> WaitlistEntry:
        """As it is stored now."""
        return WaitlistEntry.objects.select_related(*SHOWN).get(pk=entry.pk)

    def shown_entry(self, entry: WaitlistEntry) -> dict[str, Any]:
        """The place as the visitor sees it."""
        return dict(WaitlistEntrySerializer(entry, context={"is_own": self.is_own(entry)}).data)
