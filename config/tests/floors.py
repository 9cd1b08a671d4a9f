"""Reads the house's plan out of its imports: who imports whom, and which of that the plan forbids.

    config  >  notifications, kiosk  >  queueing, payments  >  scheduling  >  accounts

Only imports count, wherever they stand in a file: under TYPE_CHECKING and inside functions too.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

FLOORS = {
    "accounts": 0,
    "scheduling": 1,
    "queueing": 2,
    "payments": 2,
    "kiosk": 3,
    "notifications": 4,
    "config": 5,
}
NEVER_IMPORTED = ("config", "notifications", "kiosk")

PAGES = ("views", "forms", "admin", "api", "urls")
SOCKETS = (
    "live",
    "live_board",
    "live_events",
    "live_tokens",
    "sockets",
    "token_sockets",
    "event_sockets",
    "routing",
)
INTERFACES = (*PAGES, *SOCKETS, "tasks", "management", "receivers")
FORBIDDEN_ROOMS = {
    "errors": ("selectors", "services", "rules", *INTERFACES),
    "signals": ("models", "selectors", "services", "rules", *INTERFACES),
    "models": ("services", "selectors", "rules", *INTERFACES),
    "selectors": ("services", *INTERFACES),
    "rules": ("services", *INTERFACES),
    "services": INTERFACES,
    "forms": ("views", "admin", "api", "urls", "management"),
    "reports": ("services", *INTERFACES),
    "texts": ("services", *INTERFACES),
    # The API knows tokens, which open sockets as well; pages and what they write are no business of a socket.
    **dict.fromkeys(SOCKETS, ("views", "forms", "admin", "urls", "services")),
}
"""Inside one app: the room on the left imports none of the rooms on the right."""

OUTSIDE_THE_PLAN = ("tests", "migrations")


@dataclass(frozen=True, order=True, slots=True)
class Arrow:
    """One import of ours by ours, as dotted modules."""

    source: str
    target: str
    line: int

    @property
    def apps(self) -> tuple[str, str]:
        """The apps at both ends."""
        return self.source.partition(".")[0], self.target.partition(".")[0]

    @property
    def rooms(self) -> tuple[str, str]:
        """The rooms at both ends; empty for an app itself."""
        return _room(self.source), _room(self.target)

    def __str__(self) -> str:
        return f"{self.source}:{self.line} imports {self.target}"


def _room(module: str) -> str:
    return [*module.split("."), ""][1]


def arrows_of(top: Path, apps: Iterable[str] = tuple(FLOORS)) -> list[Arrow]:
    """Every import between modules of `apps` under `top`, without tests and migrations."""
    found: list[Arrow] = []
    for app in apps:
        for path in sorted((top / app).rglob("*.py")):
            parts = path.relative_to(top).with_suffix("").parts
            if not set(parts) & set(OUTSIDE_THE_PLAN):
                module = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
                package = ".".join(parts[:-1])
                found += _arrows_in(path.read_text(), module=module, package=package)
    return found


def _arrows_in(source: str, *, module: str, package: str) -> Iterator[Arrow]:
    for node in ast.walk(ast.parse(source)):
        for target in _targets(node, package):
            if target.partition(".")[0] in FLOORS:
                yield Arrow(module, target, node.lineno)  # type: ignore[attr-defined]


def _targets(node: ast.AST, package: str) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if not isinstance(node, ast.ImportFrom):
        return []
    base = node.module or ""
    if node.level:
        above = package.split(".")[: len(package.split(".")) - node.level + 1]
        base = ".".join([*above, *([base] if base else [])])
    # `from scheduling import services` names a room after the import; `from scheduling.services import x` before it.
    return [f"{base}.{alias.name}" for alias in node.names] if "." not in base else [base]


def running_up(arrows: Iterable[Arrow]) -> list[Arrow]:
    """Arrows from one app to another that is not on a lower floor."""
    return sorted(arrow for arrow in arrows if _climbs(*arrow.apps))


def _climbs(source: str, target: str) -> bool:
    return source != target and FLOORS[source] <= FLOORS[target]


def into_the_roof(arrows: Iterable[Arrow]) -> list[Arrow]:
    """Arrows to apps that nobody imports. The roof alone may name the others, to hang them up."""
    return sorted(
        arrow for arrow in arrows if arrow.apps[1] in NEVER_IMPORTED and arrow.apps[0] not in (arrow.apps[1], "config")
    )


def circle_between_apps(arrows: Iterable[Arrow]) -> list[str]:
    """Apps that import each other in a circle, in order; empty when there is none."""
    graph: dict[str, set[str]] = {}
    for arrow in arrows:
        source, target = arrow.apps
        if source != target:
            graph.setdefault(source, set()).add(target)
    try:
        tuple(TopologicalSorter(graph).static_order())
    except CycleError as error:
        return list(error.args[1])
    return []


def into_the_wrong_room(arrows: Iterable[Arrow]) -> list[Arrow]:
    """Arrows inside an app that the plan of its rooms forbids."""
    return sorted(
        arrow
        for arrow in arrows
        if arrow.apps[0] == arrow.apps[1] and arrow.rooms[1] in FORBIDDEN_ROOMS.get(arrow.rooms[0], ())
    )


def out_of_states(arrows: Iterable[Arrow]) -> list[Arrow]:
    """Arrows that start in `states`, which imports nothing of ours."""
    return sorted(arrow for arrow in arrows if arrow.rooms[0] == "states")
