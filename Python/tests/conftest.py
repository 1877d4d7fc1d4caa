from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from support import REPOSITORY, SCHEMA, fresh_code

from p2p_copy import Relay, _process
from p2p_copy.events import Event, parse_event


@pytest.fixture(scope="session", autouse=True)
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """An environment that says nothing of p2p-copy but which binary it is, and no configuration of the user's."""
    keep = {"P2P_COPY_BINARY", "P2P_COPY_ORIGINAL_PYTHON"}
    with pytest.MonkeyPatch.context() as patch:
        for name in os.environ:
            if (name.startswith("P2P_COPY_") and name not in keep) or name.lower().endswith("_proxy"):
                patch.delenv(name)
        home = tmp_path_factory.mktemp("home")
        patch.setenv("HOME", str(home))
        patch.setenv("XDG_CONFIG_HOME", str(home))
        built = REPOSITORY / ".build" / "release" / "p2p-copy"
        if "P2P_COPY_BINARY" not in os.environ and built.exists():
            patch.setenv("P2P_COPY_BINARY", str(built))
        yield


@pytest.fixture(scope="session")
def relay(environment: None) -> Iterator[str]:
    """The address of a relay that all tests share: they have codes of their own."""
    with Relay() as relay:
        yield relay.url


@pytest.fixture
def code() -> str:
    return fresh_code()


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """A directory to receive into, which is not there yet."""
    return tmp_path / "out"


class Recorder:
    """Every line that a binary printed, compared with the schema as it came."""

    def __init__(self) -> None:
        schema = json.loads(SCHEMA.read_text())
        self.validators = {
            name: Draft202012Validator({**definition, "$defs": schema["$defs"]})
            for name, definition in schema["$defs"].items()
        }
        self.lines: list[tuple[dict[str, Any], Event]] = []

    def parse(self, line: bytes) -> Event:
        fields = json.loads(line)
        # An event that the schema does not have is a failure as well.
        self.validators[fields["event"]].validate(fields)
        event = parse_event(line)
        self.lines.append((fields, event))
        return event


@pytest.fixture(autouse=True)
def recorder(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Recorder | None:
    """Compares every line with the schema, in every test but those with a binary that is none."""
    if request.node.get_closest_marker("fake_binary") is not None:
        return None
    recorder = Recorder()
    monkeypatch.setattr(_process, "parse_event", recorder.parse)
    return recorder


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "fake_binary: the binary is a script of the test's")
