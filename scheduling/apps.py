"""The ground floor of the house."""

from django.apps import AppConfig
from django.core import checks
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class SchedulingConfig(AppConfig):
    """The clinic, its patients, its calendar and its appointments."""

    name = "scheduling"
    verbose_name = _("Scheduling")

    def ready(self) -> None:
        """Keep the database's own guards in place, and let the audit trail follow the tables of this floor."""
        from scheduling import audited_tables, database_guards, receivers

        post_migrate.connect(database_guards.install_after_migrate, sender=self)
        checks.register(database_guards.check_guards, checks.Tags.database)
        audited_tables.declare()
        receivers.connect()
