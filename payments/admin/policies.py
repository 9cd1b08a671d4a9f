"""The rules of money in the back office: what a place asks for before a visit, and how it may be paid."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.back_office import MANAGERS, RECEPTION, BackOfficeForm, display
from payments.admin.scope import MoneyAdmin
from payments.models import DoctorTerms, PaymentPolicy
from payments.providers.registry import is_configured
from payments.selectors.methods import upi_address_of
from payments.states import ProviderName, Terms
from scheduling.rules import doctors_visible_to, locations_of, sees_all_locations


class TermsForm(BackOfficeForm):
    """Rules that say a deposit where they ask for one."""

    def clean(self) -> dict[str, Any] | None:
        """A deposit of nothing is none: said in a sentence, before the database says no."""
        said = super().clean()
        if said and said.get("terms") == Terms.DEPOSIT and not said.get("deposit"):
            self.add_error("deposit", _("Say how much the deposit is."))
        return said


@admin.register(PaymentPolicy)
class PaymentPolicyAdmin(MoneyAdmin):
    """One for each location. A location without one has the defaults: deleting goes back to them."""

    form = TermsForm
    viewers, adders, changers, deleters = RECEPTION, MANAGERS, MANAGERS, MANAGERS
    list_display = ["location", "terms_text", "ways", "refund_notice_hours", "late_refund_percent"]
    list_select_related = ["location"]
    fieldsets = [
        (None, {"fields": ["location"]}),
        (
            gettext_lazy("Before the visit"),
            {
                "description": gettext_lazy(
                    "Where something is to be paid before the visit, a booking keeps its time only until then. A "
                    "doctor can have terms of their own. Nothing is asked for where there is no way to pay it online."
                ),
                "fields": [("terms", "deposit"), ("pay_minutes", "transfer_hours"), "free_follow_up_days"],
            },
        ),
        (
            gettext_lazy("When a patient cancels"),
            {
                "description": gettext_lazy("When the clinic cancels, everything goes back, whenever that is."),
                "fields": [("refund_notice_hours", "late_refund_percent")],
            },
        ),
        (
            gettext_lazy("How it may be paid"),
            {
                "description": gettext_lazy("A way is offered where it is ticked here and its provider is set up."),
                "fields": [
                    "set_up",
                    ("takes_card", "takes_upi"),
                    ("takes_netbanking", "takes_bank_transfer"),
                    "takes_cash",
                ],
            },
        ),
        (
            gettext_lazy("The clinic's own accounts"),
            {"fields": [("account_holder", "account_number"), ("bank_name", "upi_address")]},
        ),
    ]

    def scope(self, user: Any) -> Q:
        """Of the places where somebody works."""
        return Q() if sees_all_locations(user) else Q(location__in=locations_of(user).values("pk"))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """The rules of a place stay the rules of that place."""
        return ["location", "set_up"] if obj is not None else ["set_up"]

    @display(description=gettext_lazy("to be paid before the visit"))
    def terms_text(self, policy: PaymentPolicy) -> str:
        """In words."""
        return policy.get_terms_display()

    @display(description=gettext_lazy("ways to pay"))
    def ways(self, policy: PaymentPolicy) -> str:
        """What is ticked."""
        ways = ("card", "upi", "netbanking", "bank_transfer", "cash")
        names = [policy._meta.get_field(f"takes_{way}").verbose_name for way in ways if getattr(policy, f"takes_{way}")]  # type: ignore[union-attr]
        return ", ".join(str(name) for name in names) or "–"

    @display(description=gettext_lazy("set up"))
    def set_up(self, policy: PaymentPolicy) -> str:
        """Who could take the money now, and what a way that is ticked still lacks."""
        return " ".join([*_providers(), *_accounts(policy)])


def _providers() -> list[str]:
    hosted = (ProviderName.STRIPE, ProviderName.RAZORPAY, ProviderName.SANDBOX)
    names = [str(name.label) for name in hosted if is_configured(name)]
    if not names:
        return [_("No provider for cards: its keys belong into the environment of the server (docs/operating.md).")]
    return [_("Providers: %(providers)s.") % {"providers": ", ".join(names)}]


def _accounts(policy: PaymentPolicy) -> list[str]:
    said = []
    if policy.takes_bank_transfer and not policy.account_number:
        said.append(_("Bank transfers are not offered: there is no account number below."))
    if policy.takes_upi and not upi_address_of(policy) and not is_configured(ProviderName.RAZORPAY):
        said.append(_("UPI is not offered: there is no UPI address below."))
    return said


@admin.register(DoctorTerms)
class DoctorTermsAdmin(MoneyAdmin):
    """Where a doctor's terms differ from those of the place. Without a row, the place's hold."""

    form = TermsForm
    viewers, adders, changers, deleters = RECEPTION, MANAGERS, MANAGERS, MANAGERS
    list_display = ["doctor", "terms", "deposit", "free_follow_up_days"]
    list_select_related = ["doctor"]
    fieldsets = [(None, {"fields": ["doctor", ("terms", "deposit"), "free_follow_up_days"]})]

    def scope(self, user: Any) -> Q:
        """Of the doctors of one's own places."""
        return Q() if sees_all_locations(user) else Q(doctor__in=doctors_visible_to(user).values("pk"))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """The terms of a doctor stay those of that doctor."""
        return ["doctor"] if obj is not None else []
