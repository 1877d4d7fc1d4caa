"""One name for two entries, and what was there before: directories, files, modes."""

from __future__ import annotations


from .. import bodies
from ..bodies import Entry, directory, file, link, metadata, page
from ..command import EXISTS, INCOMPLETE, OK, UNSAFE, UNWRITABLE, USAGE, VIOLATION
from ..sender import SenderPeer
from ..places import Places
from ..trial import Registry, Trial

registry = Registry()
Sender = Trial[SenderPeer]

# MARK: One name for two

TWICE: dict[str, list[Entry]] = {
    "a file and a file": [file("x", b"first"), file("x", b"second")],
    "a file and a directory": [file("x", b"first"), directory("x")],
    "a file and what is below it": [file("x", b"first"), file("x/y", b"second")],
    "a directory and a file": [directory("x"), file("x", b"second")],
    "a link and a file": [file("y", b"first"), link("x", "y"), file("x", b"second")],
    "a file and a link": [file("x", b"first"), link("x", "y")],
    "two links": [link("x", "a"), link("x", "b")],
    "two directories": [directory("x", metadata=metadata(0o700)), directory("x", metadata=metadata(0o777))],
}


def twice() -> None:
    for name, entries in TWICE.items():
        for policy in ("fail", "overwrite", "skip", "rename"):
            for pages in (1, 2):

                async def script(trial: Sender, entries: list[Entry] = entries, pages: int = pages) -> None:
                    # Whichever it is: what is in place has the content of one of them.
                    for item in entries:
                        trial.peer.is_true(item)
                    await trial.peer.open()
                    step = len(entries) if pages == 1 else 1
                    for first in range(0, len(entries), step):
                        await trial.peer.page_of(entries[first : first + step], first)
                    await trial.peer.finish()
                    await trial.peer.socket.close()
                    await trial.peer.closed()

                # A 0 would say that both are in place: only where one name for two means one thing, or a new name.
                shares = name in ("two directories",) or policy in ("rename", "skip")
                statuses = {EXISTS, UNSAFE, INCOMPLETE, UNWRITABLE, VIOLATION} | ({OK} if shares else set())
                registry.add(
                    "receive",
                    f"one name for {name}, {policy}, in {pages} page{'s' * (pages > 1)}",
                    statuses,
                    script,
                    arguments=["--on-conflict", policy],
                )


twice()

# MARK: Modes


def private_directory(places: Places) -> None:
    (places.out / ".ssh").mkdir(mode=0o700)
    (places.out / ".ssh" / "id").write_bytes(b"secret")
    (places.out / "group").mkdir()
    (places.out / "group").chmod(0o2770)


def modes_of_existing() -> None:
    for policy in ("fail", "overwrite", "skip", "rename"):

        async def script(trial: Sender) -> None:
            entries = [
                directory(".ssh", metadata=metadata(0o777)),
                directory("group", metadata=metadata(0o777)),
                file(".ssh/new", b"new", metadata=metadata(0o666)),
            ]
            trial.true(entries[2])
            await trial.peer.open()
            await trial.peer.page_of(entries)
            await trial.peer.finish()
            await trial.peer.socket.close()
            await trial.peer.closed()

        registry.add(
            "receive",
            f"modes 0777 for directories that were there, {policy}",
            OK,
            script,
            prepare=private_directory,
            arguments=["--on-conflict", policy],
        )


modes_of_existing()


@registry.case("receive", "modes with setuid, setgid and sticky bits", OK)
async def _(trial: Sender) -> None:
    entries = [
        file("a", b"a", metadata=metadata(0o6777)),
        directory("d", metadata=metadata(0o6755)),
        file("d/empty", b"", metadata=metadata(0o4755)),
    ]
    trial.true(entries[0], entries[2])
    await trial.peer.transfer(entries)
    for name in ("a", "d", "d/empty"):
        trial.expect(not (trial.places.out / name).stat().st_mode & 0o6000, f"{name} has a set-id bit")


@registry.case("receive", "a directory of mode 0, and what is in it", {OK, INCOMPLETE, UNWRITABLE})
async def _(trial: Sender) -> None:
    entries = [directory("d", metadata=metadata(0)), file("d/a", b"a", metadata=metadata(0))]
    trial.true(entries[1])
    await trial.peer.transfer(entries)


def existing_file(places: Places) -> None:
    (places.out / "mine").write_bytes(b"mine")
    (places.out / "dir").mkdir()
    (places.out / "dir" / "kept").write_bytes(b"kept")


def existing() -> None:
    for policy, status in (("fail", EXISTS), ("skip", OK)):

        async def script(trial: Sender) -> None:
            await trial.peer.open()
            await trial.peer.page_of([file("mine", b"other"), link("mine", "x"), directory("dir")])
            await trial.peer.finish()
            await trial.peer.socket.close()
            await trial.peer.closed()

        registry.add(
            "receive",
            f"files that were there, {policy}",
            status,
            script,
            prepare=existing_file,
            arguments=["--on-conflict", policy],
        )

    async def wrong(trial: Sender) -> None:
        await trial.peer.open()
        await trial.peer.answered(page([file("mine", b"other")]))
        damaged = [bodies.chunk(0, b"other"), bodies.file_end(0, 5, bytes(32))]
        for body in (*damaged, bodies.page_end(0)):
            await trial.peer.body(body)
        # It may come once more, and is damaged again.
        await trial.peer.next(bodies.CHUNK_DIGESTS)
        for body in damaged:
            await trial.peer.body(body)
        _, _, failures = bodies.read_page_receipt(await trial.peer.next(bodies.PAGE_RECEIPT))
        trial.expect([code for _, code, _ in failures] == [b"checksum-mismatch"], f"the failures are {failures}")
        await trial.peer.finish()
        await trial.peer.socket.close()
        await trial.peer.closed()

    registry.add(
        "receive",
        "a file that was there stays when the new one is damaged, overwrite",
        9,
        wrong,
        prepare=existing_file,
        arguments=["--on-conflict", "overwrite"],
    )


existing()


@registry.case(
    "receive",
    "standard output: a directory, a link, two files",
    {USAGE, INCOMPLETE},
    arguments=["--stdout"],
    has_out=False,
)
async def _(trial: Sender) -> None:
    await trial.peer.open()
    await trial.peer.page_of([directory("d"), link("l", "d"), file("a", b"a"), file("b", b"b")])
    await trial.peer.finish()
    await trial.peer.socket.close()
    await trial.peer.closed()
