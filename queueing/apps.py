"""The wing of the live queue."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class QueueingConfig(AppConfig):
    """Queues of the day, and how long one waits in them."""

    name = "queueing"
    verbose_name = _("Queues")

    def ready(self) -> None:
        """Let tokens follow their visits, and the audit trail follow the tables of this wing."""
        from queueing import audited_tables, receivers

        audited_tables.declare()
        receivers.connect()
