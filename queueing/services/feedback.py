"""What a patient says of a visit."""

from __future__ import annotations

from django.db import IntegrityError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor
from accounts.audit import recorded
from queueing.errors import FeedbackRefused, InvalidFeedback
from queueing.models import Feedback
from scheduling.models import Appointment
from scheduling.states import AppointmentStatus

LONGEST_COMMENT = 1000


def give_feedback(*, appointment: Appointment, score: int, comment: str, actor: Actor) -> Feedback:
    """Keep what is said of a visit that is over, once. Raises InvalidFeedback, FeedbackRefused."""
    comment = comment.replace("\x00", "").strip()
    if not 1 <= score <= 5:
        raise InvalidFeedback(field="score")
    if len(comment) > LONGEST_COMMENT:
        raise InvalidFeedback(_("Please use at most 1,000 characters."), field="comment")
    if appointment.status != AppointmentStatus.COMPLETED:
        raise FeedbackRefused(_("You can tell us how it was once the visit is over."))
    try:
        with recorded(actor, "feedback.give"):
            return Feedback.objects.create(
                appointment=appointment, score=score, comment=comment, given_at=timezone.now()
            )
    except IntegrityError as error:
        raise FeedbackRefused from error
