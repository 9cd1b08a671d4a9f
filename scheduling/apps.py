"""The ground floor of the house."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SchedulingConfig(AppConfig):
    """The clinic, its patients, its calendar and its appointments."""

    name = "scheduling"
    verbose_name = _("Scheduling")
