"""How a program reaches one appointment: signed in, or by the secret of its link; and what it saw of it before."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import transaction
from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter
from rest_framework.response import Response

from accounts.actors import Actor, from_request
from accounts.api.errors import InvalidFields
from accounts.api.permissions import SECRET_HEADER
from accounts.api.preconditions import etag_of, require_match, tagged, wants_match
from accounts.api.views import ApiViewSet
from accounts.errors import NotPermitted
from scheduling import rules
from scheduling.api.appointments_shapes import AppointmentSerializer, Sight, address_of
from scheduling.models import Appointment
from scheduling.selectors.appointments import by_link
from scheduling.services.locking import lock_visit

_SECRET = re.compile(r"[\x21-\x7e]{1,64}")
SECRET = OpenApiParameter(
    SECRET_HEADER,
    {"type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[\\x21-\\x7e]+$"},
    OpenApiParameter.HEADER,
    description="The `secret` of the appointment or of the place on the waitlist: opens it like its link.",
)


class ReachesAppointments(ApiViewSet):
    """What every action on one appointment begins and ends with."""

    sight: Sight

    def reach(self, appointment_id: int | None = None) -> Appointment:
        """The visit in the address (or that one), if it is the visitor's to see. Raises Http404, LinkExpired."""
        key = self.key() if appointment_id is None else appointment_id
        secret = self.secret()
        if secret is None:
            return self.reach_as_visitor(key)
        self.sight = Sight(self.visitor, by_link=True)
        visit = by_link(secret=secret, appointment_id=key)
        if visit is None:
            raise Http404
        return visit

    def secret(self) -> str | None:
        """The secret that the program sends, if it sends one. Raises InvalidFields for what cannot be one."""
        secret = self.request.headers.get(SECRET_HEADER)
        if secret is not None and not _SECRET.fullmatch(secret):
            raise InvalidFields({SECRET_HEADER: [_("This is not the secret of a link.")]}, code="invalid")
        return secret

    def reach_as_visitor(self, key: int) -> Appointment:
        """The visit with that id, if it is the visitor's to see without a link. Raises Http404."""
        self.sight = Sight(self.visitor)
        visits = rules.visits_open_to(self.visitor).select_related("patient", "doctor", "location")
        visit = visits.filter(pk=key).first()
        if visit is None:
            raise Http404
        return visit

    def acting_on(self, visit: Appointment) -> Actor:
        """Who acts on a visit: its patient's side, or the desk. Raises NotPermitted for other staff."""
        if self.sight.by_link:
            return from_request(self.request._request, link=visit.pk)
        if self.visitor.is_staff and not self.sight.is_own(visit) and not rules.works_the_desk(self.visitor):
            raise NotPermitted(_("Reception and managers do this for patients."))
        return self.actor

    @contextmanager
    def as_seen(
        self, visit: Appointment, *, slot_id: int | None = None, hold_token: str | None = None
    ) -> Iterator[None]:
        """Let a change happen only to what the program has read, if it says what that was. Raises Stale.

        The visit stays locked until the change is made; so does the slot it may move to.
        """
        if not wants_match(self.request):
            yield
            return
        with transaction.atomic():
            locked = lock_visit(appointment_id=visit.pk, slot_id=slot_id, hold_token=hold_token)
            require_match(self.request, self.shown(locked))
            yield

    def said(self, shape: Any) -> Any:
        """The body in that shape, or every field that is wrong."""
        serializer = shape(data=self.request.data)
        serializer.is_valid(raise_exception=True)
        return serializer

    def shown(self, visit: Appointment) -> dict[str, Any]:
        """The visit as the visitor sees it."""
        return dict(AppointmentSerializer(visit, context={"sight": self.sight}).data)

    def answer(self, visit: Appointment) -> Response:
        """The visit with its tag."""
        return tagged(self.request, self.shown(visit))

    def answer_made(self, visit: Appointment, *, tells_secret: bool) -> Response:
        """A visit that was just made, with the secret that opens it perhaps; tagged as it is read from then on."""
        shown = self.shown(visit)
        secret = {"secret": visit.secret, "manage_url": address_of(visit)} if tells_secret else {}
        said = {**shown, **secret}
        headers = {"ETag": etag_of(shown), "Location": reverse("api:appointment-detail", args=[visit.pk])}
        return Response(said, status=201, headers=headers)
