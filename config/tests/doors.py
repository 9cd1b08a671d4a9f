"""Every address of the product, and who may open it.

A test walks the URL map and fails on a pattern without an entry here: whoever adds a page says who it is for.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver


class Door(StrEnum):
    """Who may come in."""

    EVERYBODY = "everybody"
    SECRET = "whoever holds the secret in the address"
    HOLD = "whoever holds the token of a held seat"
    SIGNED_IN = "whoever has signed in"
    FAMILY = "whoever looks after the patient in the address"
    STAFF = "staff with the role for it"


_DESK = (
    "desk desk_location desk_arrivals desk_arrive desk_walk_in desk_emergency desk_acknowledge desk_doctor desk_press "
    "desk_person reports report_file"
)
_STAFF_PAGES = "calendar bulk_slots book move follow_up import_patients"
_EVERYBODY = (
    "home book book_location book_doctor book_time book_times book_hold waitlist_join find find_by_email find_sent"
)
_HELD = "book_who book_new_patient book_details book_check book_keep book_give_back book_lost"
_SECRET = (
    "appointment appointment_calendar appointment_confirm appointment_attendance appointment_cancel "
    "appointment_wait_for_earlier appointment_add_to_account appointment_fresh_link "
    "reschedule reschedule_times reschedule_check reschedule_keep "
    "waitlist_entry waitlist_accept waitlist_decline waitlist_leave"
)
_VISITORS = (
    "account_login account_logout account_inactive account_signup account_email_verification_sent "
    "account_reset_password account_confirm_login_code account_verify_phone account_reset_password_from_key_done "
    "account_reset_password_from_key account_reset_password_done account_request_login_code mfa_authenticate "
    "mfa_login_webauthn choose_language health health_live"
)
_OWN_ACCOUNT = (
    "account_reauthenticate account_email account_change_password account_set_password account_change_phone mfa_index "
    "mfa_reauthenticate mfa_activate_totp mfa_deactivate_totp mfa_view_recovery_codes mfa_generate_recovery_codes "
    "mfa_download_recovery_codes mfa_list_webauthn mfa_add_webauthn mfa_reauthenticate_webauthn mfa_remove_webauthn "
    "mfa_edit_webauthn"
)
_ADMIN = "search index logout password_change password_change_done autocomplete jsi18n view_on_site app_list -"
_API_EVERYBODY = (
    "index register token token_refresh availability slot-list slot-detail slot-hold location-list location-detail "
    "specialty-list specialty-detail doctor-list doctor-detail appointment-find appointment-send-links "
    "push-key"
)
_API_SIGNED_IN = (
    "verify verify_resend sign_out me password appointment-list waitlist-list patient-list "
    "push-subscription-list push-subscription-detail"
)
_API_STAFF = (
    "slot-bulk slot-batch-list slot-batch-detail availability-rule-list availability-rule-detail time-off-list "
    "time-off-detail appointment-status report-queue report-appointments report-revenue "
    "queue-list queue-detail queue-call-next "
    "doctor-status token-prioritise token-recall token-transfer token-undo "
    "emergency-list emergency-detail emergency-acknowledge payment-list payment-refund payment-mark-paid"
)
_API_SECRET = (
    "appointment-detail appointment-add-to-account appointment-attendance appointment-calendar appointment-cancel "
    "appointment-confirm appointment-reschedule waitlist-detail waitlist-accept waitlist-decline "
    "queue-join token-detail token-status appointment-queue appointment-feedback appointment-messages "
    "appointment-payments payment-detail receipt-detail"
)
_PHONE = "token token_state token_leave token_help token_feedback token_qr visit_queue visit_check_in visit_feedback"
_KIOSK = "kiosk kiosk_appointment kiosk_reference kiosk_phone kiosk_check_in kiosk_walk_in kiosk_help"
_MONEY = "checkout payment give_up visit_money razorpay_return receipt receipt_file sandbox"
_MONEY_OF_STAFF = "revenue ledger_file desk_pay desk_money desk_receipt desk_receipt_file desk_cash desk_cash_file"
_LISTS = (
    "accounts_user accounts_auditentry accounts_auditseal accounts_attemptcounter accounts_sweeprun accounts_worker "
    "scheduling_appointment scheduling_hold scheduling_availability scheduling_timeoff scheduling_location "
    "scheduling_specialty scheduling_doctor scheduling_staffassignment scheduling_patient scheduling_slot "
    "scheduling_slotbatch scheduling_waitlistentry "
    "queueing_queuepolicy queueing_queue queueing_token queueing_emergencyrequest queueing_feedback "
    "notifications_message notifications_messagerule notifications_messagepolicy notifications_suppression "
    "notifications_pushsubscription notifications_messagetext "
    "payments_statementline payments_payment payments_refund payments_ledgerentry payments_receipt "
    "payments_webhookevent payments_paymentpolicy payments_doctorterms payments_sandboxsession"
)
_OF_A_LIST = ("changelist", "add", "history", "delete", "change")

DOORS: dict[str, Door] = {
    # A call of the API is for whoever may read there; who may write is walked in test_api_nobody_sees_anothers_data.
    **{f"api:{name}": Door.EVERYBODY for name in _API_EVERYBODY.split()},
    **{f"api:{name}": Door.SIGNED_IN for name in _API_SIGNED_IN.split()},
    **{f"api:{name}": Door.STAFF for name in _API_STAFF.split()},
    **{f"api:{name}": Door.SECRET for name in _API_SECRET.split()},
    **{f"api:{name}": Door.FAMILY for name in ("patient-detail", "patient-appointments")},
    **{f"api:{name}": Door.HOLD for name in ("hold-detail", "hold-extend")},
    "api_schema": Door.EVERYBODY,
    "api_docs": Door.EVERYBODY,
    **{f"scheduling:{name}": Door.EVERYBODY for name in _EVERYBODY.split()},
    **{f"scheduling:{name}": Door.HOLD for name in _HELD.split()},
    **{f"scheduling:{name}": Door.SECRET for name in _SECRET.split()},
    **{f"queueing:{name}": Door.STAFF for name in _DESK.split()},
    **{f"queueing:{name}": Door.SECRET for name in _PHONE.split()},
    "queueing:check_in": Door.EVERYBODY,
    "queueing:board": Door.EVERYBODY,
    "queueing:board_state": Door.EVERYBODY,
    **{f"queueing:{name}": Door.EVERYBODY for name in _KIOSK.split()},
    "queueing:ticket": Door.SECRET,
    "notifications:link": Door.SECRET,
    "notifications:visit_messages": Door.SECRET,
    "notifications:my_messages": Door.SIGNED_IN,
    "notifications:visit_push": Door.SECRET,
    "notifications:token_push": Door.SECRET,
    "notifications:push_worker": Door.EVERYBODY,
    "notifications:twilio_status": Door.EVERYBODY,
    "notifications:twilio_inbound": Door.EVERYBODY,  # nobody gets further without Twilio's signature
    **{f"payments:{name}": Door.SECRET for name in _MONEY.split()},
    **{f"payments:{name}": Door.STAFF for name in _MONEY_OF_STAFF.split()},
    **{f"payments_admin:{name}": Door.STAFF for name in ("statement_lines", "import_statement", "resolve_line")},
    "payments_admin:patient": Door.STAFF,
    "payments:webhook_stripe": Door.EVERYBODY,
    "payments:webhook_razorpay": Door.EVERYBODY,  # nobody gets further without the provider's signature
    "scheduling:me": Door.SIGNED_IN,
    "scheduling:family_add": Door.SIGNED_IN,
    "scheduling:family_edit": Door.FAMILY,
    **dict.fromkeys(_VISITORS.split(), Door.EVERYBODY),
    **dict.fromkeys(_OWN_ACCOUNT.split(), Door.SIGNED_IN),
    **{f"scheduling_admin:{name}": Door.STAFF for name in _STAFF_PAGES.split()},
    **dict.fromkeys(("notifications_admin:write_down", "notifications_admin:visit"), Door.STAFF),
    "admin:login": Door.EVERYBODY,
    **{f"admin:{name}": Door.STAFF for name in _ADMIN.split()},
    "admin:auth_user_password_change": Door.STAFF,
    "admin:scheduling_patient_export": Door.STAFF,
    "admin:notifications_messagetext_preview": Door.STAFF,
    "admin:scheduling_appointment_export": Door.STAFF,
    **{f"admin:{name}_{page}": Door.STAFF for name in _LISTS.split() for page in _OF_A_LIST},
}


def addresses(resolver: URLResolver | None = None, space: tuple[str, ...] = ()) -> Iterator[tuple[str, URLPattern]]:
    """Every pattern of the URL map with its full name; `-` stands for a pattern without one."""
    for entry in (resolver or get_resolver()).url_patterns:
        if isinstance(entry, URLResolver):
            yield from addresses(entry, (*space, entry.namespace) if entry.namespace else space)
        else:
            yield ":".join((*space, entry.name or "-")), entry


def parameters(pattern: URLPattern) -> dict[str, Any]:
    """The arguments of a pattern, by name."""
    return {**pattern.pattern.converters, **dict.fromkeys(getattr(pattern.pattern.regex, "groupindex", {}))}
