"""The pair of keys by which push services know who sends."""

from __future__ import annotations

from io import StringIO
from urllib.parse import urlsplit

import pytest
from django.core.management import call_command
from django.test import override_settings
from py_vapid import Vapid02

from notifications.push_keys import bytes_of, fits, is_configured, is_subject, new_pair, signature_for

PAIR = new_pair()


def test_a_fresh_pair_belongs_together_and_is_never_the_same() -> None:
    other = new_pair()
    assert fits(*PAIR)
    assert fits(*other)
    assert not fits(PAIR.private, other.public)
    assert len({*PAIR, *other}) == 4


@pytest.mark.parametrize(
    "private",
    ["", "no key", "A" * 43, "_" * 43, PAIR.private[:-2], PAIR.public],
    ids=["nothing", "text", "zero", "too large", "short", "public"],
)
def test_what_is_no_private_key_fits_nothing(private: str) -> None:
    assert not fits(private, PAIR.public)


def test_the_command_prints_a_pair_for_the_environment() -> None:
    printed, bare = StringIO(), StringIO()
    call_command("vapid_keys", stdout=printed)
    call_command("vapid_keys", "--bare", stdout=bare)
    said = dict(line.split("=", 1) for line in printed.getvalue().split())
    assert said.keys() == {"VAPID_PRIVATE_KEY", "VAPID_PUBLIC_KEY"}
    assert fits(said["VAPID_PRIVATE_KEY"], said["VAPID_PUBLIC_KEY"])
    assert fits(*bare.getvalue().split())


@pytest.mark.parametrize(
    ("text", "fine"),
    [
        ("mailto:desk@clinic.example", True),
        ("mailto:frontdesk@localhost", True),
        ("https://clinic.example/contact", True),
        ("desk@clinic.example", False),
        ("mailto:", False),
        ("http://clinic.example", False),
        ("", False),
    ],
)
def test_a_subject_is_where_a_push_service_can_write_to(text: str, fine: bool) -> None:
    assert is_subject(text) is fine


@pytest.mark.parametrize(
    ("private", "public"), [("", ""), (PAIR.private, ""), ("", PAIR.public)], ids=["none", "private", "public"]
)
def test_half_a_pair_is_none(private: str, public: str) -> None:
    with override_settings(VAPID_PRIVATE_KEY=private, VAPID_PUBLIC_KEY=public):
        assert not is_configured()


@override_settings(
    VAPID_PRIVATE_KEY=PAIR.private, VAPID_PUBLIC_KEY=PAIR.public, VAPID_SUBJECT="mailto:frontdesk@localhost"
)
def test_a_signature_can_be_checked_by_the_public_key() -> None:
    assert is_configured()
    header = signature_for("https://push.example:8443/send/abc?x=1")
    assert Vapid02.verify(header)
    assert header.startswith("vapid t=")
    assert urlsplit(header).path.endswith(f"k={PAIR.public}")


@pytest.mark.parametrize("text", ["a", "+/+/", "é", "a b", "===a"])
def test_what_is_no_base64_for_addresses_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        bytes_of(text)
