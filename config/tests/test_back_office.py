"""The roof over the back office: its policy, its clock, its first page."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.roles import Role
from notifications.states import ChannelName
from notifications.tests.factories import message
from scheduling.tests.back_office import staff
from scheduling.tests.factories import LocationFactory, SlotFactory, book

pytestmark = pytest.mark.django_db
UNSAFE = ("'unsafe-eval'", "'unsafe-inline'")


def policy(client: Client, url: str) -> str:
    """What browsers are told about scripts and styles on this page."""
    return client.get(url).headers["Content-Security-Policy"]


def test_the_loose_policy_is_for_the_back_office_and_nowhere_else() -> None:
    client = staff(Role.MANAGER)
    for name in ("admin:index", "admin:scheduling_patient_changelist", "scheduling_admin:calendar"):
        assert all(word in policy(client, reverse(name)) for word in UNSAFE)
    for url in (reverse("scheduling:home"), reverse("account_login"), "/administration/"):
        assert not any(word in policy(client, url) for word in UNSAFE)


def test_scripts_in_pages_stay_forbidden_in_the_back_office() -> None:
    scripts = next(
        part for part in policy(staff(Role.MANAGER), reverse("admin:index")).split(";") if "script-src" in part
    )
    assert "'unsafe-inline'" not in scripts


def test_the_first_page_counts_what_one_may_see_and_leads_to_it() -> None:
    visit = book()
    here = staff(Role.RECEPTION, visit.location).get(reverse("admin:index"))
    elsewhere = staff(Role.RECEPTION, LocationFactory.create()).get(reverse("admin:index"))
    links = [card.link for card in here.context["cards"] if card.link]
    client = staff(Role.MANAGER)
    assert links
    assert all(client.get(link).status_code == 200 for link in links)
    assert elsewhere.context["next_visits"] == []


def test_the_first_page_offers_booking_to_those_who_may_and_reads_the_clock_of_each_place() -> None:
    place = LocationFactory.create(time_zone="Asia/Kolkata")
    book_link = reverse("scheduling_admin:book")
    assert book_link in staff(Role.RECEPTION, place).get(reverse("admin:index")).content.decode()
    assert book_link not in staff(Role.DOCTOR, place).get(reverse("admin:index")).content.decode()
    with time_machine.travel("2026-08-06 05:00+00:00", tick=False):
        book(SlotFactory.create(location=place, starts_at=timezone.now() + timedelta(hours=1)))
        assert "<td>11:30</td>" in staff(Role.MANAGER).get(reverse("admin:index")).content.decode()


def test_the_menu_leaves_out_what_one_may_not_see() -> None:
    reception = staff(Role.RECEPTION, LocationFactory.create()).get(reverse("admin:index")).content.decode()
    manager = staff(Role.MANAGER).get(reverse("admin:index")).content.decode()
    audit = reverse("admin:accounts_auditentry_changelist")
    assert audit not in reception
    assert audit in manager


def test_days_are_those_of_the_persons_own_clock() -> None:
    location = LocationFactory.create(time_zone="Pacific/Auckland")
    page = staff(Role.RECEPTION, location).get(reverse("admin:scheduling_appointment_changelist"))
    assert page.status_code == 200
    assert (
        'data-admin-utc-offset="46800"' in page.content.decode()
        or 'data-admin-utc-offset="43200"' in page.content.decode()
    )


def test_the_first_page_names_messages_that_wait_and_the_gateway_that_does_not_answer() -> None:
    for turn in range(2):
        message(channel=ChannelName.SMS, due_at=timezone.now() - timedelta(minutes=2), attempts=turn + 1, error="503")
    manager = staff(Role.MANAGER)
    card = next(
        card for card in manager.get(reverse("admin:index")).context["cards"] if card.title == "Messages overdue"
    )
    assert (card.figure, card.warns) == (2, True)
    assert "SMS" in card.note
    assert manager.get(card.link).context["cl"].queryset.filter(channel=ChannelName.SMS).count() == 2
