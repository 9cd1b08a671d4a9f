"""What must be in the database before a desk calls: people who wait, and a manager who has signed in."""

from __future__ import annotations

from datetime import date
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

from accounts.actors import system
from accounts.models import User
from config.bench.preparation import csrf_pair
from queueing.models import Queue
from queueing.services.check_in import register_and_join
from queueing.services.queues import set_doctor_status
from scheduling.demo.cast import MAIN
from scheduling.models import Doctor, Location
from scheduling.services.booking import VisitDetails
from scheduling.services.patients import PatientDetails
from scheduling.states import AppointmentType

BORN = date(1980, 1, 1)
BACKEND = settings.AUTHENTICATION_BACKENDS[1]
ACTOR = system("bench")


def prepare_hall(doctors: int, waiting: int) -> dict[str, Any]:
    """So many doctors with so many who wait for each, and the cookies and form field of a browser at the desk."""
    location = Location.objects.get(slug=MAIN)
    found = list(Doctor.objects.filter(locations=location, is_active=True).order_by("pk")[:doctors])
    queues = [(doctor.pk, _fill(doctor, location, waiting)) for doctor in found]
    csrf_cookie, csrf_field = csrf_pair()
    jar = {settings.CSRF_COOKIE_NAME: csrf_cookie, settings.SESSION_COOKIE_NAME: _signed_in()}
    cookies = "; ".join(f"{name}={value}" for name, value in jar.items())
    return {"slug": location.slug, "queues": queues, "cookies": cookies, "csrf": csrf_field}


def _fill(doctor: Doctor, location: Location, waiting: int) -> int:
    """Let people join a doctor's queue; its key."""
    for number in range(waiting):
        name = f"Bench{doctor.pk}x{number}"
        register_and_join(
            doctor_id=doctor.pk,
            location_id=location.pk,
            patient=PatientDetails(
                first_name=name,
                last_name="Waits",
                date_of_birth=BORN,
                email=f"{name}@example.org",
            ),
            visit=VisitDetails(type=AppointmentType.WALK_IN),
            actor=ACTOR,
            operation="",
        )
    queue = Queue.objects.filter(doctor=doctor, location=location).latest("day")
    set_doctor_status(queue_id=queue.pk, status="on_time", actor=ACTOR)
    return queue.pk


def _signed_in() -> str:
    """The session of a manager."""
    manager = User.objects.get(email="manager@demo.example")
    store = import_module(settings.SESSION_ENGINE).SessionStore()
    store[SESSION_KEY] = str(manager.pk)
    store[BACKEND_SESSION_KEY] = BACKEND
    store[HASH_SESSION_KEY] = manager.get_session_auth_hash()
    store.save()
    return str(store.session_key)
