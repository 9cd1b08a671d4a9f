"""Which rows of the lists of messages somebody of the staff sees: what `notifications/rules.py` says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.back_office import EVERYBODY
from scheduling.admin.scope import ClinicAdmin


class MessagesAdmin(ClinicAdmin):
    """An admin class whose list keeps to `visible_to`, and whose rows nobody edits unless it says so."""

    viewers = EVERYBODY
    visible_to: ClassVar[Callable[[Any], QuerySet[Any]]]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Only rows that are this person's to see."""
        visible = type(self).visible_to(request.user)
        return super().get_queryset(request).filter(pk__in=visible.values("pk"))
