"""Names and links that lead where they must not."""

from __future__ import annotations

import os
from typing import Any


from .. import bodies
from ..bodies import Entry, directory, file, link, metadata, page, stream
from ..command import EXISTS, INCOMPLETE, OK, UNSAFE, UNWRITABLE, VIOLATION
from ..sender import SenderPeer
from ..places import PARTIAL, Places
from ..trial import Registry, Trial

registry = Registry()
Sender = Trial[SenderPeer]

# MARK: Names

UNSAFE_NAMES: dict[str, bytes] = {
    "that is empty": b"",
    "from the root": b"/p2p-copy-hostile-root",
    "of the root": b"/",
    "above": b"..",
    "below the one above": b"../outside/made",
    "below the one above, in the middle": b"d/../../outside/made",
    "that comes back": b"d/..",
    "that comes back from nowhere": b"no/../x",
    "of the directory itself": b".",
    "behind the directory itself": b"./x",
    "with the directory itself in the middle": b"d/./x",
    "with an empty component": b"d//x",
    "with a slash at its end": b"x/",
    "with a zero": b"x\0y",
    "with a zero behind two dots": b"..\0/x",
    "of 256 bytes": b"x" * 256,
    "with a component of 256 bytes": b"d/" + b"x" * 256 + b"/y",
    "of 257 components": b"/".join([b"d"] * 257),
    "reserved for partial files": b".x" + PARTIAL,
    "below one reserved for partial files": b".x" + PARTIAL + b"/x",
    "with a reserved one in the middle": b"d/.x" + PARTIAL + b"/x/y",
}


def kinds_of(path: bytes) -> dict[str, Entry]:
    return {
        "file": file(path, b"bad"),
        "directory": directory(path),
        "link": link(path, "good"),
        "stream": stream(path),
    }


def unsafe_names() -> None:
    for name, path in UNSAFE_NAMES.items():
        for kind, bad in kinds_of(path).items():

            async def script(trial: Sender, bad: Entry = bad) -> None:
                good = file("good", b"good")
                trial.true(good)
                await trial.peer.open()
                said = await trial.peer.answered(page([bad, good]))
                trial.expect(said.get(0, (0,))[:2] == (bodies.REFUSED, b"unsafe-path"), f"the answer is {said}")
                await trial.peer.whole(1, good)
                await trial.peer.body(bodies.page_end(0))
                await trial.peer.next(bodies.PAGE_RECEIPT)
                trial.peer.tree.add(good, 4, trial.peer.digest(b"good"))
                await trial.peer.finish()
                trial.expect((trial.places.out / "good").read_bytes() == b"good", "the rest did not arrive")
                await trial.peer.socket.close()
                await trial.peer.closed()

            registry.add("receive", f"name {name}, a {kind}", UNSAFE, script)


unsafe_names()


@registry.case("receive", "name from the root that exists outside", UNSAFE)
async def _(trial: Sender) -> None:
    await trial.peer.open()
    path = os.fsencode(trial.places.outside / "made")
    said = await trial.peer.answered(page([file(path, b"x"), directory(path), link(path, "x")]))
    trial.expect(all(said[at][0] == bodies.REFUSED for at in range(3)), f"the answer is {said}")
    await trial.peer.body(bodies.page_end(0))
    await trial.peer.next(bodies.PAGE_RECEIPT)
    await trial.peer.finish()
    await trial.peer.socket.close()
    await trial.peer.closed()


@registry.case("receive", "name: data for a refused one all the same", VIOLATION)
async def _(trial: Sender) -> None:
    await trial.peer.open()
    await trial.peer.answered(page([file("../outside/made", b"x")]))
    await trial.peer.whole(0, file("../outside/made", b"x"))
    await trial.peer.closed()


ODD_NAMES: dict[str, bytes] = {
    "of escapes": b"\x1b[31m\x1b]0;owned\x07",
    "with a line end": b"a\nreceived b (1 B)\r",
    "not UTF-8": b"\xff\xfe\xc3\x28",
    "written backwards": "\u202egpj.exe".encode(),
    "with a backslash": b"..\\..\\x",
    "that begins with a dash": b"-rf",
    "of 255 bytes": b"x" * 255,
    "just not reserved": PARTIAL,
    "with a colon": b"C:\\x",
    "of 3 dots": b"...",
    "with C1 controls": "\u009b31m".encode(),
    "of 256 components": b"/".join([b"d"] * 256),
    "of a blank": b" ",
}


def odd_names() -> None:
    for name, path in ODD_NAMES.items():

        async def script(trial: Sender, path: bytes = path) -> None:
            trial.true(file(path, b"odd"))
            await trial.peer.transfer([file(path, b"odd")])

        registry.add("receive", f"name {name} is taken as it is", OK, script)


odd_names()


def refuses_many() -> None:
    async def script(trial: Sender) -> None:
        await trial.peer.open()
        for number in range(20):
            first = number * 2048
            said = await trial.peer.answered(page([file(f"../x{first + at}") for at in range(2048)], first))
            trial.expect(len(said) == 2048, "not all were refused")
            await trial.peer.body(bodies.page_end(first))
            await trial.peer.next(bodies.PAGE_RECEIPT)
        await trial.peer.finish()
        await trial.peer.socket.close()
        await trial.peer.closed()

    registry.add("receive", "40,960 unsafe names", UNSAFE, script)


refuses_many()

# MARK: Links

UNSAFE_TARGETS: dict[str, tuple[bytes, bytes]] = {
    "that is empty": (b"l", b""),
    "from the root": (b"l", b"/etc/passwd"),
    "of the root": (b"l", b"/"),
    "with a zero": (b"l", b"x\0y"),
    "above": (b"l", b".."),
    "outside": (b"l", b"../outside/canary"),
    "with two dots behind a name": (b"l", b"d/../x"),
    "with two dots behind names": (b"l", b"d/d/../../../outside"),
    "above, from below": (b"d/l", b"../../outside"),
    "above, behind blanks that are no names": (b"l", b".//.././outside"),
    "above, at its end": (b"d/l", b"../.."),
}


