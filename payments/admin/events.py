"""What providers told, in the back office: to read, and to apply once more what could not be applied."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.actors import from_request
from accounts.back_office import RECEPTION, ChoicesDropdownFilter, action, display
from payments.admin.columns import EVENT_COLOURS, NOTHING, payment_link
from payments.admin.scope import MoneyAdmin
from payments.models import Payment, WebhookEvent
from payments.selectors.search import payments_like
from payments.services.events import replay_event
from payments.states import EventStatus
from scheduling.admin.batch_actions import run_one_by_one
from scheduling.admin.date_filter import DayFilter, QuickDates


@admin.register(WebhookEvent)
class WebhookEventAdmin(QuickDates, MoneyAdmin):
    """Each event once, however often it was told. One whose payment is not known is the managers' to see."""

    location_path, doctor_path = "payment__location", "payment__appointment__doctor"
    quick_dates = "received_at"
    change_form_template = "admin/payments/event_form.html"
    list_display = ["received_at", "provider", "kind", "about", "times_received", "state", "error"]
    list_display_links = ["received_at"]
    list_filter = [
        ("status", ChoicesDropdownFilter),
        ("received_at", DayFilter),
        ("provider", ChoicesDropdownFilter),
    ]
    search_fields = ["event_id", "kind"]
    search_help_text = gettext_lazy("Number of the event at the provider, or of the payment")
    ordering = ["-received_at", "-pk"]
    actions = ["replay"]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    ("provider", "kind"),
                    ("event_id", "about"),
                    ("state_text", "error"),
                    ("happened_at", "received_at"),
                    ("times_received", "processed_at"),
                    "try_at",
                    "payload_text",
                ]
            },
        ),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[WebhookEvent]:
        """With what a row needs."""
        return super().get_queryset(request).prefetch_related("payment")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[WebhookEvent], search_term: str
    ) -> tuple[QuerySet[WebhookEvent], bool]:
        """By the number of a payment too."""
        named = payments_like(search_term)
        if named is None:
            return super().get_search_results(request, queryset, search_term)
        payments = Payment.objects.filter(named)
        return queryset.filter(Q(payment__in=payments.values("pk")) | Q(event_id=search_term.strip())), False

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> Any:
        """The event, with the button that applies it."""
        event = self.get_object(request, object_id)
        context = dict(extra_context or {})
        if event is not None:
            done = event.status in (EventStatus.APPLIED, EventStatus.IGNORED)
            buttons = [] if done else [{"name": "replay", "title": gettext_lazy("Apply again")}]
            context |= {"title": f"{event.get_provider_display()}: {event.kind}", "buttons": buttons}
        return super().change_view(request, object_id, form_url, context)

    def has_move_money_permission(self, request: HttpRequest) -> bool:
        """Reception and managers."""
        return self.has_role(request, RECEPTION)

    @action(description=gettext_lazy("Apply again"), permissions=["move_money"])
    def replay(self, request: HttpRequest, queryset: Any) -> Any:
        """Try once more; what was applied already is not applied twice."""
        return run_one_by_one(
            self,
            request,
            queryset,
            action="replay",
            title=_("Apply again"),
            explanation=_(
                "What the provider told is applied once more, as it was stored. What was applied already changes "
                "nothing. Look at “Error” afterwards: an amount that does not fit will not fit the second time."
            ),
            button=_("Apply again"),
            do=lambda event: replay_event(event_id=event.pk, actor=from_request(request)),
            in_words=lambda event: f"{event.kind}: {event.get_status_display()}",
        )

    @display(description=gettext_lazy("payment"))
    def about(self, event: WebhookEvent) -> SafeString | str:
        """The payment it speaks of, where that is known."""
        return payment_link(event.payment)

    @display(description=gettext_lazy("status"), label=EVENT_COLOURS, ordering="status")
    def state(self, event: WebhookEvent) -> tuple[str, str]:
        """In words and colour."""
        return event.status, event.get_status_display()

    @display(description=gettext_lazy("status"))
    def state_text(self, event: WebhookEvent) -> str:
        """In words."""
        return event.get_status_display()

    @display(description=gettext_lazy("what it says"))
    def payload_text(self, event: WebhookEvent) -> SafeString | str:
        """Indented, as a program would print it; nothing personal was stored."""
        if not event.payload:
            return NOTHING
        text = json.dumps(event.payload, indent=2, ensure_ascii=False, sort_keys=True)
        return format_html('<pre class="fd-payload" tabindex="0">{}</pre>', text)
