"""The roof of the house."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ConfigConfig(AppConfig):
    """Settings, URLs, checks and the jobs that touch every floor."""

    name = "config"
    verbose_name = _("Installation")

    def ready(self) -> None:
        """Let Django know the checks of the environment."""
        from config import checks

        checks.register()
