"""People in a queue, and what happened to them there."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from queueing.models.queues import Queue
from queueing.states import LIVE, Arrival, Step, TokenStatus
from scheduling.models import Appointment, Location, Patient
from scheduling.models.appointments import new_secret
from scheduling.states import Urgency


class Token(models.Model):
    """Somebody in a queue. `status` changes only in `services/steps.py` and `services/undoing.py`.

    `day` and `location` repeat the queue's, so that the database itself keeps a person in one queue of a place.
    """

    queue = models.ForeignKey(Queue, verbose_name=_("queue"), on_delete=models.PROTECT, related_name="tokens")
    location = models.ForeignKey(Location, verbose_name=_("location"), on_delete=models.PROTECT, related_name="+")
    day = models.DateField(_("day"))
    number = models.PositiveIntegerField(_("number"))
    code = models.CharField(_("code"), max_length=12)
    status = models.CharField(_("status"), max_length=20, choices=TokenStatus.choices, default=TokenStatus.WAITING)
    version = models.PositiveIntegerField(_("steps taken"), default=1)
    patient = models.ForeignKey(Patient, verbose_name=_("patient"), on_delete=models.PROTECT, related_name="tokens")
    appointment = models.ForeignKey(
        Appointment, verbose_name=_("visit"), on_delete=models.PROTECT, related_name="tokens"
    )
    successor = models.OneToOneField(
        "self",
        verbose_name=_("transferred to"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="predecessor",
    )
    secret = models.CharField(_("secret of the link"), max_length=32, unique=True, default=new_secret, editable=False)
    arrival = models.CharField(_("arrival"), max_length=20, choices=Arrival.choices)
    booked_for = models.DateTimeField(_("booked for"), null=True, blank=True)
    urgency = models.CharField(_("urgency"), max_length=20, choices=Urgency.choices, default=Urgency.LOW)
    has_special_requirements = models.BooleanField(_("special requirements"), default=False)
    extra_points = models.SmallIntegerField(_("points given by hand"), default=0)
    extra_reason = models.CharField(_("why by hand"), max_length=200, blank=True)
    room = models.CharField(_("called to"), max_length=50, blank=True)
    calls = models.PositiveSmallIntegerField(_("times called"), default=0)

    checked_in_at = models.DateTimeField(_("checked in"))
    called_at = models.DateTimeField(_("called"), null=True, blank=True)
    started_at = models.DateTimeField(_("started"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    told_low = models.PositiveIntegerField(_("told at check-in: at least (seconds)"), null=True, blank=True)
    told_middle = models.PositiveIntegerField(_("told at check-in: middle (seconds)"), null=True, blank=True)
    told_high = models.PositiveIntegerField(_("told at check-in: at most (seconds)"), null=True, blank=True)

    class Meta:
        verbose_name = _("token")
        verbose_name_plural = _("tokens")
        ordering = ["-day", "code"]
        constraints = [
            models.UniqueConstraint(fields=["queue", "number"], name="one_token_per_number"),
            models.UniqueConstraint(fields=["location", "day", "code"], name="one_token_per_code_and_day"),
            models.UniqueConstraint(
                fields=["patient", "location", "day"],
                condition=Q(status__in=sorted(LIVE)),
                name="one_queue_per_patient_and_place",
            ),
            models.UniqueConstraint(
                fields=["appointment"], condition=Q(status__in=sorted(LIVE)), name="one_live_token_per_visit"
            ),
            models.CheckConstraint(
                condition=Q(called_at__isnull=True) | Q(called_at__gte=F("checked_in_at")),
                name="token_called_after_check_in",
            ),
            models.CheckConstraint(
                condition=Q(started_at__isnull=True) | Q(started_at__gte=F("called_at")),
                name="token_started_after_call",
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True)
                | Q(ended_at__gte=F("started_at"))
                | Q(started_at__isnull=True, ended_at__gte=F("checked_in_at")),
                name="token_ended_after_start",
            ),
            models.CheckConstraint(
                condition=~Q(status="in_consultation") | Q(started_at__isnull=False), name="token_in_consultation_began"
            ),
        ]
        indexes = [
            models.Index(fields=["queue", "status"], name="token_queue_status"),
            models.Index(fields=["day", "location"], name="token_day_location"),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def is_live(self) -> bool:
        """Whether the person is here."""
        return self.status in LIVE


class TokenStep(models.Model):
    """Something that happened to a token: its history, the calls of the board, and what can be undone.

    `before` holds the columns that the step changed, as they were, in the form of `services/steps.py: snapshot`.
    """

    token = models.ForeignKey(Token, verbose_name=_("token"), on_delete=models.CASCADE, related_name="steps")
    queue = models.ForeignKey(Queue, verbose_name=_("queue"), on_delete=models.PROTECT, related_name="steps")
    what = models.CharField(_("what"), max_length=20, choices=Step.choices)
    at = models.DateTimeField(_("when"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("by"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    room = models.CharField(_("room"), max_length=50, blank=True)
    before = models.JSONField(_("as it was"), default=dict, blank=True)
    undone_at = models.DateTimeField(_("undone"), null=True, blank=True)

    class Meta:
        verbose_name = _("step")
        verbose_name_plural = _("steps")
        ordering = ["-id"]
        indexes = [models.Index(fields=["queue", "-id"], name="step_queue_latest")]

    def __str__(self) -> str:
        return f"{self.token_id} {self.what}"
