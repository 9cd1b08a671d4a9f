"""The environment of a test run: nothing of the developer's own `.env` or shell goes into it."""

import os

DEFAULTS = {
    "SECRET_KEY": "only-for-tests-" + "x" * 50,
    "DEBUG": "false",
    "BASE_URL": "http://testserver",
    "ALLOWED_HOSTS": "testserver,127.0.0.1,localhost",
    "DATABASE_URL": "",
    "DATABASE_POOL": "false",
    "REDIS_URL": "",
    "EMAIL_URL": "memorymail://",
    "TWILIO_ACCOUNT_SID": "",
    "TWILIO_AUTH_TOKEN": "",
    "TWILIO_PHONE_NUMBER": "",
    "TWILIO_API_BASE": "",
    "VAPID_PRIVATE_KEY": "",
    "VAPID_PUBLIC_KEY": "",
    "VAPID_SUBJECT": "",
    "PUSH_TO_PRIVATE_ADDRESSES": "false",
    "DEFAULT_TIME_ZONE": "Europe/London",
    "DEFAULT_CURRENCY": "GBP",
    "DEFAULT_PHONE_REGION": "GB",
    "FRONTDESK_EMBEDDED": "false",
    "LIVE_UPDATES": "false",
    "LOG_LEVEL": "ERROR",
}
SCRATCH_VARIABLE = "FRONTDESK_TEST_SCRATCH"
DATABASE_VARIABLE = "FRONTDESK_TEST_DATABASE_URL"


def prepare() -> None:
    """Put the test environment in place of whatever was there; the plugin may have named a database."""
    os.environ.update(DEFAULTS)
    os.environ["DATABASE_URL"] = os.environ.get(DATABASE_VARIABLE, "")
