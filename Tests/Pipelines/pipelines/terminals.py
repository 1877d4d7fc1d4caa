"""The invitation on a terminal."""

from __future__ import annotations

import base64
import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time

from .support import Workspace, expect, need


def on_terminal(workspace: Workspace, arguments: list[str], columns: int, until: str, patience: float = 15) -> str:
    """What a command draws on a terminal up to some text, or its end."""
    process, terminal = pty.fork()
    if process == 0:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
        os.chdir(workspace.path)
        os.execve(workspace.binary, [workspace.binary, *arguments], workspace.environment)
    drawn = b""
    deadline = time.monotonic() + patience
    while until.encode() not in drawn and time.monotonic() < deadline:
        if select.select([terminal], [], [], 0.2)[0]:
            try:
                read = os.read(terminal, 65536)
            except OSError:
                break
            if not read:
                break
            drawn += read
    with contextlib.suppress(ProcessLookupError):
        os.kill(process, signal.SIGKILL)
    os.waitpid(process, 0)
    os.close(terminal)
    return drawn.decode()


def picture(drawn: str, scale: int = 6) -> bytes:
    """The blocks between the colours as a picture: what a camera sees."""
    rows: list[list[bool]] = []
    for line in re.findall("\x1b\\[30;107m([ █▀▄]*)\x1b\\[0m", drawn):
        rows.append([block in "█▀" for block in line])
        rows.append([block in "█▄" for block in line])
    expect(rows and len({len(row) for row in rows}) == 1, drawn)
    pixels = b"".join(
        b"".join((b"\x00" if dark else b"\xff") * scale for dark in row) * scale for row in rows)
    return f"P5 {len(rows[0]) * scale} {len(rows) * scale} 255\n".encode() + pixels


def code(workspace: Workspace) -> None:
    """--qr draws what zbarimg reads as the command that is printed; --copy puts it on the clipboard"""
    need("zbarimg")
    workspace.file("src/file", b"x")
    for arguments in [[], ["--listen", "127.0.0.1"], ["--protocol", "1"]]:
        drawn = on_terminal(workspace, ["send", "src", "--qr", "--copy", *arguments], 120, "waiting for")
        command = re.search(r"^  (P2P_COPY_CODE=\S+ p2p-copy receive .*?)\r?$", drawn, re.MULTILINE)
        expect(command, drawn)
        image = workspace.file("code.pgm", picture(drawn))
        read = subprocess.run(["zbarimg", "--quiet", "--raw", str(image)], capture_output=True, text=True, check=True)
        expect(read.stdout.rstrip("\n") == command.group(1), f"{read.stdout} {command.group(1)}")
        copied = re.search("\x1b\\]52;c;([A-Za-z0-9+/=]*)\x07", drawn)
        expect(copied and base64.b64decode(copied.group(1)).decode() == command.group(1), drawn)


def narrow(workspace: Workspace) -> None:
    """on a terminal that is too narrow, or on none, it says so"""
    workspace.file("src/file", b"x")
    drawn = on_terminal(workspace, ["send", "src", "--qr"], 30, "leave it out")
    expect("columns" in drawn, drawn)
    for option in ["--qr", "--copy"]:
        result = workspace.run("send", "src", option)
        expect(result.status == 2 and "terminal" in result.errors, result)


def addresses(workspace: Workspace) -> None:
    """--listen on every address prints a command for each that this machine has"""
    workspace.file("src/file", b"x")
    result = workspace.run("send", "src", "--listen", "0.0.0.0", "--wait", "1", "--json")
    invitation = result.named("code")[0]
    shown = subprocess.run(["hostname", "-I"], capture_output=True, text=True, check=True).stdout.split()
    expected = [address for address in shown if ":" not in address]
    relays = [str(relay) for relay in invitation["relays"]]  # type: ignore[union-attr]
    for address in expected:
        expect(any(relay.startswith(f"ws://{address}:") for relay in relays), f"{address} {relays}")
    expect(len(invitation["commands"]) == len(relays), invitation)  # type: ignore[arg-type]


CHECKS = [code, narrow, addresses]
