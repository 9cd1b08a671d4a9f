"""What a clinic sets about its messages in the back office: rules, quiet hours, addresses that are left alone."""

from __future__ import annotations

import pytest
from django.urls import reverse

from accounts.models import AuditEntry
from accounts.roles import Role
from notifications.defaults import DEFAULT_RULES
from notifications.models import MessagePolicy, MessageRule, PushSubscription, Suppression
from notifications.selectors.rules import policy_of, rules_of
from notifications.states import ChannelName, Kind, StopReason
from scheduling.tests.back_office import run_action, staff
from scheduling.tests.factories import LocationFactory, PatientFactory, book

pytestmark = pytest.mark.django_db

RULES = "admin:notifications_messagerule"
WRITE_DOWN = "notifications_admin:write_down"


def test_while_nothing_is_set_the_list_says_what_holds_and_a_button_writes_it_down() -> None:
    manager, place = staff(Role.MANAGER), LocationFactory.create()
    shown = manager.get(reverse(f"{RULES}_changelist")).content.decode()
    assert "so this holds" in shown
    assert "E-mail (1 day before), E-mail (1 hour before), SMS (2 hours before)" in shown
    assert manager.post(reverse(WRITE_DOWN)).status_code == 302
    assert MessageRule.objects.filter(location=None).count() == len(DEFAULT_RULES)
    shown = manager.get(reverse(f"{RULES}_changelist")).content.decode()
    assert "so this holds" not in shown
    assert "1 day" in shown
    manager.post(reverse(WRITE_DOWN))
    assert MessageRule.objects.count() == len(DEFAULT_RULES)
    manager.post(reverse(WRITE_DOWN), {"location": place.pk})
    assert MessageRule.objects.filter(location=place).count() == len(DEFAULT_RULES)


@pytest.mark.parametrize("location", ["x", "999999", "9" * 30])
def test_a_place_that_is_none_gets_no_rules(location: str) -> None:
    assert staff(Role.MANAGER).post(reverse(WRITE_DOWN), {"location": location}).status_code == 404
    assert not MessageRule.objects.exists()


