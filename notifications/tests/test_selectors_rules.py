"""Which rules hold where, and writing them down."""

from __future__ import annotations

from datetime import time

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import AuditEntry
from notifications.defaults import DEFAULT_RULES, Rule
from notifications.models import MessagePolicy, MessageRule
from notifications.selectors.rules import policy_of, rules_of, setup_of, setups_of
from notifications.services.rules import write_down_defaults
from notifications.states import ChannelName, Kind
from scheduling.models import Location
from scheduling.tests.factories import CLINIC, LocationFactory

pytestmark = pytest.mark.django_db
SMS = Rule(Kind.CONFIRMATION, ChannelName.SMS)
EMAIL = Rule(Kind.CONFIRMATION, ChannelName.EMAIL)


@pytest.fixture
def here() -> Location:
    return LocationFactory()


def rule(location: Location | None, what: Rule, **columns: object) -> MessageRule:
    return MessageRule.objects.create(location=location, **what._asdict(), **columns)


def test_where_nobody_set_anything_the_defaults_hold(here):
    assert rules_of(here.pk) == DEFAULT_RULES
    policy = policy_of(here.pk)
    assert (policy.pk, policy.quiet_from, policy.quiet_until, policy.texts_a_day) == (None, time(21), time(8), 1)


def test_rows_for_all_hold_in_place_of_the_defaults(here):
    rule(None, SMS)
    assert rules_of(here.pk) == (SMS,)


def test_a_location_with_rows_of_its_own_follows_these_alone(here):
    rule(None, SMS)
    rule(here, EMAIL)
    assert rules_of(here.pk) == (EMAIL,)
    assert rules_of(LocationFactory().pk) == (SMS,)


def test_a_location_that_switched_all_its_rows_off_sends_nothing(here):
    rule(None, SMS)
    rule(here, EMAIL, is_active=False)
    assert rules_of(here.pk) == ()


def test_rows_for_all_that_are_off_are_off(here):
    rule(None, SMS)
    rule(None, EMAIL, is_active=False)
    assert rules_of(here.pk) == (SMS,)


def test_the_policy_is_as_it_was_set(here):
    MessagePolicy.objects.create(
        location=here,
        short_name="Quay",
        quiet_from=time(22, 30),
        quiet_until=time(7, 15),
        texts_a_day=3,
        near_places=4,
    )
    MessagePolicy.objects.create(location=LocationFactory(), short_name="Elsewhere")
    policy = policy_of(here.pk)
    assert (policy.short_name, policy.quiet_from, policy.quiet_until) == ("Quay", time(22, 30), time(7, 15))
    assert (policy.texts_a_day, policy.near_places) == (3, 4)
    assert policy == MessagePolicy.objects.get(location=here)


def test_rules_and_policy_are_one_query_and_those_of_many_places_are_two(here):
    rule(here, EMAIL)
    rule(None, SMS)
    MessagePolicy.objects.create(location=here, texts_a_day=2)
    there = LocationFactory()
    with CaptureQueriesContext(connection) as queries:
        one = setup_of(here.pk)
    assert len(queries) == 1
    with CaptureQueriesContext(connection) as queries:
        many = setups_of([here.pk, there.pk])
    assert len(queries) == 2
    assert (one.rules, one.policy.texts_a_day) == ((EMAIL,), 2)
    assert (many[here.pk].rules, many[here.pk].policy.texts_a_day) == ((EMAIL,), 2)
    assert (many[there.pk].rules, many[there.pk].policy.texts_a_day) == ((SMS,), 1)


def test_the_defaults_are_written_down_once(here):
    assert write_down_defaults(actor=CLINIC) == len(DEFAULT_RULES)
    assert write_down_defaults(actor=CLINIC) == 0
    assert set(rules_of(here.pk)) == set(DEFAULT_RULES)
    assert AuditEntry.objects.filter(verb="message_rules.write_down").count() == len(DEFAULT_RULES)


def test_rules_of_its_own_begin_as_what_has_held_there(here):
    rule(None, SMS)
    rule(None, EMAIL, is_active=False)
    assert write_down_defaults(actor=CLINIC, location_id=here.pk) == 1
    assert list(MessageRule.objects.filter(location=here).values_list("kind", "channel")) == [SMS[:2]]
