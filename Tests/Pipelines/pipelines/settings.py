"""What the configuration file and variables say, and how much of a machine a transfer takes."""

from __future__ import annotations

import json
import os
import subprocess
import time
from pathlib import Path

from .support import CODE, Workspace, expect


def order(workspace: Workspace) -> None:
    """an option goes before a variable, a variable before the file, the file before the default"""
    workspace.file("src/file", b"x")
    os.symlink("file", workspace.path / "src/link")
    workspace.file("other.json", b'{"links": "skip"}')
    workspace.file(".config/p2p-copy/config.json", b'{"links": "skip"}')

    def kind(*arguments: str, **environment: str) -> str:
        result = workspace.run("send", "--dry-run", "--json", *arguments, "src", **environment)
        expect(result.status == 0, result)
        return next((str(line["kind"]) for line in result.named("entry_listed") if line["path"] == "src/link"), "none")

    def source(**environment: str) -> tuple[object, object]:
        line = next(line for line in workspace.run("config", "--json", **environment).named("setting") if line["name"] == "links")
        return line["source"], line.get("values")

    expect(kind() == "symbolic_link" and source() == ("default", None), "default")
    expect(kind(P2P_COPY_CONFIG="other.json") == "none", "the file of a variable")
    expect(source(P2P_COPY_CONFIG="other.json") == ("file", ["skip"]), "the file of a variable")
    # Where it is looked for unless a variable names it.
    expect(kind(P2P_COPY_CONFIG="") == "none" and source(P2P_COPY_CONFIG="")[0] == "file", "the file")
    both = {"P2P_COPY_CONFIG": "", "P2P_COPY_LINKS": "follow"}
    expect(kind(**both) == "file" and source(**both) == ("variable", ["follow"]), "the variable")
    expect(kind("--links", "keep", **both) == "symbolic_link" and kind("--links=keep", **both) == "symbolic_link", "the option")


def named_relays(workspace: Workspace) -> None:
    """a relay by its name, and one that is the default"""
    workspace.tree()
    relays = {"relays": {"lab": workspace.relay(), "both": ["ws://127.0.0.1:9", workspace.relay_url]}, "relay": "lab"}
    workspace.file("config.json", json.dumps(relays).encode())
    for index, arguments in enumerate([["--relay", "lab"], ["--relay", "both"], []]):
        environment = {"P2P_COPY_CONFIG": "config.json", "P2P_COPY_CODE": CODE}
        receiver = workspace.start("receive", "--out", f"out{index}", *arguments, **environment)
        sent = workspace.run("send", *arguments, "src", **environment)
        received = receiver.result()
        expect(sent.status == 0 and received.status == 0, f"{sent}\n{received}")
    missing = workspace.run("send", "--relay", "lap", "src", **environment)
    expect(missing.status == 2 and "'lap'" in missing.errors and "lab" in missing.errors, missing)


def redacted(workspace: Workspace) -> None:
    """config shows no code and no password"""
    shown = workspace.run("config", P2P_COPY_CODE=CODE, P2P_COPY_PROXY="http://me:s3cret@proxy:3128")
    expect(shown.status == 0 and "http://proxy:3128" in shown.output and "[redacted]" in shown.output, shown)
    expect("s3cret" not in shown.output and CODE not in shown.output and "me:" not in shown.output, shown)


def mistakes(workspace: Workspace) -> None:
    """a mistake in the file or a variable is an error that names its place"""
    workspace.file("src/file", b"x")
    for content, word in [
        ('{"wiat": 5}', "wiat"), ('{"wait": "5"}', "wait"), ('{"relays": ["x"]}', "relays"), ("{", "config.json"),
        ('{"wait": 5, "wait": 6}', "config.json"), ('{"compress": "maybe"}', "config.json"), ('{"quiet": "yes"}', "quiet"),
        ('{"relays": {"a b": "ws://x"}}', "a b"), ('{"max-bytes": 10, "limit-rate": "5 furlongs"}', "limit-rate"),
    ]:
        workspace.file("config.json", content.encode())
        result = workspace.run("send", "--dry-run", "src", P2P_COPY_CONFIG="config.json")
        expect(result.status == 2 and word in result.errors and "config.json" in result.errors, f"{content} {result}")
    # The help is there all the same.
    for content in [b'{"compress": "maybe"}', b"{"]:
        workspace.file("config.json", content)
        result = workspace.run("send", "--help", P2P_COPY_CONFIG="config.json")
        expect(result.status == 0 and "USAGE: p2p-copy" in result.output, result)
    result = workspace.run("send", "--dry-run", "src", P2P_COPY_COMPRESS="maybe")
    expect(result.status == 2 and "P2P_COPY_COMPRESS" in result.errors, result)
    result = workspace.run("send", "--dry-run", "src", P2P_COPY_CONFIG="missing.json")
    expect(result.status == 2 and "missing.json" in result.errors, result)


def rate(workspace: Workspace) -> None:
    """--limit-rate is kept, over several connections as well; measured, not only promised"""
    workspace.file("src/file", os.urandom(50 << 20))
    for protocol in ["2", "1"]:
        connections = ["--connections", "3"] if protocol == "2" else []
        options = ["--protocol", protocol, "--json", *connections]
        sent, received = workspace.transfer([*options, "--limit-rate", "20M"], [*options, "--out", f"out{protocol}"])
        expect(sent.status == 0 and received.status == 0, f"{sent}\n{received}")
        summary = received.named("summary")[0]
        rate = int(str(summary["transferred_bytes"])) / int(str(summary["duration_ms"])) * 1000 / (1 << 20)
        print(f"  protocol {protocol}: 50 MiB at 20 MiB/s took {summary['duration_ms']} ms, {rate:.2f} MiB/s")
        # Faster it must never be; how much slower says nothing on a busy machine.
        expect(rate < 20 * 1.05, rate)


def nice(workspace: Workspace) -> None:
    """--nice holds for every thread, at the processor and at the disk"""
    relay = workspace.relay()
    for arguments in [["send", "--relay", relay, "--nice", "src"], ["receive", "--nice", "--relay", relay, "--out", "out"]]:
        workspace.file("src/file", b"x")
        running = workspace.start(*arguments, "--wait", "60", "--json", P2P_COPY_CODE=CODE)
        assert running.process.stdout
        for line in running.process.stdout:
            if json.loads(line)["event"] == "waiting":
                break
        time.sleep(0.1)
        tasks = list(Path(f"/proc/{running.process.pid}/task").iterdir())
        expect(len(tasks) > 3, tasks)
        for task in tasks:
            # The fields behind the name, which may have blanks. A thread may end meanwhile.
            try:
                fields = (task / "stat").read_text().rsplit(")", 1)[1].split()
            except (FileNotFoundError, ProcessLookupError):
                continue
            expect(fields[16] == "19", f"{task} {fields[16]}")
            disk = subprocess.run(["ionice", "-p", task.name], capture_output=True, text=True).stdout
            expect(disk.strip() == "best-effort: prio 7" or not task.exists(), f"{task} {disk}")
        running.process.terminate()
        running.result()


CHECKS = [order, named_relays, redacted, mistakes, rate, nice]
