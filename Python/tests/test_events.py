from __future__ import annotations

import asyncio
import dataclasses
import json
import os
import signal
from collections.abc import Mapping
from datetime import datetime, timezone
from pathlib import Path, PurePath, PurePosixPath
from typing import Any

import pytest
from conftest import Recorder
from support import SCHEMA, both, fresh_code, make_tree, open_descriptors, random_bytes, until

import p2p_copy
from p2p_copy import ReceiveOptions, Relay, SendOptions, events, receive_files, send_bytes, send_files
from p2p_copy.events import EVENTS, Event, UnknownEvent, parse_event

TIME = "2026-11-23T03:13:11.042Z"


def definitions() -> dict[str, Any]:
    definitions = json.loads(SCHEMA.read_text())["$defs"]
    assert isinstance(definitions, dict)
    return definitions


def fields_of(kind: Any) -> dict[str, bool]:
    """Return the fields of a class, and which of them are always there."""
    return {
        field.name: field.default is dataclasses.MISSING and not str(field.type).endswith("| None")
        for field in dataclasses.fields(kind)
    }


@pytest.mark.parametrize("name", definitions())
def test_every_event_of_the_schema_has_a_class_with_its_fields(name: str) -> None:
    definition = definitions()[name]
    required = set(definition["required"])
    for choice in definition.get("allOf", []):
        required |= set(choice["oneOf"][0]["required"])
    expected = {
        field: field in required
        for field in definition["properties"]
        if field not in ("schema", "event") and not field.endswith("_hex")
    }
    if name == "status":
        # It is always there, and may be null.
        expected["journal"] = False
    assert fields_of(EVENTS[name]) == expected


def as_json(value: Any) -> Any:
    """Return what a value of an event's is in JSON, names apart."""
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if isinstance(value, tuple):
        return [as_json(element) for element in value]
    if dataclasses.is_dataclass(value):
        return fields_as_json(value)
    return value


def fields_as_json(value: Any) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for field in dataclasses.fields(value):
        content = getattr(value, field.name)
        if isinstance(content, PurePath):
            try:
                fields[field.name] = os.fsencode(content).decode("utf-8")
            except UnicodeDecodeError:
                fields[f"{field.name}_hex"] = os.fsencode(content).hex()
        elif content is not None and content != ():
            fields[field.name] = as_json(content)
    return fields


def without_empty(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None and value != []}


def check_that_nothing_is_lost(recorder: Recorder) -> None:
    for line, event in recorder.lines:
        assert without_empty(fields_as_json(event)) == without_empty(
            {name: value for name, value in line.items() if name not in ("schema", "event")}
        ), line


async def test_real_runs_have_events_that_fit_the_schema_and_lose_nothing(
    tmp_path: Path, out: Path, recorder: Recorder
) -> None:
    source = make_tree(
        tmp_path / "results",
        {"a.txt": b"new", "same.bin": random_bytes(2_000_000), "skip.txt": b"new", os.fsdecode(b"caf\xe9"): b"x"},
    )
    (source / "link").symlink_to(os.fsdecode(b"nowhere\xff"))
    os.mkfifo(source / "pipe")
    receipt = tmp_path / "receipt.json"
    async with Relay() as relay:
        for policy in ("skip", "rename", "fail"):
            make_tree(out, {"results/a.txt": b"old", "results/same.bin": (source / "same.bin").read_bytes()})
            code = fresh_code()
            await asyncio.gather(
                send_files(source, relay=relay.url, code=code),
                receive_files(
                    out,
                    relay=relay.url,
                    code=code,
                    options=ReceiveOptions(on_conflict=policy, receipt=receipt),
                ),
                return_exceptions=True,
            )
        code = await p2p_copy.make_code()
        await both(
            p2p_copy.send(relay.url, code, [str(source / "a.txt")], encrypt=True),
            p2p_copy.receive(relay.url, code, encrypt=True, out=str(out)),
        )
        async with send_files(source) as transfer:
            invitation = await transfer.first(events.Code)
            await receive_files(tmp_path / "other", relay=invitation.relays, code=invitation.code)
    await p2p_copy.list_files(source)
    (tmp_path / "other" / "results" / "skip.txt").write_bytes(b"changed")
    verification = await p2p_copy.verify(tmp_path / "other", receipt)
    assert not verification.is_match
    make_tree(out, {f".{'x' * 200}.p2p-copy-partial": b"part"})
    await p2p_copy.status(out)
    await p2p_copy.clean(out)
    await p2p_copy.codecs()
    await p2p_copy.settings()

    seen = {event.event for _, event in recorder.lines}
    assert seen >= {
        "command", "code", "waiting", "paired", "negotiated", "started", "checking", "progress", "entry_started",
        "entry_finished", "entry_skipped", "entry_renamed", "entry_failed", "notice", "summary", "entry_listed",
        "listed", "difference", "verified", "status", "removed", "cleaned", "codec", "setting", "listening",
        "error",
    }  # fmt: skip
    check_that_nothing_is_lost(recorder)


