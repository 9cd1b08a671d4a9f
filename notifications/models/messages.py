"""The outbox: every message that was to be sent, and what became of it."""

from __future__ import annotations

import secrets
import string

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from notifications.states import ChannelName, DeliveryStatus, Kind, MessageStatus, NotSent
from payments.models import Payment, Refund
from queueing.models import Token
from scheduling.models import Appointment, Location, Patient, WaitlistEntry

CODE_SIGNS = string.ascii_letters + string.digits
CODE_LENGTH = 12


def new_code() -> str:
    """71 random bits for a link that is short enough for an SMS; guesses are counted besides."""
    return "".join(secrets.choice(CODE_SIGNS) for _place in range(CODE_LENGTH))


class Message(models.Model):
    """One message to one person by one channel. Its row is written in the transaction that caused it.

    `status` changes only in `services/transitions.py`. `due_at` is when it is due, `not_after` when it makes no sense
    any more; `try_at` is the next attempt. Whoever sends it holds it by `claim` until `claimed_until`; the attempt is
    recorded before the gateway is asked, the outcome after. `attempted_at` is since when the gateway may have it.
    """

    dedupe_key = models.CharField(_("what it is, once"), max_length=160, unique=True, editable=False)
    code = models.CharField(_("code of its link"), max_length=16, unique=True, default=new_code, editable=False)
    kind = models.CharField(_("about"), max_length=20, choices=Kind.choices)
    channel = models.CharField(_("channel"), max_length=10, choices=ChannelName.choices)
    offset_minutes = models.PositiveIntegerField(_("minutes before the visit"), default=0)

    patient = models.ForeignKey(Patient, verbose_name=_("patient"), on_delete=models.CASCADE, related_name="messages")
    location = models.ForeignKey(
        Location, verbose_name=_("location"), on_delete=models.PROTECT, related_name="messages"
    )
    appointment = models.ForeignKey(
        Appointment,
        verbose_name=_("appointment"),
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="messages",
    )
    waitlist_entry = models.ForeignKey(
        WaitlistEntry,
        verbose_name=_("waitlist entry"),
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="messages",
    )
    token = models.ForeignKey(
        Token, verbose_name=_("token"), on_delete=models.CASCADE, null=True, blank=True, related_name="messages"
    )
    payment = models.ForeignKey(
        Payment, verbose_name=_("payment"), on_delete=models.CASCADE, null=True, blank=True, related_name="messages"
    )
    refund = models.ForeignKey(
        Refund, verbose_name=_("refund"), on_delete=models.CASCADE, null=True, blank=True, related_name="messages"
    )
    starts_at = models.DateTimeField(
        _("start it speaks of"), null=True, blank=True, help_text=_("A visit that starts at another time has moved.")
    )

    words = models.TextField(
        _("words of the staff"),
        blank=True,
        help_text=_(
            "What staff wrote to the patient with a cancellation or a refund; never what a patient wrote to the clinic."
        ),
    )

    due_at = models.DateTimeField(_("due"))
    not_after = models.DateTimeField(_("makes no sense after"), null=True, blank=True)
    status = models.CharField(_("status"), max_length=12, choices=MessageStatus.choices, default=MessageStatus.PENDING)
    why_not = models.CharField(_("why it was not sent"), max_length=20, choices=NotSent.choices, blank=True)

    try_at = models.DateTimeField(_("next attempt"))
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    claim = models.CharField(_("held by"), max_length=32, blank=True, editable=False)
    claimed_until = models.DateTimeField(_("held until"), null=True, blank=True, editable=False)
    attempted_at = models.DateTimeField(_("first attempt"), null=True, blank=True)

    language = models.CharField(_("language"), max_length=10, blank=True)
    address = models.CharField(_("sent to"), max_length=254, blank=True)
    subject = models.CharField(_("subject"), max_length=200, blank=True)
    body = models.TextField(_("text"), blank=True)

    provider = models.CharField(_("gateway"), max_length=20, blank=True)
    provider_id = models.CharField(_("number at the gateway"), max_length=200, blank=True)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    delivery_status = models.CharField(_("delivery"), max_length=12, choices=DeliveryStatus.choices, blank=True)
    delivered_at = models.DateTimeField(_("delivered"), null=True, blank=True)
    error = models.CharField(_("error"), max_length=300, blank=True)
    created_at = models.DateTimeField(_("written"), auto_now_add=True)

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        ordering = ["-due_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(appointment__isnull=False) | Q(waitlist_entry__isnull=False) | Q(token__isnull=False),
                name="message_about_something",
            ),
            models.CheckConstraint(
                condition=~Q(kind__in=["paid", "refunded"]) | Q(payment__isnull=False), name="message_of_money_names_it"
            ),
            models.CheckConstraint(
                condition=Q(kind="refunded", refund__isnull=False) | (~Q(kind="refunded") & Q(refund__isnull=True)),
                name="only_refunds_name_a_refund",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["cancelled", "suppressed"]) | ~Q(why_not=""), name="unsent_message_says_why"
            ),
        ]
        indexes = [
            models.Index(
                fields=["try_at", "id"], condition=Q(status__in=["pending", "sending"]), name="message_to_send"
            ),
            models.Index(fields=["appointment", "due_at"], name="message_of_appointment"),
            models.Index(fields=["due_at", "id"], name="message_due"),
            # Without what is still to be sent: SQLite would find that by its state, and read all that is due in months.
            models.Index(
                fields=["status", "due_at"],
                condition=Q(status__in=["cancelled", "failed", "sent", "suppressed"]),
                name="message_status_due",
            ),
            models.Index(fields=["provider_id"], condition=~Q(provider_id=""), name="message_at_gateway"),
            models.Index(fields=["address"], condition=Q(channel=ChannelName.CALL), name="call_to_number"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {self.get_channel_display()}"
