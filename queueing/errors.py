"""What can go wrong in the queue, each with a stable code and a sentence for the person."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.errors import DomainError


class QueueUnknown(DomainError):
    """No queue has that number, or not for whoever asks."""

    code = "queue_unknown"
    sentence = _("We do not know that queue.")
    status = 404


class TokenUnknown(DomainError):
    """No token has that number or secret, or not for whoever asks."""

    code = "token_unknown"
    sentence = _("We do not know that place in the queue.")
    status = 404


class EmergencyUnknown(DomainError):
    """No emergency has that number, or not for whoever asks."""

    code = "emergency_unknown"
    sentence = _("We do not know that emergency.")
    status = 404


class QueueEmpty(DomainError):
    """Somebody calls, and nobody waits."""

    code = "queue_empty"
    sentence = _("Nobody is waiting in this queue.")


class QueuePaused(DomainError):
    """The doctor is on a break."""

    code = "queue_paused"
    sentence = _("The doctor is on a break, so nobody is called. End the break first.")


class QueueClosed(DomainError):
    """The doctor has finished, or the day is over."""

    code = "queue_closed"
    sentence = _("The doctor has finished for today.")


class DayOver(DomainError):
    """The token or the queue belongs to another day."""

    code = "another_day"
    sentence = _("This belongs to another day, so it can no longer be changed.")


class WrongStep(DomainError):
    """No step leads there from the state the token is in."""

    code = "wrong_step"
    sentence = _("That is not possible now.")

    def __init__(self, sentence: str | Promise | None = None, *, status_now: str | None = None) -> None:
        super().__init__(sentence)
        self.status_now = status_now
        if status_now is not None:
            self.members = {"status_now": status_now}


class ScreenStale(DomainError):
    """Somebody acts on what they see, and it is no longer so."""

    code = "screen_stale"
    sentence = _("Somebody else was first: this has changed since your screen showed it. Nothing was done.")


class DoctorBusy(DomainError):
    """A consultation is running, and the queue lets in one at a time."""

    code = "doctor_busy"
    sentence = _("Another patient is still with the doctor. Finish that consultation first.")


class AlreadyWaiting(DomainError):
    """The person is in a queue of this location already; where it is known which, the sentence says so."""

    code = "already_waiting"
    sentence = _("This patient is already waiting here.")

    def __init__(self, sentence: str | Promise | None = None, *, same_queue: bool | None = None) -> None:
        if sentence is None and same_queue is not None:
            sentence = (
                _("This patient is already waiting for this doctor.")
                if same_queue
                else _("This patient is already waiting here, for another doctor.")
            )
        super().__init__(sentence)


class CheckInRefused(DomainError):
    """The visit cannot be checked in: it is cancelled, over, not confirmed, or of another day."""

    code = "check_in_refused"
    sentence = _("This appointment cannot be checked in. Please ask at the desk.")


class CheckInTooEarly(CheckInRefused):
    """Check-in is not open yet."""

    code = "check_in_too_early"
    sentence = _("It is too early to check in.")


class CheckInTooLate(CheckInRefused):
    """Check-in has closed."""

    code = "check_in_too_late"
    sentence = _("It is too late to check in here. Please go to the desk; they will find a way.")


class WalkInsRefused(DomainError):
    """The location takes walk-ins at the desk only."""

    code = "walk_ins_refused"
    sentence = _("Please go to the desk to see a doctor without an appointment.")


class TransferRefused(DomainError):
    """The token cannot go to that doctor."""

    code = "transfer_refused"
    sentence = _("A patient can only be transferred to another doctor who sees patients here.")


class NothingToUndo(DomainError):
    """There is no step, or not a last one, that can be taken back."""

    code = "nothing_to_undo"
    sentence = _("There is nothing here that can be undone any more.")


class InvalidDoctorStatus(DomainError):
    """What was said about the doctor's day does not make sense."""

    code = "invalid_doctor_status"
    sentence = _("Please check the doctor's status.")
    status = 400


class InvalidPriority(DomainError):
    """What was said about the priority does not make sense."""

    code = "invalid_priority"
    sentence = _("Please check the priority.")
    status = 400


class InvalidEmergency(DomainError):
    """What was said about the emergency does not make sense."""

    code = "invalid_emergency"
    sentence = _("Please check what you wrote about the emergency.")
    status = 400


class InvalidFeedback(DomainError):
    """What was said about the visit does not make sense."""

    code = "invalid_feedback"
    sentence = _("Please choose a number from 1 to 5.")
    status = 400


class FeedbackRefused(DomainError):
    """The visit is not over, or was spoken of already."""

    code = "feedback_refused"
    sentence = _("Thank you. We already have what you said about this visit.")


class OperationReused(DomainError):
    """The same operation came again, asking for something else."""

    code = "key_reused"
    sentence = _("This was done already, and asked for something else then. Please look at the screen again.")


class VisitNotFound(DomainError):
    """Nobody who said this has a visit here today; which part of it is wrong is not said."""

    code = "visit_not_found"
    sentence = _("We could not find it. Please ask at the desk.")
    status = 404


class NoPlaceFromHere(DomainError):
    """A kiosk cannot register this person; why, would tell whoever stands there about somebody else."""

    code = "no_place_from_here"
    sentence = _("We cannot give you a place from this screen. Please ask at the desk.")


class InvalidOperation(DomainError):
    """What a device asks for cannot be read."""

    code = "invalid_operation"
    sentence = _("We could not read that. Please start again, or ask at the desk.")
    status = 400
