"""Which messages go out, in the back office."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.back_office import EVERYBODY, MANAGERS, BackOfficeForm, ChoicesDropdownFilter, display
from notifications import rules
from notifications.admin.scope import MessagesAdmin
from notifications.defaults import DAY, DEFAULT_RULES, HOUR
from notifications.models import MessagePolicy, MessageRule
from notifications.states import Kind
from scheduling.models import Location


class RuleForm(BackOfficeForm):
    """A rule. What the database would refuse is said in words first."""

    def clean(self) -> dict[str, Any] | None:
        """Reminders come before the visit, all else at once; the same rule is not written twice."""
        said = super().clean() or {}
        kind, minutes = said.get("kind", self.instance.kind), said.get("offset_minutes")
        if minutes is None:
            return said
        if kind == Kind.REMINDER and minutes == 0:
            self.add_error("offset_minutes", _("Say how many minutes before the visit; 1440 is the day before."))
        elif kind != Kind.REMINDER and minutes:
            self.add_error("offset_minutes", _("Only reminders come before a visit. Enter 0: this goes out at once."))
        elif self._is_there(said):
            self.add_error(None, _("There is such a rule already."))
        return said

    def _is_there(self, said: dict[str, Any]) -> bool:
        names = ("location", "kind", "channel", "offset_minutes")
        if "channel" not in said or "kind" not in said:
            return False
        same = {name: said.get(name) for name in names}
        return MessageRule.objects.filter(**same).exclude(pk=self.instance.pk).exists()

    def _post_clean(self) -> None:
        """As every form; what is said above is not said again in the words of the database's constraints."""
        if self.errors:
            self.instance.validate_constraints = lambda exclude=None: None  # noqa: ARG005
        super()._post_clean()  # type: ignore[misc]


@admin.register(MessageRule)
class MessageRuleAdmin(MessagesAdmin):
    """That a kind of message goes out by a channel. Without rows, what Frontdesk brings holds."""

    form = RuleForm
    viewers, adders, changers, deleters = EVERYBODY, MANAGERS, MANAGERS, MANAGERS
    visible_to = rules.message_rules_visible_to
    list_before_template = "admin/notifications/rules_that_hold.html"
    list_display = ["kind", "channel", "before", "place", "is_active"]
    list_display_links = ["kind"]
    list_filter = [("kind", ChoicesDropdownFilter), ("channel", ChoicesDropdownFilter), "is_active"]
    list_select_related = ["location"]
    autocomplete_fields = ["location"]
    fieldsets = [
        (
            None,
            {
                "description": _(
                    "A location that has rules of its own follows these alone. What is switched off is not sent any "
                    "more, also where it was planned before. A new rule holds for what is booked or changed from now "
                    "on."
                ),
                "fields": [("kind", "channel"), ("offset_minutes", "location"), "is_active"],
            },
        ),
    ]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The list; while there is nothing for all places, with what holds instead and the way to write it down."""
        may_write = self.has_add_permission(request)
        context = {
            "defaults": [] if MessageRule.objects.filter(location=None).exists() else default_lines(),
            "may_write_down": may_write,
            "without_own": list(places_without_rules()) if may_write else [],
        }
        return super().changelist_view(request, {**context, **(extra_context or {})})

    @display(description=_("before the visit"), ordering="offset_minutes")
    def before(self, rule: MessageRule) -> str:
        """How long before."""
        return in_words(rule.offset_minutes)

    @display(description=_("location"), ordering="location__name")
    def place(self, rule: MessageRule) -> str:
        """For which place."""
        return str(rule.location) if rule.location else str(_("All without rules of their own"))


def in_words(minutes: int) -> str:
    """So many minutes, in the largest unit that comes out even."""
    if minutes == 0:
        return "–"
    if minutes % DAY == 0:
        return ngettext("%(count)s day", "%(count)s days", minutes // DAY) % {"count": minutes // DAY}
    if minutes % HOUR == 0:
        return ngettext("%(count)s hour", "%(count)s hours", minutes // HOUR) % {"count": minutes // HOUR}
    return ngettext("%(count)s minute", "%(count)s minutes", minutes) % {"count": minutes}


def default_lines() -> list[tuple[str, str]]:
    """What holds where nothing is set: each kind, and how it goes out."""
    lines: dict[str, list[str]] = {}
    for rule in DEFAULT_RULES:
        before = _(" (%(time)s before)") % {"time": in_words(rule.offset_minutes)} if rule.offset_minutes else ""
        lines.setdefault(str(rule.kind.label), []).append(f"{rule.channel.label}{before}")
    return [(kind, ", ".join(ways)) for kind, ways in lines.items()]


def places_without_rules() -> QuerySet[Location]:
    """Locations that follow the rules for all."""
    return Location.objects.filter(is_active=True, message_rules=None).order_by("name", "pk")


@admin.register(MessagePolicy)
class MessagePolicyAdmin(MessagesAdmin):
    """One for each location. A location without one has the defaults: deleting goes back to them."""

    viewers, adders, changers, deleters = EVERYBODY, MANAGERS, MANAGERS, MANAGERS
    visible_to = rules.message_policies_visible_to
    list_display = ["location", "short_name", "quiet_from", "quiet_until", "texts_a_day", "near_places"]
    list_select_related = ["location"]
    fieldsets = [
        (None, {"fields": ["location", "short_name"]}),
        (
            _("Quiet hours"),
            {
                "description": _(
                    "Reminders that would fall into them come earlier; other messages wait. News about a visit of the "
                    "next morning, and what happens in a queue, goes out in any case."
                ),
                "fields": [("quiet_from", "quiet_until")],
            },
        ),
        (_("How much"), {"fields": [("texts_a_day", "near_places")]}),
    ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """The rules of a place stay the rules of that place."""
        return ["location"] if obj is not None else []
