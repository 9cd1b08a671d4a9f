"""The cellar of the house."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.core import checks
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.translation import gettext_lazy as _

_OF_A_CODE = ("code_digest", "code_expires_at", "attempts", "expires_at")


class AccountsConfig(AppConfig):
    """Users, roles, sign-in and the audit trail."""

    name = "accounts"
    verbose_name = _("Accounts")

    def ready(self) -> None:
        """Hang the audit trail on `migrate` and on signing in; let staff sign in on the same page as everybody."""
        from allauth.account.decorators import secure_admin_login
        from django.contrib import admin

        from accounts import audit_triggers, receivers

        connection_created.connect(_let_triggers_ask, dispatch_uid="accounts.audit_functions")
        pre_migrate.connect(audit_triggers.make_way_for_migrations, sender=self, dispatch_uid="accounts.audit_make_way")
        post_migrate.connect(audit_triggers.install_after_migrate, sender=self, dispatch_uid="accounts.audit_install")
        checks.register(audit_triggers.check_triggers, checks.Tags.database)
        _declare_audited_tables()
        receivers.connect()
        admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]


def _let_triggers_ask(*, connection: BaseDatabaseWrapper, **kwargs: Any) -> None:
    from accounts import audit_sqlite

    if connection.vendor == "sqlite":
        audit_sqlite.register_functions(connection)


def _declare_audited_tables() -> None:
    """What the trail follows of the people who sign in. Signing in itself changes `last_login`, which is no news."""
    from allauth.account.models import EmailAddress
    from allauth.mfa.models import Authenticator

    from accounts.audit_triggers import audited
    from accounts.models import ContactClaim, User

    # Of a program's sign-in the trail has the sign-in and the end (`record_sign_in`), as of a session; its row changes
    # with every renewal, which is no news.
    audited(User, personal=("email", "phone", "full_name", "password"), ignored=("last_login",))
    audited(User.groups.through)
    audited(User.user_permissions.through)
    audited(EmailAddress, personal=("email",))
    audited(ContactClaim, personal=("address",), ignored=_OF_A_CODE)
    audited(Authenticator, personal=("data",), ignored=("last_used_at",))
