"""The floor of messages: it listens to everybody below, writes messages and delivers them."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class NotificationsConfig(AppConfig):
    """Confirmations, reminders, turn alerts."""

    name = "notifications"
    verbose_name = _("Messages")

    def ready(self) -> None:
        """Let the audit trail follow the tables of this floor, and listen to what happens below."""
        from notifications import audited_tables, receivers

        audited_tables.declare()
        receivers.connect()
