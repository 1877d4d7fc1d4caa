"""A random tree, and how two trees differ."""

from __future__ import annotations

import hashlib
import os
import random
import stat

PARTIAL = b".p2p-copy-partial"
JOURNAL = b".p2p-copy-journal"
MEBIBYTE = 1 << 20


def make(root: bytes, randomness: random.Random, large: tuple[int, int], small: tuple[int, int]) -> int:
    """Makes a tree: large files, small and empty ones, names that are not text, links, directories.

    `large` is how many MiB the largest file has, `small` how many small files there are: at least and at most.
    Returns how many bytes of content it has.
    """
    os.mkdir(root)
    directories = [root]
    for number in range(randomness.randint(3, 20)):
        name = randomness.choice([b"d%d", b"\xff\xfed%d", "Größe %d".encode(), b"a b\n%d"]) % number
        directories.append(os.path.join(randomness.choice(directories), name))
        os.mkdir(directories[-1])
    files = [(b"large", randomness.randint(large[0] * MEBIBYTE, large[1] * MEBIBYTE))]
    for number in range(randomness.randint(0, 3)):
        files.append((b"medium%d" % number, randomness.randint(300_000, 3 * MEBIBYTE)))
    for number in range(randomness.randint(*small)):
        size = 0 if randomness.random() < 0.1 else randomness.randint(1, 12_000)
        name = randomness.choice([b"f%d", b"\xc3\x28f%d", "naïve %d".encode(), b"-f%d"]) % number
        files.append((name, size))
    total = 0
    for name, size in files:
        path = os.path.join(randomness.choice(directories), name)
        with open(path, "wb") as file:
            file.write(randomness.randbytes(size))
        os.chmod(path, randomness.choice([0o600, 0o640, 0o644, 0o755, 0o400]))
        os.utime(path, ns=(0, randomness.randint(0, 1_790_000_000_000_000_000)))
        total += size
    for number in range(randomness.randint(0, 5)):
        os.symlink(b"f%d" % number, os.path.join(randomness.choice(directories), b"l%d" % number))
    for path in reversed(directories):
        # The receiver gives a directory that it finds again no right that it had not.
        os.chmod(path, randomness.choice([0o755, 0o750, 0o700]))
        os.utime(path, ns=(0, randomness.randint(0, 1_790_000_000_000_000_000)))
    return total


def snapshot(root: bytes, with_directories: bool) -> dict[bytes, tuple[object, ...]]:
    """Everything below a directory, itself included: kind, mode, time, and content or target."""
    found: dict[bytes, tuple[object, ...]] = {}

    def add(path: bytes) -> None:
        status = os.lstat(path)
        key, mode, time = os.path.relpath(path, root), stat.S_IMODE(status.st_mode), status.st_mtime_ns
        if stat.S_ISLNK(status.st_mode):
            found[key] = ("link", os.readlink(path))
        elif stat.S_ISDIR(status.st_mode):
            found[key] = ("directory", mode, time) if with_directories else ("directory",)
        elif stat.S_ISREG(status.st_mode):
            digest = hashlib.sha256()
            with open(path, "rb") as file:
                while piece := file.read(MEBIBYTE):
                    digest.update(piece)
            found[key] = ("file", mode, time, digest.hexdigest())
        else:
            found[key] = ("other", status.st_mode)

    add(root)
    for directory, names, files in os.walk(root):
        for name in names + files:
            # A receiver's own.
            if name == JOURNAL:
                continue
            add(os.path.join(directory, name))
    return found


def is_partial(path: bytes) -> bool:
    name = os.path.basename(path)
    return name.startswith(b".") and name.endswith(PARTIAL)


def differences(source: bytes, copy: bytes, with_directories: bool) -> list[str]:
    """How a copy that is said to be complete is not the same; nothing when it is."""
    if not os.path.isdir(copy):
        return [f"{copy!r} is not there"]
    wanted, found = snapshot(source, with_directories), snapshot(copy, with_directories)
    faults = []
    for path in sorted(set(wanted) | set(found)):
        if wanted.get(path) != found.get(path):
            faults.append(f"{path!r} is {found.get(path)}, not {wanted.get(path)}")
    return faults[:10]


def dishonesty(source: bytes, copy: bytes) -> list[str]:
    """What is wrong about a copy that is not complete: whatever has its final name has its content."""
    if not os.path.isdir(copy):
        return []
    wanted, found = snapshot(source, False), snapshot(copy, False)
    faults = []
    for path, what in sorted(found.items()):
        if is_partial(path):
            continue
        expected = wanted.get(path)
        if expected is None:
            faults.append(f"{path!r} is there, and is not in what was sent")
        elif what[0] != expected[0] or what[-1] != expected[-1]:
            faults.append(f"{path!r} has its name, and is {what}, not {expected}")
    return faults[:10]
