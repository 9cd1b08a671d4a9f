"""Staff at their desks, for tests of the back office."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from accounts.roles import Role
from scheduling.models import Appointment, Location, StaffAssignment
from scheduling.tests.factories import UserFactory


def staff(role: Role, *locations: Location) -> Client:
    """Somebody with a role, assigned to these locations and signed in."""
    user = UserFactory.create(is_staff=True)
    user.groups.add(Group.objects.get_or_create(name=role)[0])
    if locations:
        StaffAssignment.objects.create(user=user).locations.set(locations)
    client = Client()
    client.force_login(user)
    return client


def run_action(client: Client, name: str, *appointments: Any, confirmed: bool = True, **more: Any) -> str:
    """Run an action of a list on these rows; the page that comes back."""
    opts = appointments[0]._meta
    data = {"action": name, "_selected_action": [row.pk for row in appointments], **more}
    if confirmed:
        data["confirmed"] = "yes"
    response = client.post(reverse(f"admin:{opts.app_label}_{opts.model_name}_changelist"), data)
    assert response.status_code == 200, response
    return response.content.decode()


def page_of(appointment: Appointment) -> str:
    """The address of an appointment's page in the back office."""
    return reverse("admin:scheduling_appointment_change", args=[appointment.pk])
