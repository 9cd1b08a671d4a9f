"""The roof of the house."""

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """Settings, URLs, checks and the jobs that touch every floor."""

    name = "config"
