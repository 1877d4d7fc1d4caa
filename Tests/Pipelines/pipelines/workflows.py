"""Examples/Pipelines, run for real where the engine can be installed."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from .support import CODE, Running, Skipped, Workspace, expect


def prepare(workspace: Workspace, large: int = 3_000_000) -> None:
    workspace.tree("results", large)
    workspace.file("code", CODE.encode())
    for example in (workspace.root / "Examples/Pipelines").iterdir():
        shutil.copy(example, workspace.path)


def await_bytes(directory: Path, count: int, patience: float = 30) -> None:
    """Waits until so many bytes have come."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        with contextlib.suppress(FileNotFoundError):
            if sum(path.stat().st_size for path in directory.rglob("*") if path.is_file()) >= count:
                return
        time.sleep(0.05)
    raise AssertionError(f"{count} bytes never came to {directory}")


class Snakemake:
    def __init__(self, workspace: Workspace):
        self.workspace = workspace
        self.relay = workspace.relay()

    def start(self, *arguments: str, send_options: str = "") -> Running:
        return self.workspace.start_program(
            [
                str(Path(sys.executable).parent / "snakemake"), "--cores", "2", "--config", f"relay={self.relay}",
                "code_file=code", f"send_options={send_options}", *arguments,
            ],
            XDG_CACHE_HOME=str(self.workspace.path / "cache"),
        )


def snakemake(workspace: Workspace) -> None:
    """Snakemake: one rule publishes, another fetches, a third verifies; again there is nothing to do"""
    prepare(workspace)
    engine = Snakemake(workspace)
    result = engine.start("--", "published.json", "verified.json").result(timeout=120)
    expect(result.status == 0, result)
    expect(workspace.content(workspace.path / "incoming/results") == workspace.content(workspace.path / "results"), result)
    receipts = [json.loads((workspace.path / name).read_text()) for name in ("published.json", "fetched.json")]
    expect(receipts[0]["tree_digest"] == receipts[1]["tree_digest"] and receipts[0]["complete"], receipts)
    last = json.loads((workspace.path / "verified.json").read_text().splitlines()[-1])
    expect(last["event"] == "verified" and last["differing"] == 0, last)
    again = engine.start("--", "published.json", "verified.json").result(timeout=120)
    expect(again.status == 0 and "Nothing to be done" in again.output + again.errors, again)


def snakemake_killed(workspace: Workspace) -> None:
    """Snakemake: a run that is killed is run again, and the transfer goes on; a failed rule is tried again"""
    prepare(workspace, large=60_000_000)
    engine = Snakemake(workspace)
    targets = ["--", "published.json", "verified.json"]
    running = engine.start(*targets, send_options="--limit-rate 20M")
    await_bytes(workspace.path / "incoming", 15_000_000)
    # One kill is a rule that fails, and is tried again by Snakemake.
    subprocess.run(["pkill", "-KILL", "-s", str(running.process.pid), "-f", "p2p-copy receive"], check=True)
    await_bytes(workspace.path / "incoming", 25_000_000)
    # Then everything is killed.
    subprocess.run(["pkill", "-KILL", "-s", str(running.process.pid)], check=True)
    running.process.wait()
    expect(not (workspace.path / "verified.json").exists(), "it was over before it was killed")
    unlocked = engine.start("--unlock").result(timeout=120)
    expect(unlocked.status == 0, unlocked)
    result = engine.start("--rerun-incomplete", *targets).result(timeout=120)
    expect(result.status == 0, result)
    expect(workspace.content(workspace.path / "incoming/results") == workspace.content(workspace.path / "results"), result)
    lines = [json.loads(line) for line in (workspace.path / "fetch.jsonl").read_text().splitlines()]
    summary = [line for line in lines if line["event"] == "summary"][-1]
    expect(summary["resumed_bytes"] >= 20_000_000, summary)


def slurm(workspace: Workspace) -> None:
    """Slurm: SIGTERM stops the transfer in order, the job is queued again and goes on"""
    prepare(workspace, large=60_000_000)
    workspace.file("bin/scontrol", b'#!/bin/sh\necho "$@" >> scontrol.log\n').chmod(0o755)
    relay = workspace.relay()
    environment = {
        "PATH": f"{workspace.path}/bin:{workspace.environment['PATH']}",
        "RELAY": relay, "CODE_FILE": "code", "SLURM_JOB_ID": "42",
    }
    sender = workspace.start(
        "send", "--relay", relay, "--code-file", "code", "--limit-rate", "20M", "--retry-for", "60s", "results")
    job = workspace.start_program(["bash", "transfer.slurm"], **environment)
    await_bytes(workspace.path / "incoming", 15_000_000)
    # As `--signal=B:TERM@120` has it: the job's shell alone.
    job.process.send_signal(signal.SIGTERM)
    result = job.result()
    expect(result.status == 22, result)
    expect((workspace.path / "scontrol.log").read_text() == "requeue 42\n", result)
    result = workspace.start_program(["bash", "transfer.slurm"], **environment).result()
    expect(result.status == 0 and "everything is in place" in result.output, result)
    expect(sender.result().status == 0, "sender")
    expect(workspace.content(workspace.path / "incoming/results") == workspace.content(workspace.path / "results"), result)


def nextflow(workspace: Workspace) -> None:
    """Nextflow: the example is read by the engine, or at least by the language that it is written in"""
    prepare(workspace)
    if shutil.which("nextflow"):
        result = workspace.start_program(["nextflow", "run", "transfer.nf", "-preview"]).result(timeout=300)
        expect(result.status == 0, result)
        return
    java = shutil.which("java")
    if not shutil.which("groovy") or not java:
        raise Skipped("neither nextflow, which is not to be had from Debian or PyPI, nor groovy is installed")
    home = str(Path(java).resolve().parents[1])
    # Not installed here: the engine comes from its own site only. Groovy reads its scripts, up to their meaning.
    result = workspace.start_program(
        ["groovy", "-e", "new GroovyShell().parse(new File('transfer.nf')); println 'read'"], JAVA_HOME=home).result(timeout=300)
    expect(result.status == 0 and "read" in result.output, result)
    workspace.file("broken.nf", (workspace.path / "transfer.nf").read_bytes().replace(b"maxRetries 3", b"maxRetries (", 1))
    broken = workspace.start_program(["groovy", "-e", "new GroovyShell().parse(new File('broken.nf'))"], JAVA_HOME=home
    ).result(timeout=300)
    expect(broken.status != 0, "a broken one is read as well")
    scripts = (workspace.path / "transfer.nf").read_text().split('"""')[1::2]
    expect(len(scripts) == 2, scripts)
    for script in scripts:
        subprocess.run(["bash", "-n", "-c", script], check=True)
    print("  nextflow is not installed: the example was read by groovy, and its scripts by bash")


CHECKS = [snakemake, snakemake_killed, slurm, nextflow]
