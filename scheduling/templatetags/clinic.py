"""What every page knows of the clinic."""

from __future__ import annotations

from django import template
from django.conf import settings
from django.utils.html import format_html
from django.utils.translation import get_language_bidi

register = template.Library()

TITLES = {"dr", "prof", "mr", "mrs", "ms"}


@register.filter
def initials(name: str) -> str:
    """The first letters of the first and last name, without a title: `Dr Amara Okonkwo` is `AO`."""
    words = [word for word in name.split() if word[:1].isalpha() and word.rstrip(".").lower() not in TITLES]
    return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()


@register.simple_tag
def clinic_name() -> str:
    """The name above the door; from the environment, so that error pages need no database."""
    return str(settings.CLINIC_NAME)


@register.simple_tag
def languages() -> list[tuple[str, str]]:
    """The languages of the pages, each with its own name for itself."""
    return list(settings.LANGUAGES)


@register.filter
def ltr(text: object) -> object:
    """What reads from left to right in every language, such as a phone number; marked where the page does not."""
    return format_html('<bdi dir="ltr">{}</bdi>', text) if text and get_language_bidi() else text
