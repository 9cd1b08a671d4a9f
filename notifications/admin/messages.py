"""Messages in the back office: which there were, what became of each, and as what it went out."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from accounts.actors import from_request
from accounts.back_office import (
    RECEPTION,
    AutocompleteSelectFilter,
    ChoicesDropdownFilter,
    action,
    display,
    phone_digits,
)
from accounts.services.audit_trail import record_view
from notifications import rules
from notifications.admin.columns import MESSAGE_COLOURS, CameOfIt
from notifications.admin.scope import MessagesAdmin
from notifications.message_words import outcome_of
from notifications.models import Message
from notifications.selectors.about import messages_about
from notifications.selectors.words_now import words_now
from notifications.services.outbox import retry_message
from notifications.states import DeliveryStatus, MessageStatus
from scheduling.admin.batch_actions import run_one_by_one
from scheduling.admin.columns import on_the_clock
from scheduling.admin.date_filter import DayFilter, QuickDates
from scheduling.admin.search import PatientSearch
from scheduling.selectors.search import REFERENCE_DIGITS, appointment_key


@admin.register(Message)
class MessageAdmin(QuickDates, PatientSearch, MessagesAdmin):
    """The outbox. Nobody edits what was said; what failed can be sent again."""

    visible_to = rules.messages_visible_to
    patient_path = "patient__"
    quick_dates = "due_at"
    change_form_template = "admin/notifications/message_form.html"
    list_display = ["due", "kind", "channel", "patient_name", "about", "state", "came_of_it"]
    list_display_links = ["due"]
    list_filter = [
        CameOfIt,
        ("due_at", DayFilter),
        ("status", ChoicesDropdownFilter),
        ("channel", ChoicesDropdownFilter),
        ("kind", ChoicesDropdownFilter),
        ("location", AutocompleteSelectFilter),
        ("delivery_status", ChoicesDropdownFilter),
    ]
    search_fields = ["patient__last_name", "patient__first_name", "patient__email", "address"]
    search_help_text = _("Reference (APT-2026-000123), patient's number, name, phone or e-mail address")
    ordering = ["-due_at", "-pk"]
    actions = ["send_again"]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    ("kind", "channel"),
                    ("patient_link", "visit_link"),
                    ("state_text", "came_of_it"),
                    ("due", "not_after_text"),
                ]
            },
        ),
        (
            _("On its way"),
            {
                "fields": [
                    ("address", "language"),
                    ("attempts", "attempted_text"),
                    ("sent_text", "delivered_text"),
                    ("try_at_text", "delivery_text"),
                    ("provider", "provider_id"),
                    "error",
                ]
            },
        ),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Message]:
        """With what a row needs; beside the list, not joined to it: the newest come by the index on their time."""
        return super().get_queryset(request).prefetch_related("patient", "location", "appointment", "token")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """All of it."""
        fieldsets: Any = self.fieldsets
        lines = [line for _title, part in fieldsets for line in part["fields"]]
        return [name for line in lines for name in ([line] if isinstance(line, str) else line)]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Message], search_term: str
    ) -> tuple[QuerySet[Message], bool]:
        """By the reference of the visit too; its digits alone may be those of a phone as well."""
        key = appointment_key(search_term)
        if key is not None:
            return queryset.filter(pk__in=messages_about(key).values("pk")), False
        digits = search_term.strip()
        if digits.isdecimal() and len(digits) <= REFERENCE_DIGITS:
            phones = Q(patient__phone__contains=phone_digits(digits)) if phone_digits(digits) else Q()
            visit = Q(pk__in=messages_about(int(digits)).values("pk"))
            return queryset.filter(visit | phones), False
        return super().get_search_results(request, queryset, search_term)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        """The message as it was sent, or as it would read now; that somebody looked is written down."""
        message = self.get_object(request, object_id)
        context = dict(extra_context or {})
        if message is not None:
            if request.method == "GET":
                record_view(actor=from_request(request), obj=message)
            context |= {
                "title": f"{message.get_kind_display()}, {message.get_channel_display()}",
                "is_kept": message.delivery_status == DeliveryStatus.KEPT,
                "is_ahead": message.status in (MessageStatus.PENDING, MessageStatus.SENDING),
                "words": words_now(message),
                "may_send_again": message.status == MessageStatus.FAILED and rules.may_send_again(request.user),
            }
        return super().change_view(request, object_id, form_url, context)

    def has_send_again_permission(self, request: HttpRequest) -> bool:
        """The desk."""
        return self.has_role(request, RECEPTION)

    @action(description=_("Send again"), permissions=["send_again"])
    def send_again(self, request: HttpRequest, queryset: Any) -> Any:
        """Ask first, then put each back among what is due."""
        return run_one_by_one(
            self,
            request,
            queryset,
            action="send_again",
            title=_("Send again"),
            explanation=_(
                "What failed goes out again within seconds, if it still makes sense then. Set right first what it "
                "failed over: a wrong address is wrong again."
            ),
            button=_("Send again"),
            do=lambda message: retry_message(message_id=message.pk, actor=from_request(request)),
            in_words=lambda message: (
                f"{message.get_kind_display()}, {message.get_channel_display()}: {outcome_of(message)}"
            ),
            who_is_told=who_is_told,
        )

    @display(description=_("due"), ordering="due_at")
    def due(self, message: Message) -> SafeString:
        """By the clock of the place, in one line."""
        return format_html('<span class="fd-one-line">{}</span>', on_the_clock(message.due_at, message.location))

    @display(description=_("makes no sense after"))
    def not_after_text(self, message: Message) -> str:
        """By the same clock as when it is due."""
        return _on_its_clock(message.not_after, message)

    @display(description=_("first attempt"))
    def attempted_text(self, message: Message) -> str:
        """The same clock."""
        return _on_its_clock(message.attempted_at, message)

    @display(description=_("sent"))
    def sent_text(self, message: Message) -> str:
        """The same clock."""
        return _on_its_clock(message.sent_at, message)

    @display(description=_("delivered"))
    def delivered_text(self, message: Message) -> str:
        """The same clock."""
        return _on_its_clock(message.delivered_at, message)

    @display(description=_("patient"), ordering="patient__last_name")
    def patient_name(self, message: Message) -> str:
        """Whom it is for."""
        return message.patient.full_name

    @display(description=_("appointment"), ordering="appointment")
    def about(self, message: Message) -> SafeString | str:
        """The visit it speaks of, by its reference; the place in a queue by its code."""
        if message.token is not None:
            return message.token.code
        if message.appointment is None:
            return "–"
        return format_html('<span class="fd-one-line">{}</span>', message.appointment.number)

    @display(description=_("status"), label=MESSAGE_COLOURS, ordering="status")
    def state(self, message: Message) -> tuple[str, str]:
        """In words and colour."""
        return message.status, message.get_status_display()

    @display(description=_("status"))
    def state_text(self, message: Message) -> str:
        """In words."""
        return message.get_status_display()

    @display(description=_("what came of it"))
    def came_of_it(self, message: Message) -> str:
        """Whether it arrived, or why it was not sent."""
        return str(outcome_of(message))

    @display(description=_("patient"))
    def patient_link(self, message: Message) -> SafeString:
        """The way to the record."""
        link = reverse("admin:scheduling_patient_change", args=[message.patient_id])
        return format_html(
            '<a class="fd-link" href="{}">{} ({})</a>', link, message.patient.full_name, message.patient.number
        )

    @display(description=_("appointment"))
    def visit_link(self, message: Message) -> SafeString | str:
        """The way to the visit it speaks of."""
        visit = message.token.appointment if message.token is not None else message.appointment
        if visit is None:
            return "–"
        link = reverse("admin:scheduling_appointment_change", args=[visit.pk])
        return format_html('<a class="fd-link" href="{}">{}</a>', link, visit.number)

    @display(description=_("next attempt"))
    def try_at_text(self, message: Message) -> str:
        """When it is tried next, while it is."""
        if message.status != MessageStatus.PENDING:
            return "–"
        return on_the_clock(message.try_at, message.location)

    @display(description=_("delivery"))
    def delivery_text(self, message: Message) -> str:
        """What the gateway told later."""
        return message.get_delivery_status_display() if message.sent_at else "–"


def _on_its_clock(moment: datetime | None, message: Message) -> str:
    return on_the_clock(moment, message.location) if moment else "–"


def who_is_told(message: Message) -> str:
    """Whose message it is, and where it went."""
    return f"{message.patient.full_name}, {message.address}" if message.address else message.patient.full_name
