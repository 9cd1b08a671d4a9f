"""A clinic for the tests that talk to it from outside: a server of its own with the demo in it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from testing.embedded import EmbeddedServer


@pytest.fixture(scope="session")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    """The embedded server as `bin/run` starts it, ready to answer."""
    server = EmbeddedServer(tmp_path_factory.mktemp("clinic"))
    try:
        yield server.wait()
    finally:
        server.stop()
