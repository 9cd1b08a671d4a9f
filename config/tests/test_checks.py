"""Every misconfiguration is named, with an id and a hint, and no secret is repeated."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest
from django.conf import settings as current
from django.core.checks import Error

from config import checks
from config.environment import Environment
from notifications.push_keys import new_pair

CONSOLE = "django.core.mail.backends.console.EmailBackend"
GOOD_KEY = "v7Jk2pQx9Lm4Tn8Rw3Zc6Yb1Hd5Gf0SaUeOiKjXq"

KEYS = {"TWILIO_ACCOUNT_SID": "AC1", "TWILIO_AUTH_TOKEN": "t", "TWILIO_PHONE_NUMBER": "+441632960000"}
PUBLIC = {"BASE_URL": "https://clinic.example", "BEHIND_HTTPS": True, "ALLOWED_HOSTS": ["clinic.example"]}
PAIR = new_pair()
STRIPE = {"STRIPE_SECRET_KEY": "sk_test_1", "STRIPE_WEBHOOK_SECRET": "whsec_1"}
RAZORPAY = {"RAZORPAY_KEY_ID": "rzp_1", "RAZORPAY_KEY_SECRET": "s", "RAZORPAY_WEBHOOK_SECRET": "w"}
PUSH_KEYS = {"VAPID_PRIVATE_KEY": PAIR.private, "VAPID_PUBLIC_KEY": PAIR.public}


def ids(found):
    return [message.id for message in found]


def test_the_defaults_are_sound(settings):
    assert checks.check_environment() == []


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        ("frontdesk.E004", {"BASE_URL": "clinic.example"}),
        ("frontdesk.E004", {"BASE_URL": "ftp://clinic.example"}),
        ("frontdesk.E004", {"BASE_URL": "https://[clinic"}),
        ("frontdesk.E005", {"BASE_URL": "https://clinic.example", "ALLOWED_HOSTS": ["other.example"]}),
        ("frontdesk.E006", {"DEFAULT_TIME_ZONE": "Europe/Atlantis"}),
        ("frontdesk.E006", {"DEFAULT_TIME_ZONE": "../etc/passwd"}),
        ("frontdesk.E007", {"DEFAULT_CURRENCY": "pounds"}),
        ("frontdesk.E007", {"DEFAULT_CURRENCY": "gbp"}),
        ("frontdesk.E008", {"PHONENUMBER_DEFAULT_REGION": "UK"}),
        ("frontdesk.E010", {"DEFAULT_FROM_EMAIL": "the clinic"}),
        ("frontdesk.E011", {"TWILIO_ACCOUNT_SID": "AC123"}),
        ("frontdesk.E011", {"TWILIO_ACCOUNT_SID": "AC123", "TWILIO_AUTH_TOKEN": "secret"}),
        ("frontdesk.E015", KEYS | {"TWILIO_PHONE_NUMBER": "020 7946 0018"}),
        ("frontdesk.E015", KEYS | {"TWILIO_PHONE_NUMBER": "Clinic"}),
        ("frontdesk.E016", KEYS | {"TWILIO_API_BASE": "api.twilio.com"}),
        ("frontdesk.E016", KEYS | {"TWILIO_API_BASE": "http://[clinic"}),
        ("frontdesk.E016", KEYS | {"TWILIO_API_BASE": "http://127.0.0.1:many"}),
        ("frontdesk.E012", {"DATABASE_URL": "", "DATABASE_POOL": True}),
        ("frontdesk.E012", {"DATABASE_URL": "", "WEB_PROCESSES": 2}),
        ("frontdesk.E013", {"SECRET_KEY": "short"}),
        ("frontdesk.E013", {"SECRET_KEY": "x" * 80}),
        ("frontdesk.E013", {"SECRET_KEY": "django-insecure-" + GOOD_KEY}),
        ("frontdesk.E017", {"VAPID_PRIVATE_KEY": PAIR.private, "VAPID_PUBLIC_KEY": ""}),
        ("frontdesk.E017", {"VAPID_PRIVATE_KEY": "", "VAPID_PUBLIC_KEY": PAIR.public}),
        ("frontdesk.E017", {"VAPID_PRIVATE_KEY": PAIR.private, "VAPID_PUBLIC_KEY": new_pair().public}),
        ("frontdesk.E017", {"VAPID_PRIVATE_KEY": "no key", "VAPID_PUBLIC_KEY": PAIR.public}),
        ("frontdesk.E017", {"VAPID_PRIVATE_KEY": "A" * 43, "VAPID_PUBLIC_KEY": PAIR.public}),  # nought is no key
        ("frontdesk.E018", {**PUSH_KEYS, "VAPID_SUBJECT": "mailto:"}),
        ("frontdesk.E018", {**PUSH_KEYS, "VAPID_SUBJECT": "http://clinic.example"}),
        ("frontdesk.E014", {"DEBUG": True, "BEHIND_HTTPS": True}),
        ("frontdesk.E019", {"STRIPE_SECRET_KEY": "sk_test_1"}),
        ("frontdesk.E019", {"STRIPE_WEBHOOK_SECRET": "whsec_1"}),
        ("frontdesk.E019", {**RAZORPAY, "RAZORPAY_WEBHOOK_SECRET": ""}),
        ("frontdesk.E019", {"RAZORPAY_KEY_ID": "rzp_1"}),
        ("frontdesk.E020", {**STRIPE, "STRIPE_API_BASE": "api.stripe.com"}),
        ("frontdesk.E020", {**RAZORPAY, **PUBLIC, "RAZORPAY_API_BASE": "http://127.0.0.1:8099"}),
        ("frontdesk.E021", {**PUBLIC, "PAYMENTS_SANDBOX": True}),
        ("frontdesk.E022", {"UPI_VPA": "clinic"}),
        ("frontdesk.E022", {"UPI_VPA": "clinic@bank.example"}),
        ("frontdesk.E022", {"UPI_VPA": "the clinic@bank"}),
    ],
)
def test_a_misconfiguration_is_one_error_with_a_hint(settings, code, changes):
    for name, value in changes.items():
        setattr(settings, name, value)
    found = checks.check_environment()
    assert ids(found) == [code]
    assert isinstance(found[0], Error)
    assert found[0].hint


@pytest.mark.parametrize(
    "changes",
    [
        {"BASE_URL": "https://clinic.example", "ALLOWED_HOSTS": [".example"]},
        {"BASE_URL": "http://[::1]:8000", "ALLOWED_HOSTS": ["[::1]"]},
        KEYS,
        KEYS | {"TWILIO_API_BASE": "http://127.0.0.1:8099", "TWILIO_PHONE_NUMBER": "60777"},
        PUSH_KEYS,
        {**PUSH_KEYS, "VAPID_SUBJECT": "https://clinic.example/contact"},
        {"SECRET_KEY": "short", "EMBEDDED": True},
        {**STRIPE, **RAZORPAY, **PUBLIC, "PAYMENTS_SANDBOX": True},  # nobody pays in the sandbox then
        {**PUBLIC, "PAYMENTS_SANDBOX": True, "EMBEDDED": True},
        {**STRIPE, "STRIPE_API_BASE": "http://127.0.0.1:8099"},
        {"UPI_VPA": "clinic.front-desk@examplebank"},
        {"DATABASE_URL": "postgres://db/clinic", "DATABASE_POOL": True, "WEB_PROCESSES": 4},
    ],
)
def test_what_is_sound_passes(settings, changes):
    for name, value in changes.items():
        setattr(settings, name, value)
    assert checks.check_environment() == []


def test_a_deployment_that_forgets_something_is_warned(settings, tmp_path):
    settings.BEHIND_HTTPS = False
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    settings.STATIC_ROOT = tmp_path
    settings.DATABASE_URL, settings.REDIS_URL = "postgres://db/clinic", ""
    for name, value in KEYS.items():
        setattr(settings, name, value)
    settings.BASE_URL = "http://127.0.0.1:8000"
    settings.PUSH_TO_PRIVATE_ADDRESSES = True
    settings.WORKER_TASK_SECONDS = 44
    found = checks.check_deployment()
    assert ids(found) == [f"frontdesk.W00{number}" for number in (1, 2, 3, 4, 5, 6, 7)]
    assert all(message.hint for message in found)


@pytest.mark.parametrize(
    ("read", "text", "fallback", "code"),
    [
        (lambda env: env.flag("NAME"), "perhaps", False, "frontdesk.E001"),
        (lambda env: env.number("NAME", 7), "seven", 7, "frontdesk.E001"),
        (lambda env: env.number("NAME", 7, at_least=1), "0", 7, "frontdesk.E001"),
        (lambda env: env.choice("NAME", "INFO", ("INFO", "ERROR")), "LOUD", "INFO", "frontdesk.E001"),
        (lambda env: env.redis("NAME"), "http://cache", "", "frontdesk.E003"),
        (lambda env: env.redis("NAME"), "redis:cache", "", "frontdesk.E003"),
        (lambda env: env.database("NAME")["ENGINE"], "mysql://db/x", "django.db.backends.dummy", "frontdesk.E002"),
        (lambda env: env.database("NAME")["ENGINE"], "postgres://db", "django.db.backends.dummy", "frontdesk.E002"),
        (lambda env: env.database("NAME")["ENGINE"], "sqlite:///x", "django.db.backends.dummy", "frontdesk.E002"),
        (lambda env: env.mail("NAME", "consolemail://")["EMAIL_BACKEND"], "post://x", CONSOLE, "frontdesk.E009"),
    ],
)
def test_what_cannot_be_read_becomes_a_problem_and_the_default_serves(read, text, fallback, code):
    env = Environment({"NAME": text})
    assert read(env) == fallback
    assert [(problem.code, problem.variable) for problem in env.problems] == [(code, "NAME")]
    assert text not in env.problems[0].message + env.problems[0].hint


@pytest.mark.parametrize(
    ("read", "text", "value"),
    [
        (lambda env: env.flag("NAME"), " Yes ", True),
        (lambda env: env.number("NAME", 1), "12", 12),
        (lambda env: env.listing("NAME"), "a, b,,c ", ["a", "b", "c"]),
        (lambda env: env.text("NAME", "otherwise"), "  ", "otherwise"),
        (lambda env: env.redis("NAME"), "rediss://cache:6380/1", "rediss://cache:6380/1"),
        (lambda env: env.database("NAME")["HOST"], "postgresql://me:x@db:5433/clinic", "db"),
        (lambda env: env.mail("NAME", "consolemail://")["EMAIL_USE_TLS"], "smtp+tls://me:x@mail.example:587", True),
    ],
)
def test_what_can_be_read_is_read_by_type(read, text, value):
    env = Environment({"NAME": text})
    assert read(env) == value
    assert env.problems == []


def run(*command, **environment):
    return subprocess.run(
        [sys.executable, *command],
        cwd=current.BASE_DIR,
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.mark.once("settings are read before any database is")
def test_all_mistakes_are_told_at_once_and_secrets_are_not_told():
    broken = {"DEBUG": "perhaps", "PORT": "many", "DATABASE_URL": "mysql://root:hunter2@db/clinic"}
    answer = run("manage.py", "check", SECRET_KEY=GOOD_KEY, DEFAULT_CURRENCY="pounds", **broken)
    assert answer.returncode != 0
    for code in ("frontdesk.E001", "frontdesk.E002", "frontdesk.E007"):
        assert code in answer.stderr
    assert "hunter2" not in answer.stdout + answer.stderr
    assert "Traceback" not in answer.stderr


@pytest.mark.once("settings are read before any database is")
@pytest.mark.parametrize("door", ["config.wsgi", "config.asgi"])
def test_servers_refuse_to_start_on_a_misconfiguration(door):
    answer = run("-c", f"import {door}", SECRET_KEY=GOOD_KEY, DATABASE_URL="mysql://root:hunter2@db/clinic")
    assert answer.returncode != 0
    assert "frontdesk.E002" in answer.stderr
    assert "Traceback" not in answer.stderr


@pytest.mark.once("settings are read before any database is")
def test_production_refuses_to_start_without_a_key():
    answer = run("manage.py", "check", DATABASE_URL="postgres://db/clinic")
    assert answer.returncode != 0
    assert answer.stderr.startswith("SECRET_KEY is not set")


@pytest.mark.once("settings are read before any database is")
def test_the_checks_of_a_deployment_find_nothing_in_production_settings(tmp_path):
    production = {
        "SECRET_KEY": "k9$Vn2!xQ7#mT4@wR8%zL1^pY6&bH3*dG5(fJ0)sAeUiO-cXqKtN",
        "BASE_URL": "https://clinic.example",
        "ALLOWED_HOSTS": "clinic.example",
        "DATABASE_URL": "postgres://frontdesk@127.0.0.1/frontdesk",
        "REDIS_URL": "redis://127.0.0.1:6379/0",
        "EMAIL_URL": "smtp+tls://user:password@mail.example:587",
        "DEFAULT_FROM_EMAIL": "desk@clinic.example",
        "STATIC_ROOT": str(tmp_path),
    }
    collected = run("manage.py", "collectstatic", "--noinput", "--verbosity", "0", **production)
    assert collected.returncode == 0, collected.stderr
    answer = run("manage.py", "check", "--deploy", "--fail-level", "WARNING", **production)
    assert answer.returncode == 0, answer.stderr
    assert "no issues" in answer.stdout


HOUSE_ONLY = {
    # Of bin/run and of somebody's own machine:
    *("DEBUG", "FRONTDESK_EMBEDDED", "PORT", "SQLITE_PATH", "PAYMENTS_SANDBOX"),
    *("MEDIA_ROOT", "STATIC_ROOT"),  # the image says where these lie
    *("TWILIO_API_BASE", "PUSH_TO_PRIVATE_ADDRESSES", "STRIPE_API_BASE", "RAZORPAY_API_BASE"),  # of tests
}


def test_whatever_may_be_set_reaches_the_containers():
    listed = set(re.findall(r"^([A-Z_]+)=", (current.BASE_DIR / ".env.example").read_text(), re.MULTILINE))
    passed_on = set(re.findall(r"^ +([A-Z_]+):", (current.BASE_DIR / "compose.yaml").read_text(), re.MULTILINE))
    assert listed - passed_on == HOUSE_ONLY
