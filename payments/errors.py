"""What can go wrong with money, each with a stable code and a sentence for the person."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from accounts.errors import DomainError


class PaymentUnknown(DomainError):
    """No payment has that number, or not for whoever asks."""

    code = "payment_unknown"
    sentence = _("We do not know that payment.")
    status = 404


class NothingDue(DomainError):
    """The visit is paid, costs nothing, or will not take place."""

    code = "nothing_due"
    sentence = _("There is nothing to pay for this appointment.")


class MethodNotOffered(DomainError):
    """The clinic does not take money that way there, or not for this visit."""

    code = "method_not_offered"
    sentence = _("This way to pay is not offered for this appointment. Please choose another one.")


class PaymentKeyReused(DomainError):
    """The same key came again with another request."""

    code = "key_reused"
    sentence = _("This payment was already begun in another way. Please look at it before you pay again.")


class WrongPaymentState(DomainError):
    """The payment is not in a state that allows this."""

    code = "wrong_payment_state"
    sentence = _("That is not possible with the payment as it is now.")


class WrongAmount(DomainError):
    """An amount that makes no sense: not above zero, of too many decimals, of another currency, or not what is due."""

    code = "wrong_amount"
    sentence = _("Please check the amount.")
    status = 400


class RefundTooHigh(DomainError):
    """More should go back than is left of what came."""

    code = "refund_too_high"
    sentence = _("That is more than is left of this payment.")


class RefundUnknown(DomainError):
    """No refund has that number."""

    code = "refund_unknown"
    sentence = _("We do not know that refund.")
    status = 404


class ReasonMissing(DomainError):
    """Staff must say why."""

    code = "reason_missing"
    sentence = _("Please say why.")
    status = 400


class ProofMissing(DomainError):
    """Staff must say what shows that the money has come."""

    code = "proof_missing"
    sentence = _("Please say what shows that the money has come, such as the number in the bank statement.")
    status = 400


class ProviderUnavailable(DomainError):
    """The provider could not be reached, or would not begin the payment now."""

    code = "provider_unavailable"
    sentence = _("We cannot reach the payment service at the moment. Please try again, or choose another way to pay.")
    status = 503


class NotYetCaptured(DomainError):
    """Money is said to have gone back of a payment that, as far as we know, has not come."""

    code = "not_yet_captured"
    sentence = _("The payment itself has not been heard of yet.")


class BadSignature(DomainError):
    """What claims to come from a provider is not signed by it, is too old, or cannot be read."""

    code = "bad_signature"
    sentence = _("The signature does not fit.")
    status = 400


class EventUnknown(DomainError):
    """No event has that number."""

    code = "event_unknown"
    sentence = _("We do not know that event.")
    status = 404


class StatementUnreadable(DomainError):
    """A file that is no statement at all."""

    code = "statement_unreadable"
    sentence = _("This file could not be read as a statement.")
    status = 400


class LineUnknown(DomainError):
    """No line of a statement has that number, or somebody has dealt with it."""

    code = "line_unknown"
    sentence = _("This line is no longer open.")
    status = 404
