"""Every command with --json, against the schema."""

from __future__ import annotations

import json
import os
import signal
import time

from jsonschema import Draft202012Validator

from .support import CODE, Result, Workspace, expect


class Lines:
    """What was seen, checked line by line."""

    def __init__(self, workspace: Workspace):
        self.schema = json.loads((workspace.root / "docs/events.schema.json").read_text())
        self.validators = {
            name: Draft202012Validator({**definition, "$defs": self.schema["$defs"]})
            for name, definition in self.schema["$defs"].items()
        }
        self.whole = Draft202012Validator(self.schema)
        self.seen: dict[str, set[str]] = {}

    def take(self, result: Result, *, ends_with: str | None = None) -> Result:
        expect(result.output.endswith("\n"), f"the last line has no end: {result}")
        events = result.events
        expect(events[0]["event"] == "command", result)
        for event in events:
            errors = list(self.validators[str(event["event"])].iter_errors(event))
            expect(not errors, f"{event}: {[error.message for error in errors]}")
            self.seen.setdefault(str(event["event"]), set()).update(self.fields(event))
        self.whole.validate(events[-1])
        failures = result.named("error")
        expect(bool(failures) == (result.status != 0), result)
        if failures:
            expect(events[-1] is not None and events[-1]["event"] == "error", result)
            expect(failures[0]["status"] == result.status, result)
        if ends_with:
            expect(events[-1]["event"] == ends_with, result)
        return result

    @classmethod
    def fields(cls, value: object, prefix: str = "") -> set[str]:
        found: set[str] = set()
        if isinstance(value, dict):
            for key, inner in value.items():
                found.add(prefix + key)
                found |= cls.fields(inner, f"{prefix}{key}.")
        elif isinstance(value, list):
            for inner in value:
                found |= cls.fields(inner, prefix)
        return found

    def expected(self, definition: dict[str, object], prefix: str = "") -> set[str]:
        found: set[str] = set()
        for name, inner in definition.get("properties", {}).items():  # type: ignore[union-attr]
            found.add(prefix + name)
            for nested in [inner, inner.get("items", {}), *inner.get("oneOf", [])]:
                found |= self.expected(nested, f"{prefix}{name}.")
        return found

    def missing(self) -> list[str]:
        missing = []
        for name, definition in self.schema["$defs"].items():
            for field in sorted(self.expected(definition) - self.seen.get(name, set())):
                missing.append(f"{name}.{field}")
        return missing