async def test_a_lost_relay_is_told_and_made_up_for(tmp_path: Path, out: Path, code: str, recorder: Recorder) -> None:
    path = tmp_path / "slow.bin"
    path.write_bytes(random_bytes(3 << 20))
    options = SendOptions(limit_rate=2 << 20)
    async with Relay() as relay:
        url = relay.url
        port = int(url.rsplit(":", 1)[1])
        receiving = asyncio.ensure_future(receive_files(out, relay=url, code=code).run())
        transfer = send_files(path, relay=url, code=code, options=options)
        await transfer.__aenter__()
        await transfer.first(events.EntryStarted)
    async with Relay(port=port):
        reconnected = await transfer.first(events.Reconnected)
        await both(transfer.__aexit__(None, None, None), receiving)
    assert reconnected.after_ms > 0
    assert (out / path.name).read_bytes() == path.read_bytes()
    assert {event.event for _, event in recorder.lines} >= {"reconnecting", "reconnected"}
    check_that_nothing_is_lost(recorder)


async def test_a_process_that_died_is_started_again(
    relay: str, tmp_path: Path, out: Path, code: str, recorder: Recorder
) -> None:
    """Also a file that changes meanwhile, which comes once more."""
    path = tmp_path / "slow.bin"
    path.write_bytes(random_bytes(12 << 20))
    options = SendOptions(limit_rate=6 << 20)
    async with send_files(path, relay=relay, code=code, options=options) as transfer:
        with pytest.raises(p2p_copy.InternalError, match="SIGKILL"):
            async with receive_files(out, relay=relay, code=code) as dying:
                await dying.first(events.EntryStarted)
                os.kill(dying.pid, signal.SIGKILL)
        receiving = asyncio.ensure_future(receive_files(out, relay=relay, code=code).run())
        await transfer.first(events.PeerRestarted)
        path.write_bytes(random_bytes(12 << 20, 2))
        await transfer.first(events.Retried)
        await transfer.result()
        await receiving
    assert (out / path.name).read_bytes() == random_bytes(12 << 20, 2)
    check_that_nothing_is_lost(recorder)


def test_unknown_events_and_fields_are_passed_over() -> None:
    event = parse_event(json.dumps({"schema": 1, "event": "invented", "time": TIME, "new": [1]}))
    assert isinstance(event, UnknownEvent)
    assert event.event_name == "invented"
    assert event.fields["new"] == [1]
    paired = parse_event(json.dumps({"schema": 1, "event": "paired", "time": TIME, "new": {}}))
    assert paired == events.Paired(datetime(2026, 11, 23, 3, 13, 11, 42000, tzinfo=timezone.utc))


@pytest.mark.parametrize(
    "line",
    [
        "no JSON",
        "[]",
        "{}",
        json.dumps({"schema": 2, "event": "paired", "time": TIME}),
        json.dumps({"schema": 1, "event": "paired"}),
        json.dumps({"schema": 1, "event": "paired", "time": "noon"}),
        json.dumps({"schema": 1, "event": "started", "time": TIME, "files": 1}),
        json.dumps({"schema": 1, "event": "started", "time": TIME, "files": "1", "bytes": 1}),
        json.dumps({"schema": 1, "event": "started", "time": TIME, "files": True, "bytes": 1}),
        json.dumps({"schema": 1, "event": "checking", "time": TIME}),
        json.dumps({"schema": 1, "event": "checking", "time": TIME, "path_hex": "zz"}),
        json.dumps({"schema": 1, "event": ["paired"], "time": TIME}),
    ],
)
def test_what_is_no_event_is_an_error(line: str) -> None:
    with pytest.raises(ValueError):
        parse_event(line)


def test_events_cannot_be_changed() -> None:
    event = parse_event(json.dumps({"schema": 1, "event": "checking", "time": TIME, "path_hex": "ff2f61"}))
    assert isinstance(event, events.Checking)
    assert event.path == PurePosixPath("\udcff/a")
    with pytest.raises(dataclasses.FrozenInstanceError):
        event.path = PurePosixPath("b")  # type: ignore[misc]


@pytest.mark.parametrize(
    ("known", "count", "total", "files", "fraction"),
    [(False, 1, 4, 0, None), (True, 1, 4, 0, 0.25), (True, 0, 0, 0, 0.0), (True, 0, 0, 2, 1.0), (True, 5, 4, 2, 1.0)],
)
def test_fraction(known: bool, count: int, total: int, files: int, fraction: float | None) -> None:
    progress = p2p_copy.Progress(
        datetime.now(timezone.utc),
        bytes=count,
        transferred_bytes=count,
        files=files,
        is_total_known=known,
        total_bytes=total,
        total_files=2,
    )
    assert progress.fraction == fraction


async def test_nothing_stays_open(relay: str, tmp_path: Path, out: Path) -> None:
    before = open_descriptors()
    for _ in range(3):
        code = fresh_code()
        await both(
            send_bytes(b"a", "a", relay=relay, code=code),
            receive_files(out, relay=relay, code=code, options=ReceiveOptions(on_conflict="overwrite")),
        )
    await until(lambda: open_descriptors() <= before)


def test_every_event_is_one_of_the_base_class() -> None:
    assert all(issubclass(kind, Event) and kind.event == name for name, kind in EVENTS.items())
