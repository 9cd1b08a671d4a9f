"""Says what is wrong with the environment, all of it at once, each with an id and a hint.

Errors stop every command and the servers (`refuse_misconfiguration`); warnings appear with `check --deploy`.
No message repeats a value: it may be a secret.
"""

from __future__ import annotations

import re
import sys
import zoneinfo
from collections.abc import Iterator, Sequence
from email.utils import parseaddr
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import phonenumbers
from django.apps import AppConfig
from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, Warning
from django.http.request import validate_host

from accounts import twilio_client
from notifications import push_keys
from notifications.channels.twilio import is_public
from notifications.services.sending import LONGEST_RUN_SECONDS
from payments.providers import registry
from payments.states import ProviderName

SHORTEST_KEY = 32
VAPID = ("VAPID_PRIVATE_KEY", "VAPID_PUBLIC_KEY")
SENDING_NUMBER = re.compile(r"\+[1-9]\d{6,14}|\d{3,8}")
"""A telephone number, or a short code."""
UPI_ADDRESS = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,254}@[A-Za-z][A-Za-z0-9]{1,63}")
TWILIO = ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_PHONE_NUMBER")


def in_production() -> bool:
    """Whether this is a clinic's real installation, as far as the environment says."""
    return not (settings.DEBUG or settings.EMBEDDED)