def unsafe_targets() -> None:
    for name, (path, target) in UNSAFE_TARGETS.items():

        async def script(trial: Sender, path: bytes = path, target: bytes = target) -> None:
            await trial.peer.open()
            said = await trial.peer.answered(page([link(path, target)]))
            trial.expect(said.get(0, (0,))[:2] == (bodies.REFUSED, b"unsafe-path"), f"the answer is {said}")
            await trial.peer.body(bodies.page_end(0))
            await trial.peer.next(bodies.PAGE_RECEIPT)
            await trial.peer.finish()
            await trial.peer.socket.close()
            await trial.peer.closed()

        registry.add("receive", f"link to a target {name}", UNSAFE, script)


unsafe_targets()


async def two_pages(trial: Sender, first: list[Entry], second: list[Entry]) -> dict[int, tuple[Any, ...]]:
    """The first is finished, the second gets its answer; of the second everything is tried that was not refused."""
    await trial.peer.open()
    await trial.peer.page_of(first)
    start = len(first)
    said = await trial.peer.answered(page(second, start))
    failed = set()
    for position, item in enumerate(second):
        if said.get(position, (0,))[0] in (bodies.REFUSED, bodies.SKIPPED):
            failed.add(position)
        elif item.kind == bodies.FILE:
            await trial.peer.whole(start + position, item)
    await trial.peer.body(bodies.page_end(start))
    _, _, failures = bodies.read_page_receipt(await trial.peer.next(bodies.PAGE_RECEIPT))
    failed |= {index - start for index, _, _ in failures}
    for position, item in enumerate(second):
        if position not in failed:
            trial.peer.tree.add(item, len(item.content), trial.peer.digest(item.content))
    await trial.peer.finish()
    await trial.peer.socket.close()
    await trial.peer.closed()
    return said


SHADOWED = {UNSAFE, EXISTS, INCOMPLETE, UNWRITABLE}


@registry.case("receive", "link: a file through a link that came before", SHADOWED)
async def _(trial: Sender) -> None:
    await two_pages(trial, [directory("d"), link("l", "d")], [file("l/x", b"x")])
    trial.expect(not (trial.places.out / "d" / "x").exists(), "it was written through the link")


@registry.case("receive", "link: a directory where a link to one is", SHADOWED | {OK})
async def _(trial: Sender) -> None:
    await two_pages(
        trial, [directory("d"), link("l", "d")], [directory("l", metadata=metadata(0o777)), file("l/x", b"x")]
    )
    trial.expect(not (trial.places.out / "d" / "x").exists(), "it was written through the link")


@registry.case("receive", "link: a link through a link that came before", SHADOWED)
async def _(trial: Sender) -> None:
    await two_pages(trial, [directory("d"), link("l", "d")], [link("l/up", "..")])


@registry.case("receive", "link: a file of the link's own name", SHADOWED, may_replace=True)
async def _(trial: Sender) -> None:
    trial.true(file("good", b"good"))
    await two_pages(trial, [file("good", b"good"), link("l", "good")], [file("l", b"bad!")])
    trial.expect((trial.places.out / "good").read_bytes() == b"good", "the file that it leads to was changed")


@registry.case("receive", "link: a link and a file below it in one page", {OK, *SHADOWED})
async def _(trial: Sender) -> None:
    # Links are made at the page's end: the directory is there first.
    trial.true(file("l/x", b"x"))
    trial.needed.clear()
    await two_pages(trial, [directory("d")], [link("l", "d"), file("l/x", b"x")])
    trial.expect(not (trial.places.out / "d" / "x").exists(), "it was written through the link")


def link_outside(places: Places) -> None:
    (places.out / "l").symlink_to("../outside")
    (places.out / "c").symlink_to("../outside/canary")


@registry.case("receive", "link: that was there before and leads outside", SHADOWED, prepare=link_outside)
async def _(trial: Sender) -> None:
    await two_pages(
        trial,
        [file("good")],
        [
            file("l/x", b"x"),
            directory("l/d"),
            link("l/l", "x"),
            file("l/canary", b"x"),
            file("c", b"x"),
            directory("l", metadata=metadata(0o777)),
        ],
    )


@registry.case(
    "receive",
    "link: that was there before and leads outside, under overwrite",
    OK,
    prepare=link_outside,
    arguments=["--on-conflict", "overwrite"],
    may_replace=True,
)
async def _(trial: Sender) -> None:
    # The links themselves are replaced, by a directory and by a file.
    trial.true(file("l/x", b"x"), file("l/canary", b"x"), file("c", b"x"))
    await two_pages(trial, [file("good")], [file("l/x", b"x"), file("l/canary", b"x"), file("c", b"x")])
    trial.expect(not (trial.places.out / "l").is_symlink(), "the link is still there")
    trial.expect(not (trial.places.out / "c").is_symlink(), "the link is still there")


def link_as_partial(places: Places) -> None:
    (places.out / ".a.p2p-copy-partial").symlink_to("../outside/canary")
    os.link(places.outside / "canary", places.out / ".b.p2p-copy-partial")
    (places.out / ".c.p2p-copy-partial").symlink_to("/dev/full")


@registry.case("receive", "link: partial files that are links to other files", OK, prepare=link_as_partial)
async def _(trial: Sender) -> None:
    entries = [file(name, b"canary\n" + b"x" * 70_000) for name in "abc"]
    trial.true(*entries)
    await trial.peer.transfer(entries, packs=False)
