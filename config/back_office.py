"""The roof over the back office: its policy for browsers, its clock, its first page and its menu."""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.paginator import InvalidPage
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.back_office import RECEPTION, roles_of
from config import embedded
from config.error_pages import page_not_found
from notifications.selectors import back_office as message_figures
from payments.selectors import back_office as money_figures
from queueing.selectors import back_office as queue_figures
from scheduling import rules
from scheduling.selectors import back_office as figures

UNFOLD_NEEDS = {"script-src": ["'unsafe-eval'"], "style-src": ["'unsafe-inline'"]}
"""What django-unfold cannot do without; granted under the back office's address and nowhere else."""


class BackOfficeMiddleware:
    """Under the back office only: a policy that lets its scripts run, and the clock of the person's location."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path_info.startswith(reverse("admin:index")):
            return self.get_response(request)
        with timezone.override(clock_of(request)):
            response = self.get_response(request)
        response._csp_update = UNFOLD_NEEDS  # type: ignore[attr-defined]
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponseBase | None:
        """The search of the menu takes any page for one that exists; there is no such page."""
        return page_not_found(request, exception) if isinstance(exception, InvalidPage) else None


def clock_of(request: HttpRequest) -> zoneinfo.ZoneInfo:
    """The zone in which somebody reads lists that span locations: that of the first place they work at."""
    user = getattr(request, "user", None)
    if user is not None and user.is_authenticated and user.is_staff:
        location = rules.locations_of(user).order_by("pk").first()
        if location is not None:
            return location.zone
    return zoneinfo.ZoneInfo(settings.DEFAULT_TIME_ZONE)


def environment(request: HttpRequest) -> list[str] | None:
    """The label that keeps people from practising on the real clinic."""
    if settings.EMBEDDED and embedded.sign_ins():  # a clinic of its own has no demo's words
        return [_("Trial clinic"), "warning"]
    if settings.DEBUG:
        return [_("Development"), "danger"]
    return None


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """The first page: today in figures, each with the list behind it."""
    user = request.user
    if not user.is_authenticated:
        return context
    return {
        **context,
        "cards": [
            *queue_figures.cards(user=user),
            *figures.cards(user=user),
            *money_figures.cards(user=user),
            *message_figures.cards(user=user),
        ],
        "next_visits": figures.next_visits(user=user),
        "may_book": bool(RECEPTION & roles_of(user)),
        "works_nowhere": not rules.locations_of(user).exists(),
    }


def _link(title: str, icon: str, name: str, **arguments: Any) -> dict[str, Any]:
    """One line of the menu, for those who may see its list."""
    return {"title": title, "icon": icon, "link": reverse(name), **arguments}


def menu(request: HttpRequest) -> list[dict[str, Any]]:
    """The menu, by what people come to do. Lists that a person may not see are left out."""
    groups = [
        (
            _("Front desk"),
            [
                ("Appointment", _link(_("Live desk"), "desk", "queueing:desk")),
                ("Appointment", _link(_("Reports"), "bar_chart", "queueing:reports", active=False)),
                ("Appointment", _link(_("Appointments"), "event", "admin:scheduling_appointment_changelist")),
                ("Patient", _link(_("Patients"), "group", "admin:scheduling_patient_changelist")),
                ("Token", _link(_("Tokens"), "confirmation_number", "admin:queueing_token_changelist")),
                (
                    "EmergencyRequest",
                    _link(_("Emergencies"), "e911_emergency", "admin:queueing_emergencyrequest_changelist"),
                ),
                ("WaitlistEntry", _link(_("Waitlist"), "hourglass_top", "admin:scheduling_waitlistentry_changelist")),
                ("Slot", _link(_("Calendar"), "calendar_view_week", "scheduling_admin:calendar")),
            ],
        ),
        (
            _("Times"),
            [
                ("Availability", _link(_("Availability"), "schedule", "admin:scheduling_availability_changelist")),
                ("TimeOff", _link(_("Time off"), "beach_access", "admin:scheduling_timeoff_changelist")),
                ("Slot", _link(_("Slots"), "view_timeline", "admin:scheduling_slot_changelist")),
                ("SlotBatch", _link(_("Batches of slots"), "library_add", "admin:scheduling_slotbatch_changelist")),
                ("Hold", _link(_("Holds"), "timer", "admin:scheduling_hold_changelist")),
            ],
        ),
        (
            _("Money"),
            [
                ("Payment", _link(_("Payments"), "payments", "admin:payments_payment_changelist")),
                ("Refund", _link(_("Refunds"), "undo", "admin:payments_refund_changelist")),
                ("StatementLine", _link(_("Transfers to match"), "account_balance", "payments_admin:statement_lines")),
                ("Payment", _link(_("Revenue"), "monitoring", "payments:revenue", active=False)),
                ("Receipt", _link(_("Receipts"), "receipt_long", "admin:payments_receipt_changelist")),
                ("LedgerEntry", _link(_("Ledger"), "menu_book", "admin:payments_ledgerentry_changelist")),
                ("WebhookEvent", _link(_("Told by providers"), "sync_alt", "admin:payments_webhookevent_changelist")),
                (
                    "PaymentPolicy",
                    _link(_("Rules for payments"), "price_check", "admin:payments_paymentpolicy_changelist"),
                ),
                ("DoctorTerms", _link(_("Terms of doctors"), "contract", "admin:payments_doctorterms_changelist")),
                ("SandboxSession", _link(_("Sandbox"), "science", "admin:payments_sandboxsession_changelist")),
            ],
        ),
        (
            _("Messages"),
            [
                ("Message", _link(_("Messages"), "mail", "admin:notifications_message_changelist")),
                (
                    "Suppression",
                    _link(_("Stopped addresses"), "unsubscribe", "admin:notifications_suppression_changelist"),
                ),
                ("MessageRule", _link(_("Which go out"), "rule", "admin:notifications_messagerule_changelist")),
                ("MessageText", _link(_("What they say"), "edit_note", "admin:notifications_messagetext_changelist")),
                (
                    "MessagePolicy",
                    _link(_("Quiet hours and limits"), "bedtime", "admin:notifications_messagepolicy_changelist"),
                ),
                (
                    "PushSubscription",
                    _link(_("Push subscriptions"), "vibration", "admin:notifications_pushsubscription_changelist"),
                ),
            ],
        ),
        (
            _("Clinic"),
            [
                ("Doctor", _link(_("Doctors"), "stethoscope", "admin:scheduling_doctor_changelist")),
                ("Specialty", _link(_("Specialties"), "category", "admin:scheduling_specialty_changelist")),
                ("Location", _link(_("Locations"), "location_on", "admin:scheduling_location_changelist")),
                ("QueuePolicy", _link(_("Rules of the queues"), "tune", "admin:queueing_queuepolicy_changelist")),
                ("Queue", _link(_("Queues"), "format_list_numbered", "admin:queueing_queue_changelist")),
                ("Feedback", _link(_("Feedback"), "reviews", "admin:queueing_feedback_changelist")),
            ],
        ),
        (
            _("People and records"),
            [
                ("User", _link(_("Users"), "badge", "admin:accounts_user_changelist")),
                (
                    "StaffAssignment",
                    _link(_("Who works where"), "assignment_ind", "admin:scheduling_staffassignment_changelist"),
                ),
                ("AuditEntry", _link(_("Audit trail"), "history", "admin:accounts_auditentry_changelist")),
                ("AuditSeal", _link(_("Audit seals"), "lock", "admin:accounts_auditseal_changelist")),
                ("SweepRun", _link(_("Jobs"), "autorenew", "admin:accounts_sweeprun_changelist")),
                ("Worker", _link(_("Workers"), "engineering", "admin:accounts_worker_changelist")),
                ("AttemptCounter", _link(_("Attempts"), "speed", "admin:accounts_attemptcounter_changelist")),
            ],
        ),
    ]
    groups[0][1].append(("Slot", _link(_("Patients' pages"), "open_in_new", "scheduling:home", active=False)))
    visible = _visible_models(request)
    return [
        {"title": title, "separator": True, "items": items}
        for title, lines in groups
        if (items := [line for model, line in lines if model in visible])
    ]


def _visible_models(request: HttpRequest) -> set[str]:
    from django.contrib import admin  # the registry is full only once every app has loaded

    return {
        model.__name__
        for model, model_admin in admin.site._registry.items()
        if model_admin.has_view_permission(request)
    }
