"""The directories of one case: what may change in them and what may not."""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path

PARTIAL = b".p2p-copy-partial"
JOURNAL = b".p2p-copy-journal"


def snapshot(root: bytes) -> dict[bytes, tuple[object, ...]]:
    """Everything below a directory but for a receiver's journal: kind, mode, and content, target or nothing."""
    found: dict[bytes, tuple[object, ...]] = {}
    for directory, names, files in os.walk(root):
        for name in names + files:
            if name == JOURNAL and os.path.basename(directory) == b"out":
                continue
            path = os.path.join(directory, name)
            status = os.lstat(path)
            mode = stat.S_IMODE(status.st_mode)
            key = os.path.relpath(path, root)
            if stat.S_ISLNK(status.st_mode):
                found[key] = ("link", os.readlink(path))
            elif stat.S_ISDIR(status.st_mode):
                found[key] = ("directory", mode)
            elif stat.S_ISREG(status.st_mode):
                with open(path, "rb") as file:
                    found[key] = ("file", mode, hashlib.sha256(file.read()).digest())
            else:
                found[key] = ("other", status.st_mode)
    return found


def is_reserved(name: bytes) -> bool:
    return name.startswith(b".") and name.endswith(PARTIAL) and len(name) > len(PARTIAL)


class Places:
    """`out`, which is the receiver's; `source`, which is the sender's; `outside`, which is nobody's."""

    def __init__(self, root: Path) -> None:
        self.root, self.out, self.source, self.outside = root, root / "out", root / "source", root / "outside"
        for directory in (self.out, self.source, self.outside, self.outside / "below"):
            directory.mkdir(parents=True)
        (self.outside / "canary").write_bytes(b"canary\n")
        self._before: dict[bytes, tuple[object, ...]] = {}
        self._out_before: dict[bytes, tuple[object, ...]] = {}

    def remember(self) -> None:
        self._before, self._out_before = self._around(), snapshot(os.fsencode(self.out))

    def _around(self) -> dict[bytes, tuple[object, ...]]:
        return {
            path: what
            for path, what in snapshot(os.fsencode(self.root)).items()
            if not path.startswith((b"out/", b"log"))
        }

    def faults(self, truth: dict[bytes, set[bytes]], may_replace: bool, by_name: bool = True) -> list[str]:
        """What is there and must not be.

        `truth` is what the files that came may be; without `by_name` under whichever name.
        """
        faults = []
        around = self._around()
        for path in sorted(set(around) | set(self._before)):
            if around.get(path) != self._before.get(path):
                faults.append(f"{path!r}, outside of --out, changed: {self._before.get(path)} to {around.get(path)}")
        now = snapshot(os.fsencode(self.out))
        contents = {hashlib.sha256(content).digest() for some in truth.values() for content in some}
        for path, what in now.items():
            before = self._out_before.get(path)
            if what == before:
                continue
            name = os.path.basename(path)
            if what[0] == "file" and not is_reserved(name):
                right = {hashlib.sha256(content).digest() for content in truth.get(path, ())}
                if right and by_name and what[2] not in right:
                    faults.append(f"{path!r} has a wrong content")
                elif what[2] not in contents:
                    faults.append(f"{path!r} is there, and nobody sent its content")
            if what[0] == "link":
                depth = path.count(b"/")
                target = bytes(what[1])  # type: ignore[call-overload]
                if target.startswith(b"/") or os.path.normpath(target).split(b"/").count(b"..") > depth:
                    faults.append(f"{path!r} leads to {target!r}")
            if any(is_reserved(part) for part in path.split(b"/")[:-1]) or (is_reserved(name) and what[0] != "file"):
                faults.append(f"{path!r} has a name that is reserved for partial files")
            if before is not None and before[0] == "directory" and what != before:
                faults.append(f"the directory {path!r} was there and changed from {before} to {what}")
        for path, before in self._out_before.items():
            if not is_reserved(os.path.basename(path)) and now.get(path) != before and not may_replace:
                faults.append(f"{path!r} was there: {before}, and now is {now.get(path)}")
        return faults
