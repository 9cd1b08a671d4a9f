"""The cellar of the house."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    """Users, roles, sign-in and the audit trail."""

    name = "accounts"
    verbose_name = _("Accounts")
