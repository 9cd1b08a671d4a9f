"""`manage.py check_invariants` is quiet about a sound database and explains a drifted one."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db.models import F

from scheduling.models import Slot

pytestmark = pytest.mark.django_db


def check_invariants() -> str:
    """Run the command and return what it printed."""
    output = StringIO()
    call_command("check_invariants", stdout=output)
    return output.getvalue()


def test_an_empty_database_is_sound():
    assert "Every invariant holds" in check_invariants()


def test_the_demo_clinic_is_sound():
    call_command("demo", "--edge-cases", stdout=StringIO())
    assert "Every invariant holds" in check_invariants()


def test_a_slot_that_was_miscounted_is_named():
    call_command("demo", stdout=StringIO())
    slot = Slot.objects.filter(taken=F("capacity")).first()
    assert slot is not None
    Slot.objects.filter(pk=slot.pk).update(taken=F("taken") - 1)
    output = StringIO()
    with pytest.raises(CommandError, match="1 finding"):
        call_command("check_invariants", stdout=output)
    assert f"slot {slot.pk}" in output.getvalue()


def test_many_findings_are_counted_but_not_all_printed():
    call_command("demo", stdout=StringIO())
    broken = list(Slot.objects.filter(taken__gt=0).values_list("pk", flat=True)[:5])
    Slot.objects.filter(pk__in=broken).update(taken=F("taken") - 1)
    output = StringIO()
    with pytest.raises(CommandError, match="5 findings"):
        call_command("check_invariants", "--most", "2", stdout=output)
    assert "and 3 more" in output.getvalue()
