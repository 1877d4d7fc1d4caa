from __future__ import annotations

import asyncio
import json
import os
import time
from pathlib import Path

import pytest
from support import is_running, open_descriptors, run_python, script, until

import p2p_copy
from p2p_copy import BinaryNotFound, InternalError, P2PCopyError, VersionMismatch, _binary, receive_bytes, receive_files

FIRST = {"schema": 1, "event": "command", "time": "2026-11-23T03:13:11.042Z", "command": "receive"}
COMMAND = f"echo '{json.dumps({**FIRST, 'version': p2p_copy.__version__})}'\n"


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "fake"
    monkeypatch.setenv("P2P_COPY_BINARY", str(path))
    return path


@pytest.fixture
def bundled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the binary of the package would lie; nothing names another one."""
    package = tmp_path / "package"
    (package / "bin").mkdir(parents=True)
    monkeypatch.setattr(_binary, "__file__", str(package / "_binary.py"))
    monkeypatch.delenv("P2P_COPY_BINARY")
    return package / "bin" / "p2p-copy"


def test_the_variable_comes_first(tmp_path: Path, bundled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script(bundled, "")
    named = script(tmp_path / "named", "")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("P2P_COPY_BINARY", "named")
    assert _binary.find_binary() == str(named)
    named.chmod(0o644)
    with pytest.raises(BinaryNotFound, match="'named'"):
        _binary.find_binary()
    monkeypatch.setenv("P2P_COPY_BINARY", "")
    assert _binary.find_binary() == str(bundled)


def test_path_comes_last_and_commands_of_python_are_passed_over(
    tmp_path: Path, bundled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, text in (("one", "#!/opt/venv/bin/python3\n"), ("two", "#!/bin/sh\n'''exec' /opt/python \"$0\"\n")):
        (tmp_path / name).mkdir()
        command = tmp_path / name / "p2p-copy"
        command.write_text(text)
        command.chmod(0o755)
    (tmp_path / "three").mkdir()
    monkeypatch.setenv("PATH", os.pathsep.join(str(tmp_path / name) for name in ("one", "two", "three")))
    with pytest.raises(BinaryNotFound, match="P2P_COPY_BINARY"):
        _binary.find_binary()
    found = script(tmp_path / "three" / "p2p-copy", "")
    assert _binary.find_binary() == str(found)


@pytest.mark.fake_binary
async def test_another_version_is_an_error_that_says_so(fake: Path, tmp_path: Path) -> None:
    script(fake, COMMAND.replace(p2p_copy.__version__, "9.8.7") + "exec sleep 60")
    transfer = receive_files(tmp_path, relay="ws://localhost:1", code="x")
    begin = time.monotonic()
    with pytest.raises(VersionMismatch) as caught:
        await transfer
    assert time.monotonic() - begin < 5
    assert (caught.value.found, caught.value.path) == ("9.8.7", str(fake))
    for part in ("9.8.7", p2p_copy.__version__, str(fake)):
        assert part in str(caught.value)
    assert not is_running(transfer.pid)
    with pytest.raises(VersionMismatch):
        await p2p_copy.receive("ws://localhost:1", "x", out=str(tmp_path))


@pytest.mark.fake_binary
async def test_another_version_that_does_not_know_an_option_is_the_same_error(fake: Path, tmp_path: Path) -> None:
    error = '{"schema":1,"event":"error","time":"2026-11-23T03:13:11.042Z","code":"usage","status":2,"message":"what?"}'
    script(fake, f"if [ \"$1\" = --version ]; then echo 9.8.7; exit; fi\necho '{error}'\nexit 2")
    with pytest.raises(VersionMismatch, match=r"9\.8\.7"):
        await receive_files(tmp_path, relay="ws://localhost:1", code="x")
    script(fake, f"if [ \"$1\" = --version ]; then echo {p2p_copy.__version__}; exit; fi\necho '{error}'\nexit 2")
    with pytest.raises(p2p_copy.UsageError, match=r"what\?"):
        await receive_files(tmp_path, relay="ws://localhost:1", code="x")


@pytest.mark.fake_binary
@pytest.mark.parametrize("knows_version", [False, True])
async def test_a_binary_that_is_too_old_for_json(fake: Path, tmp_path: Path, knows_version: bool) -> None:
    answer = "echo 0.1.2; exit" if knows_version else "exit 2"
    script(fake, f'if [ "$1" = --version ]; then {answer}; fi\necho "No such option: --json" >&2\nexit 2')
    with pytest.raises(VersionMismatch) as caught:
        await p2p_copy.make_code()
    assert caught.value.found == ("0.1.2" if knows_version else None)


@pytest.mark.fake_binary
async def test_bytes_are_received_from_the_right_version_only(fake: Path) -> None:
    script(fake, 'if [ "$1" = --version ]; then echo 9.8.7; exit; fi\necho content')
    with pytest.raises(VersionMismatch):
        await receive_bytes(max_bytes=100, relay="ws://localhost:1", code="x")


@pytest.mark.fake_binary
async def test_a_binary_that_dies_is_an_internal_error_with_what_it_said(fake: Path, tmp_path: Path) -> None:
    before = open_descriptors()
    script(fake, f"{COMMAND}echo 'Fatal error: index out of range' >&2\nkill -ILL $$")
    with pytest.raises(InternalError, match="SIGILL") as caught:
        await receive_files(tmp_path, relay="ws://localhost:1", code="x")
    assert caught.value.output == "Fatal error: index out of range"
    script(fake, f"{COMMAND}echo 'nothing good' >&2\nexit 99")
    with pytest.raises(InternalError, match="ended with status 99 and said 'nothing good'"):
        await receive_files(tmp_path, relay="ws://localhost:1", code="x")
    script(fake, f"{COMMAND}exit 8")
    with pytest.raises(p2p_copy.WrongCode, match="ended with status 8 and said nothing"):
        await receive_files(tmp_path, relay="ws://localhost:1", code="x")
    script(fake, COMMAND)
    with pytest.raises(InternalError, match="no summary"):
        await receive_files(tmp_path, relay="ws://localhost:1", code="x")
    await until(lambda: open_descriptors() <= before)


@pytest.mark.fake_binary
@pytest.mark.parametrize("line", ["Hello", '{"schema":1}', '{"schema":2,"event":"paired"}'])
async def test_what_is_no_event_ends_the_transfer(fake: Path, tmp_path: Path, line: str) -> None:
    script(fake, f"{COMMAND}echo '{line}'\nexec sleep 60")
    with pytest.raises(InternalError, match="no event"):
        await receive_files(tmp_path, relay="ws://localhost:1", code="x")


@pytest.mark.fake_binary
async def test_a_code_that_is_not_known_is_the_base_class(fake: Path, tmp_path: Path) -> None:
    error = '{"schema":1,"event":"error","time":"2026-11-23T03:13:11.042Z","code":"new","status":77,"message":"m"}'
    script(fake, f"{COMMAND}echo '{error}'\nexit 77")
    with pytest.raises(P2PCopyError) as caught:
        await receive_files(tmp_path, relay="ws://localhost:1", code="x")
    assert type(caught.value) is P2PCopyError
    assert (caught.value.code, caught.value.status) == ("new", 77)


@pytest.mark.fake_binary
async def test_a_binary_that_ignores_signals_is_killed(
    fake: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("p2p_copy._process.GRACE", 0.2)
    monkeypatch.setattr(p2p_copy._process.BinaryProcess.end, "__defaults__", (2, 0.2))
    monkeypatch.setattr("p2p_copy._process.SECOND_GRACE", 0.2)
    script(fake, f"trap '' INT TERM\n{COMMAND}while :; do sleep 0.1; done")
    transfer = receive_files(tmp_path, relay="ws://localhost:1", code="x")
    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(transfer.run(), 0.3)
    assert not is_running(transfer.pid)


@pytest.mark.fake_binary
async def test_lines_of_every_length_are_read(fake: Path, tmp_path: Path) -> None:
    text = "x" * 300_000
    notice = f'{{"schema":1,"event":"notice","time":"2026-11-23T03:13:11.042Z","message":"{text}"}}'
    (tmp_path / "lines").write_text(f"{notice}\n{notice}")
    script(fake, f"{COMMAND}cat '{tmp_path}/lines'")
    async with receive_files(tmp_path, relay="ws://localhost:1", code="x") as transfer:
        seen = [await transfer.__anext__() for _ in range(3)]
        with pytest.raises(InternalError, match="no summary"):
            await transfer.result()
    assert [getattr(event, "message", "") for event in seen] == ["", text, text]


@pytest.mark.fake_binary
async def test_much_on_standard_error_does_not_block(fake: Path, tmp_path: Path) -> None:
    script(fake, f"{COMMAND}dd if=/dev/zero bs=1024 count=1000 2>/dev/null | tr '\\0' e >&2\necho end >&2\nexit 1")
    with pytest.raises(InternalError) as caught:
        await receive_files(tmp_path, relay="ws://localhost:1", code="x")
    assert caught.value.output.endswith("eend")
    assert len(caught.value.output) <= 1 << 14


def test_the_command_becomes_the_binary(tmp_path: Path) -> None:
    result = run_python("-m", "p2p_copy", "--version")
    assert result.returncode == 0
    assert result.stdout.split()[0] == p2p_copy.__version__
    result = run_python("-m", "p2p_copy", "code", "--json", "extra")
    assert result.returncode == 2


def test_the_command_without_a_binary_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("P2P_COPY_BINARY", "/nowhere/p2p-copy")
    result = run_python("-m", "p2p_copy", "--version")
    assert result.returncode == 1
    assert result.stderr.startswith("p2p-copy: P2P_COPY_BINARY names")
