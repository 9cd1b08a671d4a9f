"""An appointment as a calendar event: the file to download, and links to calendars on the web.

What leaves the clinic here often ends in calendars that other people can read. So it says when, where and with
whom, and neither why, nor for whom, nor the secret link.
"""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import quote, urlencode

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from icalendar import Calendar, Event

from scheduling.models import Appointment
from scheduling.states import FREEING, AppointmentStatus

PRODUCT = "-//Frontdesk//Appointments//EN"
GOOGLE = "https://calendar.google.com/calendar/render"
OUTLOOK = "https://outlook.live.com/calendar/0/deeplink/compose"


def calendar_file(appointment: Appointment) -> bytes:
    """The appointment as an RFC 5545 file; a moved one keeps its UID, so that calendars move it too.

    Times are in UTC: they name one instant, whatever the clocks do between today and the visit.
    """
    starts_at, ends_at = times_of(appointment)
    event = Event()
    event.add("uid", str(appointment.calendar_uid))
    event.add("sequence", sequence_of(appointment))
    event.add("dtstamp", timezone.now().astimezone(UTC))
    event.add("last-modified", appointment.changed_at.astimezone(UTC))
    event.add("dtstart", starts_at)
    event.add("dtend", ends_at)
    event.add("summary", summary_of(appointment))
    event.add("location", place_of(appointment))
    event.add("description", description_of(appointment))
    event.add("status", _status_of(appointment))
    event.add("class", "PRIVATE")
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add_component(event)
    return calendar.to_ical()


def google_link(appointment: Appointment) -> str:
    """A link that opens the event in Google Calendar, ready to be saved."""
    starts_at, ends_at = times_of(appointment)
    return _link(
        GOOGLE,
        action="TEMPLATE",
        text=summary_of(appointment),
        dates=f"{starts_at:%Y%m%dT%H%M%SZ}/{ends_at:%Y%m%dT%H%M%SZ}",
        location=place_of(appointment),
        details=description_of(appointment),
    )


def outlook_link(appointment: Appointment) -> str:
    """A link that opens the event in Outlook on the web, ready to be saved."""
    starts_at, ends_at = times_of(appointment)
    return _link(
        OUTLOOK,
        path="/calendar/action/compose",
        rru="addevent",
        subject=summary_of(appointment),
        startdt=f"{starts_at:%Y-%m-%dT%H:%M:%SZ}",
        enddt=f"{ends_at:%Y-%m-%dT%H:%M:%SZ}",
        location=place_of(appointment),
        body=description_of(appointment),
    )


def has_times(appointment: Appointment) -> bool:
    """Whether there is a time to put into a calendar; a walk-in has none."""
    return appointment.starts_at is not None and appointment.ends_at is not None


def times_of(appointment: Appointment) -> tuple[datetime, datetime]:
    """Start and end in UTC; raises ValueError for a visit without a time."""
    if appointment.starts_at is None or appointment.ends_at is None:
        raise ValueError("This appointment has no time.")
    return appointment.starts_at.astimezone(UTC), appointment.ends_at.astimezone(UTC)


def sequence_of(appointment: Appointment) -> int:
    """The revision of the event. Each state of it is told apart from the one before by a higher number.

    A move raises `calendar_sequence` itself. Inside one appointment the event changes at most twice, when it is
    confirmed and when it is called off, so each move leaves room for two.
    """
    step = 0 if appointment.status == AppointmentStatus.PENDING else 1
    return appointment.calendar_sequence * 3 + (2 if appointment.status in FREEING else step)


def summary_of(appointment: Appointment) -> str:
    """The event's title."""
    return _("Appointment with %(doctor)s") % {"doctor": _one_line(appointment.doctor.name)}


def place_of(appointment: Appointment) -> str:
    """The clinic, the room and the address, on one line."""
    parts = [appointment.location.name, appointment.doctor.room, *appointment.location.address.splitlines()]
    return ", ".join(_one_line(part) for part in parts if part.strip())


def description_of(appointment: Appointment) -> str:
    """What somebody who opens the event needs: the reference, the phone, and where to change it."""
    lines = [_("Reference: %(number)s") % {"number": appointment.number}]
    if appointment.location.phone:
        phone = appointment.location.phone.as_international
        lines.append(_("Phone: %(phone)s") % {"phone": phone})
    find = settings.BASE_URL + reverse("scheduling:find")
    lines.append(
        _("To change or cancel it, use the link in your confirmation, or go to %(address)s") % {"address": find}
    )
    return "\n".join(lines)


def _status_of(appointment: Appointment) -> str:
    """The event's status in the words of RFC 5545."""
    if appointment.status in FREEING:
        return "CANCELLED"
    return "TENTATIVE" if appointment.status == AppointmentStatus.PENDING else "CONFIRMED"


def _one_line(text: str) -> str:
    """The text without line breaks and control characters, which some calendars stumble over."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


def _link(address: str, **parameters: str) -> str:
    return f"{address}?{urlencode(parameters, quote_via=quote)}"
