"""The rules of the queues in the back office."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.back_office import EVERYBODY, MANAGERS
from queueing import rules
from queueing.admin.scope import QueueAdmin
from queueing.models import QueuePolicy


@admin.register(QueuePolicy)
class QueuePolicyAdmin(QueueAdmin):
    """One for each location. A location without one has the defaults: deleting goes back to them."""

    viewers, adders, changers, deleters = EVERYBODY, MANAGERS, MANAGERS, MANAGERS
    visible_to = rules.policies_visible_to
    list_display = ["location", "early_minutes", "late_minutes", "latest_minutes", "takes_walk_ins"]
    list_select_related = ["location"]
    fieldsets = [
        (None, {"fields": ["location"]}),
        (
            _("Check-in"),
            {"fields": ["early_minutes", "late_minutes", "latest_minutes", "takes_walk_ins"]},
        ),
        (_("The doctor's day"), {"fields": ["running_late_minutes", "break_minutes"]}),
        (_("The screen in the waiting room"), {"fields": ["shows_initials", "board_languages"]}),
        (
            _("Who comes before whom"),
            {
                "description": _(
                    "Everybody gets a point for each minute of waiting, and these points from the start. Whoever has "
                    "most is next. So a point is worth a minute: somebody with ten points more is called before "
                    "whoever came up to ten minutes earlier. As waiting goes on adding points, nobody waits for ever."
                ),
                "fields": [
                    ("points_medium", "points_high", "points_emergency"),
                    ("points_on_time", "points_late"),
                    ("points_child", "child_age"),
                    ("points_elderly", "elderly_age"),
                    "points_special",
                ],
            },
        ),
    ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """The rules of a place stay the rules of that place."""
        return ["location"] if obj is not None else []
