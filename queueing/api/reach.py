"""How a program reaches a place in a queue: as staff of the queue, as the patient, or by the secret of its link."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter
from rest_framework.response import Response

from accounts.actors import Actor, from_request
from accounts.api.errors import Stale
from accounts.api.permissions import SECRET_HEADER
from accounts.api.preconditions import wants_match
from queueing import rules
from queueing.api.shapes import Standing, TokenSerializer
from queueing.api.tags import require_state, tagged_with_state
from queueing.errors import ScreenStale
from queueing.models import Token, TokenStep
from queueing.selectors.day_end import is_over
from queueing.selectors.lines import line_of
from queueing.selectors.queues import token_by_secret, tokens_with_everything
from scheduling.api.appointments_reach import ReachesAppointments
from scheduling.errors import LinkExpired

SECRET_OF_A_PLACE = OpenApiParameter(
    SECRET_HEADER,
    {"type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[\\x21-\\x7e]+$"},
    OpenApiParameter.HEADER,
    description="The `secret` of the place in the queue: opens it like its link.",
)


def state_of(token: Token) -> Any:
    """What somebody who acts on a token must have seen."""
    return ["token", token.pk, token.version]


class ReachesTokens(ReachesAppointments):
    """What every action on one place in a queue begins and ends with."""

    is_link = False

    def token(self) -> Token:
        """The place in the address, if it is the visitor's to see; by its secret the one that a transfer made of it.
        Raises Http404, LinkExpired."""
        key, secret = self.key(), self.secret()
        if secret is None:
            return self.find(key)
        first, found = Token.objects.filter(secret=secret).values_list("pk", flat=True).first(), token_by_secret(secret)
        if found is None or key not in (first, found.pk):
            raise Http404
        return self.by_its_link(found)

    def by_its_link(self, token: Token) -> Token:
        """From here on the visitor is whoever holds this link. Raises LinkExpired."""
        if is_over(token.queue, timezone.now()):
            raise LinkExpired
        self.is_link = True
        return token

    def staffs_token(self) -> Token:
        """The place in the address, if it is the visitor's to act on. Raises Http404."""
        token = tokens_with_everything().filter(pk__in=rules.tokens_visible_to(self.visitor), pk=self.key()).first()
        if token is None:
            raise Http404
        return token

    def find(self, key: int) -> Token:
        """The place with that id, if it is the visitor's to see. Raises Http404."""
        token = tokens_with_everything().filter(pk__in=rules.tokens_open_to(self.visitor), pk=key).first()
        if token is None:
            raise Http404
        return token

    @contextmanager
    def as_seen_token(self, token: Token) -> Iterator[int | None]:
        """The version that the service is to insist on: that of the tag, if the program says one. Raises Stale."""
        if not wants_match(self.request):
            yield None
            return
        require_state(self.request, state_of(token))
        try:
            yield token.version
        except ScreenStale as error:
            raise Stale from error

    def acting_on_token(self, token: Token) -> Actor:
        """Who acts: whoever is signed in, or the holder of the link."""
        return from_request(self.request._request, link=token.appointment_id) if self.is_link else self.actor

    def is_own_token(self, token: Token) -> bool:
        """Whether the visitor looks from the patient's side."""
        return self.is_link or (self.visitor.is_authenticated and token.patient.user_id == self.visitor.pk)

    def standing(self, token: Token, *, tells_secret: bool = False) -> dict[str, Any]:
        """The place as the visitor sees it."""
        for_staff = not self.is_link and rules.may_act_on(self.visitor, token.queue)
        step = TokenStep.objects.filter(token=token, undone_at=None).order_by("-pk").first() if for_staff else None
        place = line_of(token.queue).place_of(token.pk)
        shown = Standing(token, place, step, for_staff, tells_secret or self.is_own_token(token))
        return dict(TokenSerializer(shown).data)

    def answer_token(self, token: Token) -> Response:
        """The place as it is now, with its tag."""
        now = tokens_with_everything().get(pk=token.pk)
        return tagged_with_state(self.request, state_of(now), self.standing(now))