def test_others_read_the_rules_and_change_none() -> None:
    place = LocationFactory.create()
    rule = MessageRule.objects.create(location=place, kind=Kind.CONFIRMATION, channel=ChannelName.EMAIL)
    other = MessageRule.objects.create(
        location=LocationFactory.create(), kind=Kind.CONFIRMATION, channel=ChannelName.SMS
    )
    desk = staff(Role.RECEPTION, place)
    shown = desk.get(reverse(f"{RULES}_changelist"))
    assert [row.pk for row in shown.context["cl"].result_list] == [rule.pk]
    assert "Write these down" not in shown.content.decode()
    assert desk.post(reverse(WRITE_DOWN)).status_code == 403
    assert desk.post(reverse(f"{RULES}_change", args=[rule.pk]), {"is_active": ""}).status_code == 403
    assert desk.get(reverse(f"{RULES}_change", args=[other.pk])).status_code == 302
    assert desk.post(reverse(f"{RULES}_add"), {}).status_code == 403


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"kind": "reminder", "channel": "sms", "offset_minutes": "0"}, "how many minutes before the visit"),
        ({"kind": "confirmation", "channel": "sms", "offset_minutes": "60"}, "Only reminders come before a visit"),
        ({"kind": "confirmation", "channel": "email", "offset_minutes": "0"}, "There is such a rule already"),
        ({"kind": "reminder", "channel": "sms", "offset_minutes": "999999"}, "less than or equal to 44640"),
        ({"kind": "reminder", "channel": "pigeon", "offset_minutes": "60"}, "pigeon is not one of"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused_in_words(body: dict[str, str], words: str) -> None:
    MessageRule.objects.create(kind=Kind.CONFIRMATION, channel=ChannelName.EMAIL)
    answer = staff(Role.MANAGER).post(reverse(f"{RULES}_add"), {**body, "location": "", "is_active": "on"})
    assert answer.status_code == 200
    assert words in answer.content.decode()
    assert MessageRule.objects.count() == 1


def test_a_manager_adds_switches_off_and_removes_rules_and_each_is_written_down() -> None:
    manager, place = staff(Role.MANAGER), LocationFactory.create()
    body = {"kind": "reminder", "channel": "sms", "offset_minutes": "2880", "location": str(place.pk)}
    assert manager.post(reverse(f"{RULES}_add"), {**body, "is_active": "on"}).status_code == 302
    rule = MessageRule.objects.get()
    assert [found.offset_minutes for found in rules_of(place.pk)] == [2880]
    assert manager.post(reverse(f"{RULES}_change", args=[rule.pk]), body).status_code == 302
    assert rules_of(place.pk) == ()
    assert manager.post(reverse(f"{RULES}_delete", args=[rule.pk]), {"post": "yes"}).status_code == 302
    assert rules_of(place.pk) == DEFAULT_RULES
    trail = AuditEntry.objects.filter(object_type="notifications_messagerule").order_by("pk")
    assert [entry.verb for entry in trail] == [f"admin.messagerule.{verb}" for verb in ("add", "change", "delete")]


def test_a_manager_sets_the_quiet_hours_of_a_place() -> None:
    place = LocationFactory.create()
    body = {"location": place.pk, "short_name": "Hill", "texts_a_day": "2", "near_places": "3"}
    body |= {"quiet_from": "20:00", "quiet_until": "09:00"}
    add = reverse("admin:notifications_messagepolicy_add")
    assert staff(Role.MANAGER).post(add, body).status_code == 302
    assert (policy_of(place.pk).short_name, policy_of(place.pk).texts_a_day) == ("Hill", 2)
    assert staff(Role.MANAGER).post(add, {**body, "texts_a_day": "0"}).status_code == 200
    assert staff(Role.RECEPTION, place).post(add, body).status_code == 403
    assert MessagePolicy.objects.count() == 1


STOPS = "admin:notifications_suppression"


def test_the_desk_stops_an_address_in_its_one_spelling_and_it_is_ascribed() -> None:
    visit = book(patient=PatientFactory.create(phone="+442079460018", email="ann@example.org"))
    desk = staff(Role.RECEPTION, visit.location)
    for channel, typed, kept in (("sms", "020 7946 0018", "+442079460018"), ("email", " Ann@Example.org", None)):
        answer = desk.post(reverse(f"{STOPS}_add"), {"channel": channel, "address": typed})
        assert answer.status_code == 302, answer.content.decode()
        stop = Suppression.objects.get(channel=channel)
        assert (stop.address, stop.reason) == (kept or "ann@example.org", StopReason.STAFF)
    entry = AuditEntry.objects.filter(object_type="notifications_suppression").last()
    assert entry is not None
    assert entry.actor.startswith("user:")
    assert "ann@" not in str(entry.changes)
    again = desk.post(reverse(f"{STOPS}_add"), {"channel": "sms", "address": "+44 20 7946 0018"})
    assert again.status_code == 200
    assert "already exists" in again.content.decode()


@pytest.mark.parametrize(
    ("channel", "address", "words"),
    [
        ("email", "nobody", "Enter an e-mail address"),
        ("sms", "12", "Enter a phone number"),
        ("call", "x@example.org", "Enter a phone number"),
        ("push", "1", "Select a valid choice"),
        ("sms", "", "This field is required"),
    ],
)
def test_an_address_that_is_none_is_refused_in_words(channel: str, address: str, words: str) -> None:
    answer = staff(Role.MANAGER).post(reverse(f"{STOPS}_add"), {"channel": channel, "address": address})
    assert answer.status_code == 200
    assert words in answer.content.decode()
    assert not Suppression.objects.exists()


def test_a_stop_is_lifted_after_asking_and_that_is_ascribed() -> None:
    stop = Suppression.objects.create(channel="email", address="ann@example.org", reason=StopReason.BOUNCED)
    manager = staff(Role.MANAGER)
    assert "asks for it" in run_action(manager, "lift", stop, confirmed=False)
    assert Suppression.objects.exists()
    assert "1 of 1 was done" in run_action(manager, "lift", stop)
    assert not Suppression.objects.exists()
    assert AuditEntry.objects.filter(object_type="notifications_suppression", action="delete").exists()


def test_the_desk_sees_and_lifts_stops_of_its_own_patients_only() -> None:
    visit = book(patient=PatientFactory.create(email="Ann@example.org"))
    own = Suppression.objects.create(channel="email", address="ann@example.org", reason=StopReason.BOUNCED)
    other = Suppression.objects.create(channel="email", address="bert@example.org", reason=StopReason.BOUNCED)
    book(patient=PatientFactory.create(email="bert@example.org"))
    desk = staff(Role.RECEPTION, visit.location)
    shown = desk.get(reverse(f"{STOPS}_changelist"))
    assert [row.pk for row in shown.context["cl"].result_list] == [own.pk]
    run_action(desk, "lift", other)
    assert Suppression.objects.filter(pk=other.pk).exists()
    assert staff(Role.DOCTOR, visit.location).get(reverse(f"{STOPS}_changelist")).status_code == 403


def test_managers_see_who_is_woken_but_no_address_and_no_key() -> None:
    one = PushSubscription.objects.create(
        patient=PatientFactory.create(),
        endpoint="https://push.example/endpoint-7",
        endpoint_digest="digest-7",
        public_key="public-7",
        auth_secret="auth-7",
    )
    manager = staff(Role.MANAGER)
    for address in ("changelist", "change"):
        args = [one.pk] if address == "change" else []
        shown = manager.get(reverse(f"admin:notifications_pushsubscription_{address}", args=args)).content.decode()
        assert one.patient is not None
        assert one.patient.full_name in shown
        assert not any(word in shown for word in ("endpoint-7", "digest-7", "public-7", "auth-7"))
    desk = staff(Role.RECEPTION, LocationFactory.create())
    assert desk.get(reverse("admin:notifications_pushsubscription_changelist")).status_code == 403
