"""Addresses that nothing is sent to, and browsers that asked to be woken, in the back office."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.core.validators import EmailValidator
from django.db.models import Model
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.actors import from_request
from accounts.back_office import (
    MANAGERS,
    RECEPTION,
    BackOfficeForm,
    ChoicesDropdownFilter,
    ReadOnlyAdmin,
    SelectWidget,
    TextWidget,
    action,
    display,
)
from accounts.phone_numbers import read_phone
from notifications import rules
from notifications.admin.scope import MessagesAdmin
from notifications.models import PushSubscription, Suppression
from notifications.selectors.suppressions import spelled
from notifications.services.suppressions import start_address, stop_address
from notifications.states import ChannelName, StopReason
from scheduling.admin.batch_actions import run_one_by_one

BY_ADDRESS = [(name.value, name.label) for name in (ChannelName.EMAIL, ChannelName.SMS, ChannelName.CALL)]
"""Browsers have no address that anybody could type."""


class StopForm(BackOfficeForm):
    """An address that somebody at the desk was asked to leave alone."""

    channel = forms.ChoiceField(label=_("Channel"), choices=BY_ADDRESS, widget=SelectWidget)
    address = forms.CharField(
        label=_("Address"), max_length=254, widget=TextWidget, help_text=_("An e-mail address, or a phone number.")
    )

    def clean(self) -> dict[str, Any] | None:
        """In the one spelling in which addresses are stopped."""
        said = super().clean() or {}
        channel, address = said.get("channel"), said.get("address", "")
        if not channel or not address:
            return said
        if channel == ChannelName.EMAIL:
            try:
                EmailValidator()(address.strip())
            except forms.ValidationError:
                self.add_error("address", _("Enter an e-mail address, such as name@example.org."))
        elif not read_phone(address):
            self.add_error("address", _("Enter a phone number we can call, such as 020 7946 0018."))
        said["address"] = spelled(channel=channel, address=address)
        return said


@admin.register(Suppression)
class SuppressionAdmin(MessagesAdmin):
    """Nobody edits a stop: it is there, or it is lifted."""

    form = StopForm
    viewers, adders = RECEPTION, RECEPTION
    visible_to = rules.suppressions_visible_to
    list_display = ["address", "channel", "why", "since"]
    list_display_links = ["address"]
    list_filter = [("channel", ChoicesDropdownFilter), ("reason", ChoicesDropdownFilter)]
    search_fields = ["address"]
    search_help_text = _("E-mail address or phone number, as it is listed")
    fields = ["channel", "address", "reason", "since"]
    readonly_fields = ["reason", "since"]
    add_fieldsets = [(None, {"fields": [("channel", "address")]})]
    actions = ["lift"]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """What a stop was entered for is known when one is entered."""
        return super().get_fieldsets(request, obj) if obj is not None else self.add_fieldsets

    def save_model(self, request: HttpRequest, obj: Model, form: forms.ModelForm, change: bool) -> None:
        """Stop the address; the service keeps its one spelling, and says who did it."""
        said = form.cleaned_data
        stop_address(
            channel=said["channel"], address=said["address"], reason=StopReason.STAFF, actor=from_request(request)
        )
        obj.pk = Suppression.objects.get(channel=said["channel"], address=said["address"]).pk

    def has_lift_permission(self, request: HttpRequest) -> bool:
        """The desk."""
        return self.has_role(request, RECEPTION)

    @action(description=_("Send to them again"), permissions=["lift"])
    def lift(self, request: HttpRequest, queryset: Any) -> Any:
        """Ask first, then lift each."""
        return run_one_by_one(
            self,
            request,
            queryset,
            action="lift",
            title=_("Send to these addresses again"),
            explanation=_(
                "Do this only when whoever the address belongs to asks for it. Who said STOP by text message must send "
                "START from their phone as well: the telephone companies keep a list of their own."
            ),
            button=_("Send to them again"),
            do=lambda stop: start_address(channel=stop.channel, address=stop.address, actor=from_request(request)),
            in_words=lambda stop: f"{stop.address} ({stop.get_reason_display()})",
        )

    @display(description=_("reason"), ordering="reason")
    def why(self, stop: Suppression) -> str:
        """In words."""
        return stop.get_reason_display()


@admin.register(PushSubscription)
class PushSubscriptionAdmin(ReadOnlyAdmin):
    """Who is reached on a screen. The address of a browser and its keys are nobody's to read."""

    viewers = MANAGERS
    list_display = ["pk", "user", "patient", "language", "created_at", "used_at"]
    list_select_related = ["user", "patient"]
    fields = ["user", "patient", "language", "created_at", "used_at"]
    ordering = ["-pk"]