def check_environment(*, app_configs: Sequence[AppConfig] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """Everything in the environment that cannot work."""
    return [
        *(Error(found.message, hint=found.hint, id=found.code) for found in settings.ENVIRONMENT_PROBLEMS),
        *_base_url(),
        *_place(),
        *_messages(),
        *_payments(),
        *_processes(),
        *_production(),
    ]


def _base_url() -> Iterator[CheckMessage]:
    try:
        parts = urlsplit(settings.BASE_URL)
        host = parts.hostname or ""
    except ValueError:
        parts, host = None, ""
    if parts is None or parts.scheme not in ("http", "https") or not host:
        yield Error("BASE_URL is no address.", hint="Use https://clinic.example, with the scheme.", id="frontdesk.E004")
        return
    literal = f"[{host}]" if ":" in host else host
    if not validate_host(literal, settings.ALLOWED_HOSTS):
        hint = f"Add {literal} to ALLOWED_HOSTS, or links in messages lead to an error page."
        yield Error("The host of BASE_URL is not in ALLOWED_HOSTS.", hint=hint, id="frontdesk.E005")


def _place() -> Iterator[CheckMessage]:
    try:
        zoneinfo.ZoneInfo(settings.DEFAULT_TIME_ZONE)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        hint = "Use a name of the IANA database, such as Europe/London or Asia/Kolkata."
        yield Error("DEFAULT_TIME_ZONE is not known.", hint=hint, id="frontdesk.E006")
    currency = settings.DEFAULT_CURRENCY
    if not (len(currency) == 3 and currency.isascii() and currency.isalpha() and currency.isupper()):
        hint = "Use the three capital letters of ISO 4217, such as GBP or INR."
        yield Error("DEFAULT_CURRENCY is not a currency code.", hint=hint, id="frontdesk.E007")
    if settings.PHONENUMBER_DEFAULT_REGION not in phonenumbers.SUPPORTED_REGIONS:
        hint = "Use the two capital letters of a country, such as GB or IN."
        yield Error("DEFAULT_PHONE_REGION is not known.", hint=hint, id="frontdesk.E008")


def _messages() -> Iterator[CheckMessage]:
    if "@" not in parseaddr(settings.DEFAULT_FROM_EMAIL)[1]:
        hint = "Use an address, or a name with an address: Clinic <desk@clinic.example>."
        yield Error("DEFAULT_FROM_EMAIL holds no e-mail address.", hint=hint, id="frontdesk.E010")
    missing = [name for name in TWILIO if not getattr(settings, name)]
    if missing and len(missing) < len(TWILIO):
        hint = f"Set {' and '.join(missing)} as well, or leave all three out."
        yield Error("Twilio is half configured: no message would go out.", hint=hint, id="frontdesk.E011")
    if settings.TWILIO_PHONE_NUMBER and not SENDING_NUMBER.fullmatch(settings.TWILIO_PHONE_NUMBER):
        hint = "Use the number as Twilio writes it: +442079460018. Names cannot be answered with STOP."
        yield Error("TWILIO_PHONE_NUMBER is no number.", hint=hint, id="frontdesk.E015")
    if settings.TWILIO_API_BASE and not is_address(settings.TWILIO_API_BASE):
        hint = "Use http://127.0.0.1:8099, or leave it out: then it is Twilio itself."
        yield Error("TWILIO_API_BASE is no address.", hint=hint, id="frontdesk.E016")
    yield from _push()


def is_address(text: str) -> bool:
    """Whether it is the address of a server on the web."""
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return False


def _push() -> Iterator[CheckMessage]:
    missing = [name for name in VAPID if not getattr(settings, name)]
    hint = "manage.py vapid_keys prints a pair."
    if len(missing) == 1:
        yield Error(f"{missing[0]} is missing: no push message would go out.", hint=hint, id="frontdesk.E017")
    elif not missing and not push_keys.fits(settings.VAPID_PRIVATE_KEY, settings.VAPID_PUBLIC_KEY):
        wrong = "VAPID_PRIVATE_KEY and VAPID_PUBLIC_KEY are no keys, or do not belong together."
        yield Error(wrong, hint=hint, id="frontdesk.E017")
    if not missing and not push_keys.is_subject(settings.VAPID_SUBJECT):
        hint = (
            "Use mailto:desk@clinic.example or an https:// address; push services write there when something is wrong."
        )
        yield Error("VAPID_SUBJECT is no address.", hint=hint, id="frontdesk.E018")


def _payments() -> Iterator[CheckMessage]:
    for name, keys in registry.KEYS.items():
        missing = [key for key in keys if not getattr(settings, key)]
        if missing and len(missing) < len(keys):
            hint = f"Set {', '.join(keys)}, or none of them. docs/operating.md says where they are found."
            words = f"{', '.join(missing)} is missing: nobody could pay by {ProviderName(name).label}."
            yield Error(words, hint=hint, id="frontdesk.E019")
    for base in ("STRIPE_API_BASE", "RAZORPAY_API_BASE"):
        address = getattr(settings, base)
        if address and (not is_address(address) or (settings.BEHIND_HTTPS and not address.startswith("https://"))):
            hint = "Leave it out: it is for tests against a local server."
            yield Error(f"{base} is no address to pay at.", hint=hint, id="frontdesk.E020")
    if in_production() and settings.BEHIND_HTTPS and registry.is_configured(ProviderName.SANDBOX):
        hint = "Leave PAYMENTS_SANDBOX out: with it, patients confirm bookings without paying."
        yield Error("The sandbox takes payments at a public address.", hint=hint, id="frontdesk.E021")
    if settings.UPI_VPA and not UPI_ADDRESS.fullmatch(settings.UPI_VPA):
        yield Error("UPI_VPA is no UPI address.", hint="Use an address such as clinic@bank.", id="frontdesk.E022")


def _processes() -> Iterator[CheckMessage]:
    """The embedded database serves one process; its cache and live updates live in that process's memory."""
    if settings.DATABASE_URL:
        return
    if settings.DATABASE_POOL:
        hint = "Set DATABASE_URL, or leave DATABASE_POOL out."
        yield Error("DATABASE_POOL needs PostgreSQL.", hint=hint, id="frontdesk.E012")
    if settings.WEB_PROCESSES > 1:
        hint = "Set DATABASE_URL and REDIS_URL, or start one process."
        yield Error("Several web processes cannot share the embedded database.", hint=hint, id="frontdesk.E012")


def _production() -> Iterator[CheckMessage]:
    if settings.BEHIND_HTTPS and settings.DEBUG:
        hint = "Leave DEBUG out: its error pages show settings and patients' data."
        yield Error("DEBUG is on at a public address.", hint=hint, id="frontdesk.E014")
    if not in_production():
        return
    key = settings.SECRET_KEY
    if len(key) < SHORTEST_KEY or len(set(key)) < 5 or key.startswith("django-insecure-"):
        hint = "python -c 'import secrets; print(secrets.token_urlsafe(50))' makes a good one."
        yield Error("SECRET_KEY can be guessed.", hint=hint, id="frontdesk.E013")


def check_deployment(*, app_configs: Sequence[AppConfig] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """What works, but not as a clinic wants it (`check --deploy`)."""
    return list(_deployment())


def _deployment() -> Iterator[CheckMessage]:
    if not settings.BEHIND_HTTPS:
        hint = "Set BASE_URL to the https:// address patients use; secure cookies and HSTS follow from it."
        yield Warning("BASE_URL is not https.", hint=hint, id="frontdesk.W001")
    if settings.EMAIL_BACKEND.endswith("console.EmailBackend"):
        hint = "Set EMAIL_URL. Until then codes go to the console, and messages stay in the outbox of the back office."
        yield Warning("There is no mail server.", hint=hint, id="frontdesk.W002")
    if settings.STATIC_ROOT and not (Path(settings.STATIC_ROOT) / "staticfiles.json").exists():
        hint = "Run manage.py collectstatic --noinput; without it no page can be drawn."
        yield Warning("Static files are not collected.", hint=hint, id="frontdesk.W003")
    if settings.DATABASE_URL and not settings.REDIS_URL:
        hint = "Set REDIS_URL: several processes share the cache and live updates through it."
        yield Warning("There is no Redis.", hint=hint, id="frontdesk.W004")
    if twilio_client.is_configured() and not is_public(settings.BASE_URL):
        hint = "Set BASE_URL to an address on the internet: it is told what became of messages, and who says STOP."
        yield Warning("Twilio cannot reach BASE_URL.", hint=hint, id="frontdesk.W005")
    if settings.PUSH_TO_PRIVATE_ADDRESSES:
        hint = "Leave PUSH_TO_PRIVATE_ADDRESSES out: with it, a browser can have us call addresses in our own network."
        yield Warning("Push messages may go to private addresses.", hint=hint, id="frontdesk.W006")
    if settings.WORKER_TASK_SECONDS < LONGEST_RUN_SECONDS:
        least = f"{LONGEST_RUN_SECONDS:.0f}"
        hint = f"Use 60, and no less than {least}: a run that is cut short forgets what gateways answered."
        yield Warning("WORKER_TASK_SECONDS is too short to send messages.", hint=hint, id="frontdesk.W007")


def refuse_misconfiguration() -> None:
    """End the process with every error spelled out. Servers call it: they run no system checks by themselves."""
    errors = [message for message in check_environment() if message.is_serious()]
    if errors:
        sys.exit("Frontdesk does not start:\n" + "\n".join(str(message) for message in errors))


def register() -> None:
    """Hang the checks on Django's."""
    checks.register(check_environment)
    checks.register(check_deployment, checks.Tags.security, deploy=True)
