"""What every page knows of the clinic."""

from __future__ import annotations

from django import template
from django.conf import settings

register = template.Library()


@register.simple_tag
def clinic_name() -> str:
    """The name above the door; from the environment, so that error pages need no database."""
    return str(settings.CLINIC_NAME)
