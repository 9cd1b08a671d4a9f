"""The wing of money."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PaymentsConfig(AppConfig):
    """Payments, refunds, receipts."""

    name = "payments"
    verbose_name = _("Payments")

    def ready(self) -> None:
        """Let the audit trail follow the tables of this wing, and listen to what becomes of visits."""
        from payments import audited_tables, receivers

        audited_tables.declare()
        receivers.connect()
