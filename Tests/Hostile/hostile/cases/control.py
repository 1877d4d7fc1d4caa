"""Peers that do everything right. What a hostile one does means nothing unless these succeed."""

from __future__ import annotations

import json
import os
from typing import Any

from .. import bodies
from ..bodies import directory, file, link, metadata, stream
from ..command import OK, Outcome
from ..places import Places
from ..trial import Registry, Trial

registry = Registry()

BIG = bytes(range(256)) * 1000
TREE = [
    directory("d", metadata=metadata(0o755)),
    file("d/a", b"hello", metadata=metadata(0o644, nanoseconds=500)),
    file("d/big", BIG, metadata=metadata(0o600)),
    file("d/empty", metadata=metadata(0o640)),
    link("d/l", "a", metadata=metadata(0o777)),
    file(b"caf\xe9", b"not UTF-8"),
]


def receipt(trial: Trial[Any]) -> Any:
    return json.loads((trial.places.root / "log-receipt").read_text())


def agrees(trial: Trial[Any], outcome: Outcome) -> None:
    """The command's own receipt says what this side counted."""
    written = receipt(trial)
    trial.expect(written["tree_digest"] == trial.peer.tree.digest.hex(), f"the receipt has {written['tree_digest']}")
    trial.expect(written["complete"] is True, "the receipt is not that of a complete transfer")


def receives(name: str, entries: list[bodies.Entry], arguments: list[str] = [], **more: Any) -> None:
    page_size, packs, prepare = more.pop("page_size", 2048), more.pop("packs", True), more.pop("prepare", None)

    async def script(trial: Trial[Any]) -> None:
        trial.true(*[entry for entry in entries if entry.kind in (bodies.FILE, bodies.STREAM)])
        await trial.peer.transfer(entries, page_size, packs)

    registry.add("receive", f"control: {name}", OK, script, arguments=arguments, prepare=prepare, **more)


receives("a tree", TREE)
receives("a tree without packs", TREE, packs=False)
receives("a tree in pages of one entry", TREE, page_size=1)
receives("nothing to tell apart: 3000 empty files", [file(f"f{n}") for n in range(3000)], page_size=2048)
receives("a stream", [stream("s", BIG)])
receives("the largest page", [file(f"{n:04}", b"x" * (n % 3)) for n in range(2048)])


def with_parts(places: Places) -> None:
    (places.out / "d").mkdir(mode=0o700)
    (places.out / "d" / ".big.p2p-copy-partial").write_bytes(BIG[:70000])
    (places.out / "d" / "a").write_bytes(b"hello")


receives("what is there in part is continued, what is the same is left alone", TREE, prepare=with_parts)


def with_other_parts(places: Places) -> None:
    (places.out / "d").mkdir()
    (places.out / "d" / ".big.p2p-copy-partial").write_bytes(b"something else")


receives("a part that does not fit", TREE, prepare=with_other_parts)


receives("the receipt agrees", TREE, check=agrees, wants_receipt=True)


async def takes_all(trial: Trial[Any]) -> None:
    received = await trial.peer.transfer(None)
    trial.expect(received == expected(trial), f"received {sorted(received)}")


def expected(trial: Trial[Any]) -> dict[bytes, bytes]:
    """What the source has, as a receiver in memory keeps it."""
    found: dict[bytes, bytes] = {}
    root = os.fsencode(trial.places.source)
    for directory_name, names, files in os.walk(root):
        for name in names + files:
            path = os.path.join(directory_name, name)
            key = os.path.relpath(path, root)
            if os.path.islink(path):
                found[key] = os.readlink(path)
            elif os.path.isdir(path):
                found[key] = b""
            else:
                with open(path, "rb") as content:
                    found[key] = content.read()
    return found


registry.add("send", "control: a tree", OK, takes_all)
registry.add("send", "control: a tree, compressed", OK, takes_all, arguments=["--compress", "on"])
registry.add("send", "control: a tree, not compressed", OK, takes_all, arguments=["--compress", "off"])
registry.add(
    "send",
    "control: chacha20-poly1305 and sha256",
    OK,
    takes_all,
    arguments=["--cipher", "chacha20-poly1305", "--digest", "sha256"],
)
registry.add("send", "control: the receipt agrees", OK, takes_all, check=agrees, wants_receipt=True)


@registry.case("send", "control: what is there in part is continued, what is the same is left alone", OK)
async def _(trial: Trial[Any]) -> None:
    trial.peer.chunk_size = 65536
    mine = {b"d/big": expected(trial)[b"d/big"][:100_000], b"a": b"hello"}
    received = await trial.peer.transfer(mine)
    trial.expect(received == expected(trial), f"received {sorted(received)}")


@registry.case("send", "control: a part that does not fit, a file that differs", OK)
async def _(trial: Trial[Any]) -> None:
    trial.peer.chunk_size = 65536
    big = expected(trial)[b"d/big"]
    other = big[:70_000] + b"something else" + big[70_014:150_000]
    received = await trial.peer.transfer({b"d/big": other, b"a": b"olleh"})
    trial.expect(received == expected(trial), f"received {sorted(received)}")


@registry.case("send", "control: with the smallest chunks it offers", OK)
async def _(trial: Trial[Any]) -> None:
    await trial.peer.handshake()
    await trial.peer.hear_manifest()
    await trial.peer.select(chunk_size=trial.peer.offer["offer"]["chunk_sizes"][-1], compressor="none")
    trial.peer.selection["chunk_size"] = trial.peer.offer["offer"]["chunk_sizes"][-1]
    received = await trial.peer.receive_all({})
    trial.expect(received == expected(trial), f"received {sorted(received)}")
