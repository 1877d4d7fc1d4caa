"""The commands that the documentation shows: blocks marked `sh` are run, blocks marked `console` are compared with what they show.

In their place `wss://relay.example.org` is a relay of the test's own. A block with one side of a transfer finds the other one
already waiting.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

from .support import CODE, Workspace, expect

DOCUMENTS = ["docs/usage.md", "docs/json.md", "docs/pipelines.md", "docs/batch.md"]


def blocks(path: Path, language: str) -> list[tuple[int, str]]:
    """The blocks of a language, each with its line."""
    text = path.read_text()
    found = re.finditer(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return [(text.count("\n", 0, match.start()) + 1, match.group(1)) for match in found]


def prepare(workspace: Workspace) -> str:
    workspace.file("results/data.csv", b"1" * 1_988_895)
    workspace.file("results/notes.txt", b"hello\n")
    workspace.file("results/draft.tmp", b"x")
    (workspace.path / "results/empty").mkdir()
    workspace.file("results/sub/draft.tmp", b"x")
    os.symlink("notes.txt", workspace.path / "results/link")
    os.mkfifo(workspace.path / "results/pipe")
    for name in (".code", ".p2p-code"):
        workspace.file(name, CODE.encode()).chmod(0o600)
    return workspace.relay()


def other_side(workspace: Workspace, relay: str, script: str) -> None:
    """Starts what a block leaves out."""
    lines = [line for line in script.splitlines() if not line.lstrip().startswith("#")]
    sends = any("p2p-copy send" in line and "--dry-run" not in line for line in lines)
    receives = any("p2p-copy receive" in line for line in lines)
    common = ["--relay", relay, "--code-file", ".code", "--wait", "20"]
    if sends and not receives:
        workspace.start("receive", *common, "--out", "other side")
    if receives and not sends:
        workspace.start("send", *common, "--links", "follow", "results")


def run(workspace: Workspace, relay: str, script: str, title: str) -> str:
    script = script.replace("wss://relay.example.org", relay)
    sides = [line for line in script.splitlines() if re.search(r"p2p-copy (send|receive)", line)]
    if len(sides) == 2 and len(script.splitlines()) == 2:
        # The two sides of one transfer, each on a line of its own; what is received goes elsewhere.
        (workspace.path / "here").mkdir(exist_ok=True)
        script = f"{sides[0]} &\n(cd here && {sides[1]})\nwait $!\n"
    result = workspace.start_program(["bash", "-euo", "pipefail", "-c", script]).result(timeout=60)
    expect(result.status == 0, f"{title}\n{script}\n{result}")
    return result.output


def document(name: str) -> Callable[[Workspace], None]:
    def check(workspace: Workspace) -> None:
        path = workspace.root / name
        found = blocks(path, "sh")
        expect(found, f"{name} shows no commands")
        ran = 0
        for line, script in found:
            # A job's script is run by the workflows' checks.
            if "#SBATCH" in script or "#PBS" in script:
                continue
            with Inner(workspace) as inner:
                relay = prepare(inner)
                receipt(inner, relay, script)
                other_side(inner, relay, script)
                run(inner, relay, script, f"{name}:{line}")
                ran += 1
        print(f"  {ran} blocks of {name}")

    check.__doc__ = f"the commands in {name}"
    return check


class Inner(Workspace):
    """A workspace of one block."""

    def __init__(self, outer: Workspace):
        path = outer.path / "block"
        path.mkdir()
        super().__init__(path, outer.binary, outer.root)

    def __exit__(self, *error: object) -> None:
        super().__exit__(*error)
        shutil.rmtree(self.path)


def receipt(workspace: Workspace, relay: str, script: str) -> None:
    """What `verify downloads receipt.json` checks."""
    if "verify downloads receipt.json" not in script:
        return
    workspace.relay_url = relay
    for result in workspace.transfer(receive=["--out", "downloads", "--receipt", "receipt.json"], paths=["results"]):
        expect(result.status == 0, result)


def shown_output(workspace: Workspace) -> None:
    """what docs/usage.md shows of the command's output is what it prints"""
    relay = prepare(workspace)
    compared = 0
    for line, text in blocks(workspace.root / "docs/usage.md", "console"):
        for command, shown in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", text, re.MULTILINE):
            result = workspace.start_program(["bash", "-c", command.replace("wss://relay.example.org", relay)]).result()
            expect(result.status == 0, f"docs/usage.md:{line} {result}")
            if shown:
                # On a terminal both streams come as they are written.
                printed = sorted((result.output + result.errors).splitlines())
                expect(printed == sorted(shown.splitlines()), f"docs/usage.md:{line}\n{printed}\n{sorted(shown.splitlines())}")
                compared += 1
    expect(compared, "nothing is shown")


def settings_example(workspace: Workspace) -> None:
    """the configuration that docs/usage.md shows is taken"""
    examples = [text for _, text in blocks(workspace.root / "docs/usage.md", "json") if "relays" in text]
    expect(len(examples) == 1, examples)
    workspace.file("config.json", examples[0].encode())
    result = workspace.run("config", "--json", P2P_COPY_CONFIG="config.json", P2P_COPY_RETRY_FOR="")
    expect(result.status == 0, result)
    names = {str(line["name"]) for line in result.named("setting") if line["source"] == "file"}
    expect({name for name in json.loads(examples[0]) if name != "relays"} <= names, names)
    # And the list of what can be set is whole.
    text = (workspace.root / "docs/usage.md").read_text()
    listed = re.search(r"These can be set:(.*?)\n\n", text, re.DOTALL)
    known = {str(line["name"]) for line in workspace.run("config", "--json").named("setting")}
    expect(listed and set(re.findall(r"`([a-z-]+)`", listed.group(1))) == known, known)


CHECKS = [*(document(name) for name in DOCUMENTS), shown_output, settings_example]