def events_and_fields(workspace: Workspace) -> None:
    """each line is valid, and every event and field of the schema is seen"""
    lines = Lines(workspace)
    take = lines.take
    odd = b"src/odd \xff name"
    workspace.tree(large=6_000_000)
    workspace.file(odd, b"odd")
    workspace.file(b"src/odd large \xfe", os.urandom(1_500_000))
    os.symlink("sub/large", workspace.path / "src/link")
    os.symlink(b"\xfd", workspace.path / "src/odd link")

    # Without a transfer.
    take(workspace.run("code", "--json"), ends_with="code")
    take(workspace.run("codecs", "--json"), ends_with="codec")
    configuration = workspace.file(b"config \xff.json", b'{"relays": {"lab": "ws://127.0.0.1:9"}, "wait": 20}')
    take(workspace.run("config", "--json", P2P_COPY_CONFIG=str(configuration), P2P_COPY_RELAY="lab"))
    configuration = workspace.file("config.json", b'{"wait": 20}')
    take(workspace.run("config", "--json", P2P_COPY_CONFIG=str(configuration)))
    os.mkfifo(workspace.path / "src/pipe")
    listed = take(workspace.run("send", "--dry-run", "--json", "src"), ends_with="listed")
    expect(listed.named("notice"), listed)
    os.unlink(workspace.path / "src/pipe")
    take(workspace.run("send", "--json", "missing"), ends_with="error")
    take(workspace.run("send", "--json", "--no-such-option"), ends_with="error")
    take(workspace.run("receive", "--json", "ws://127.0.0.1:9", CODE), ends_with="error")

    # A transfer, again, and again with other content.
    relay = workspace.relay()
    receipt = ["--receipt", "receipt.json", "--out", "out", "--json"]
    for result in workspace.transfer(["--json"], receipt):
        expect(take(result, ends_with="summary").status == 0, result)
    take(workspace.run("verify", "out", "receipt.json", "--json"), ends_with="verified")
    for result in workspace.transfer(["--json"], ["--out", "out", "--json"]):
        expect(take(result, ends_with="summary").named("entry_skipped"), result)
    workspace.file("out/src/small 3", b"other")
    workspace.file(b"out/" + odd, b"oth")
    take(workspace.run("verify", "out", "receipt.json", "--json"), ends_with="error")
    for result in workspace.transfer(["--json"], ["--out", "out", "--json"]):
        expect(take(result, ends_with="error").named("entry_failed"), result)
    results = workspace.transfer(["--json"], ["--out", "out", "--on-conflict", "rename", "--json"])
    expect(take(results[1], ends_with="summary").named("entry_renamed"), results[1])
    take(results[0])

    # Something was left, of a receiver that was killed: also under an odd name. The sender goes on with the next one.
    for name in (b"big/file", b"big odd/\xffile"):
        folder = name.split(b"/")[0].decode()
        workspace.file(name, os.urandom(40_000_000))
        out = ["--relay", relay, "--out", f"out {folder}", "--json"]
        sender = workspace.start(
            "send", "--relay", relay, folder, "--limit-rate", "20M", "--json", "--retry-for", "30s", P2P_COPY_CODE=CODE
        )
        receiver = workspace.start("receive", *out, "--retry-for", "30s", P2P_COPY_CODE=CODE)
        await_event(receiver, "progress", lambda event: event["transferred_bytes"] > 10_000_000)
        os.killpg(receiver.process.pid, signal.SIGKILL)
        receiver.result()
        take(workspace.run("status", f"out {folder}", "--json"), ends_with="error")
        take(workspace.run("clean", "--dry-run", f"out {folder}", "--json"), ends_with="cleaned")
        expect(take(workspace.start("receive", *out, P2P_COPY_CODE=CODE).result()).status == 0, "not gone on with")
        result = take(sender.result(), ends_with="summary")
        expect(result.named("peer_restarted") and result.named("reconnecting"), result)
    take(workspace.run("status", "out", "--json"), ends_with="status")
    workspace.file("unusable/.p2p-copy-journal", b"no journal")
    take(workspace.run("status", "unusable", "--json"), ends_with="status")

    # The relay is started again, and a file changes while it is sent.
    port = relay.rsplit(":", 1)[1]
    growing = workspace.file("changing/file", os.urandom(60_000_000))
    workspace.file(b"changing odd/\xff", os.urandom(30_000_000))
    for folder in ("changing", "changing odd"):
        sender = workspace.start(
            "send", "--relay", relay, folder, "--limit-rate", "20M", "--json", "--retry-for", "30s", P2P_COPY_CODE=CODE
        )
        receiver = workspace.start(
            "receive", "--relay", relay, "--out", f"out {folder}", "--json", "--retry-for", "30s", P2P_COPY_CODE=CODE
        )
        await_event(receiver, "progress", lambda event: event["transferred_bytes"] > 5_000_000)
        if folder == "changing":
            for process in workspace.processes:
                if "run-relay-server" in process.args:
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait()
            time.sleep(0.3)
            again = workspace.start("run-relay-server", "127.0.0.1", port, "--no-tls", "--json")
            await_event(again, "listening", lambda event: True)
            relays = again
        path = growing if folder == "changing" else next((workspace.path / folder).iterdir())
        with open(path, "r+b") as file:
            file.write(b"changed")
        results = [take(sender.result()), take(receiver.result())]
        expect(all(result.named("retried") for result in results), results[0])
        if folder == "changing":
            expect(all(result.named("reconnected") for result in results), results[0])

    # Without a relay: the code for the other side. Nobody comes.
    take(workspace.run("send", "src", "--json", "--wait", "1"), ends_with="error")
    relays.process.terminate()
    take(relays.result())
    missing = lines.missing()
    expect(not missing, f"never seen: {missing}")


def await_event(running: object, name: str, matches: object) -> None:
    """Reads a process's events up to one, and keeps what was read for its result."""
    process = running.process  # type: ignore[attr-defined]
    taken = ""
    for line in process.stdout:
        taken += line
        event = json.loads(line)
        if event["event"] == name and matches(event):  # type: ignore[operator]
            break
    else:
        raise AssertionError(f"no {name}: {taken[-2000:]}")
    result = running.result  # type: ignore[attr-defined]

    def with_taken(timeout: float = 60) -> Result:
        whole = result(timeout)
        return Result(whole.status, taken + whole.output, whole.errors)

    running.result = with_taken  # type: ignore[attr-defined]


def progress_four_times_a_second(workspace: Workspace) -> None:
    """progress comes at most four times a second"""
    from datetime import datetime

    workspace.tree(large=40_000_000)
    for result in workspace.transfer(["--json", "--limit-rate", "20M"], ["--json", "--out", "out"]):
        times = [datetime.fromisoformat(str(event["time"]).replace("Z", "+00:00")) for event in result.named("progress")]
        expect(len(times) >= 4, result)
        gaps = [(second - first).total_seconds() for first, second in zip(times, times[1:])]
        expect(min(gaps) > 0.24, gaps)


def quiet(workspace: Workspace) -> None:
    """--quiet leaves nothing on standard error but errors, and all events"""
    workspace.tree()
    for result in workspace.transfer(["--json", "--quiet"], ["--json", "--quiet", "--out", "out"]):
        expect(result.status == 0 and result.errors == "" and result.named("summary"), result)


CHECKS = [events_and_fields, progress_four_times_a_second, quiet]
