"""The house is built as planned: imports run downwards, from room to room as the plan allows."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import settings

from config.tests import floors
from config.tests.floors import Arrow


@pytest.fixture(scope="module")
def arrows() -> list[Arrow]:
    return floors.arrows_of(Path(settings.BASE_DIR))


def said(found: list[Arrow]) -> str:
    return "\n".join(str(arrow) for arrow in found)


def test_there_is_something_to_read(arrows):
    assert len(arrows) > 100
    assert {"accounts", "scheduling", "queueing", "config"} <= {arrow.apps[0] for arrow in arrows}


def test_no_arrow_runs_up(arrows):
    assert not floors.running_up(arrows), said(floors.running_up(arrows))


def test_nobody_imports_the_roof(arrows):
    assert not floors.into_the_roof(arrows), said(floors.into_the_roof(arrows))


def test_apps_form_no_circle(arrows):
    assert floors.circle_between_apps(arrows) == []


def test_rooms_are_entered_by_those_who_may(arrows):
    assert not floors.into_the_wrong_room(arrows), said(floors.into_the_wrong_room(arrows))


def test_states_import_nothing_of_ours(arrows):
    assert not floors.out_of_states(arrows), said(floors.out_of_states(arrows))


@pytest.mark.parametrize(
    ("module", "line", "finder"),
    [
        ("accounts/services/doors.py", "from scheduling.models import Slot", floors.running_up),
        ("accounts/services/doors.py", "import scheduling", floors.running_up),
        ("payments/services.py", "from queueing.models import Token", floors.running_up),
        ("queueing/services.py", "def f():\n    from payments import models", floors.running_up),
        ("scheduling/views/home.py", "from config.health import health", floors.into_the_roof),
        ("kiosk/views.py", "from notifications.models import Message", floors.into_the_roof),
        ("scheduling/models/clinic.py", "from scheduling.services import booking", floors.into_the_wrong_room),
        ("scheduling/models/clinic.py", "from .. import selectors", floors.into_the_wrong_room),
        ("scheduling/selectors/slots.py", "from scheduling import services", floors.into_the_wrong_room),
        ("scheduling/services/booking.py", "from scheduling.forms.booking import Form", floors.into_the_wrong_room),
        ("scheduling/states.py", "from accounts.roles import Role", floors.out_of_states),
    ],
)
def test_the_reader_sees_what_the_plan_forbids(tmp_path, module, line, finder):
    path = tmp_path / module
    path.parent.mkdir(parents=True)
    path.write_text(line)
    assert len(finder(floors.arrows_of(tmp_path))) == 1


def test_the_reader_sees_a_circle(tmp_path):
    for module, line in (("accounts/a.py", "import scheduling.b"), ("scheduling/b.py", "import accounts.a")):
        (tmp_path / module).parent.mkdir()
        (tmp_path / module).write_text(line)
    assert set(floors.circle_between_apps(floors.arrows_of(tmp_path))) == {"accounts", "scheduling"}


def test_the_reader_lets_downward_calls_pass(tmp_path):
    (tmp_path / "scheduling/services").mkdir(parents=True)
    (tmp_path / "scheduling/services/booking.py").write_text(
        "from accounts.audit import recorded\n"
        "from scheduling.models import Slot\n"
        "from scheduling.selectors import seats\n"
    )
    found = floors.arrows_of(tmp_path)
    assert len(found) == 3
    for finder in (floors.running_up, floors.into_the_roof, floors.into_the_wrong_room):
        assert finder(found) == []
