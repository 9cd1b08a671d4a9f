"""The cellar of the house."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.core import checks
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    """Users, roles, sign-in and the audit trail."""

    name = "accounts"
    verbose_name = _("Accounts")

    def ready(self) -> None:
        """Declare what the audit trail follows here, and hang its triggers on `migrate`."""
        from accounts import audit_triggers

        connection_created.connect(_let_triggers_ask, dispatch_uid="accounts.audit_functions")
        pre_migrate.connect(audit_triggers.make_way_for_migrations, sender=self, dispatch_uid="accounts.audit_make_way")
        post_migrate.connect(audit_triggers.install_after_migrate, sender=self, dispatch_uid="accounts.audit_install")
        checks.register(audit_triggers.check_triggers, checks.Tags.database)
        _declare_audited_tables()


def _let_triggers_ask(*, connection: BaseDatabaseWrapper, **kwargs: Any) -> None:
    from accounts import audit_sqlite

    if connection.vendor == "sqlite":
        audit_sqlite.register_functions(connection)


def _declare_audited_tables() -> None:
    """What the trail follows of the people who sign in. Signing in itself changes `last_login`, which is no news."""
    from allauth.account.models import EmailAddress
    from allauth.mfa.models import Authenticator

    from accounts.audit_triggers import audited
    from accounts.models import User

    audited(User, personal=("email", "phone", "full_name", "password"), ignored=("last_login",))
    audited(User.groups.through)
    audited(User.user_permissions.through)
    audited(EmailAddress, personal=("email",))
    audited(Authenticator, personal=("data",), ignored=("last_used_at",))
