from __future__ import annotations

import os
import re
from datetime import timezone
from pathlib import Path, PurePosixPath

import pytest
from support import both, fresh_code, make_tree, outcomes, random_bytes, tree

import p2p_copy
from p2p_copy import Receipt, ReceiveOptions, SendOptions, SourceUnreadable, UsageError, receive_files, send_files


async def transfer_with_receipts(relay: str, tmp_path: Path, out: Path) -> tuple[Receipt, Receipt]:
    name = os.fsdecode(b"caf\xe9.txt")
    source = make_tree(tmp_path / "results", {"big.bin": random_bytes(2_000_000), "sub/a.txt": b"a", name: b"x"})
    (source / "link").symlink_to("sub")
    os.utime(source / "sub" / "a.txt", ns=(0, -1_500_000_000))
    (source / "sub" / "a.txt").chmod(0o640)
    code = fresh_code()
    files = tmp_path / "sent.json", tmp_path / "received.json"
    await both(
        send_files(source, relay=relay, code=code, options=SendOptions(receipt=files[0])),
        receive_files(out, relay=relay, code=code, options=ReceiveOptions(receipt=files[1])),
    )
    return Receipt.load(files[0]), Receipt.load(files[1])


async def test_receipts_of_both_sides_say_the_same(relay: str, tmp_path: Path, out: Path) -> None:
    sent, received = await transfer_with_receipts(relay, tmp_path, out)
    assert (sent.role, received.role) == ("sender", "receiver")
    assert sent.tree_digest == received.tree_digest
    assert (received.files, received.directories, received.links, received.bytes) == (3, 2, 1, 2_000_002)
    assert received.complete
    assert received.failures == ()
    assert received.failure_count == 0
    assert received.created.tzinfo is timezone.utc
    entries = {os.fsencode(entry.path): entry for entry in received.entries}
    assert set(entries) == {
        b"results", b"results/big.bin", b"results/sub", b"results/sub/a.txt", b"results/caf\xe9.txt", b"results/link",
    }  # fmt: skip
    assert entries[b"results/link"].kind == "symbolic_link"
    assert entries[b"results/link"].target == PurePosixPath("sub")
    file = entries[b"results/sub/a.txt"]
    assert (file.kind, file.size, file.mode) == ("file", 1, 0o640)
    assert file.digest is not None
    assert file.mtime_ns == (out / "results/sub/a.txt").stat().st_mtime_ns == -1_500_000_000


async def test_a_directory_is_compared_with_its_receipt(relay: str, tmp_path: Path, out: Path) -> None:
    sent, received = await transfer_with_receipts(relay, tmp_path, out)
    verification = await received.verify(out)
    assert verification.is_match
    assert verification.differences == ()
    assert verification.totals.matching == 6
    assert (await sent.verify(tmp_path)).is_match

    (out / "results" / "sub" / "a.txt").write_bytes(b"b")
    os.unlink(out / "results" / os.fsdecode(b"caf\xe9.txt"))
    verification = await p2p_copy.verify(out, received.source)
    assert not verification.is_match
    assert {os.fsencode(d.path): d.what for d in verification.differences} == {
        b"results/sub/a.txt": "digest",
        b"results/caf\xe9.txt": "missing",
    }


async def test_failures_and_other_names_are_in_receipts(relay: str, tmp_path: Path, out: Path) -> None:
    source = make_tree(tmp_path / "results", {"a.txt": b"new", "b.txt": b"b"})
    receipt = tmp_path / "receipt.json"
    for policy in ("rename", "fail"):
        make_tree(out, {"results/a.txt": b"old"})
        code = fresh_code()
        await outcomes(
            send_files(source, relay=relay, code=code),
            receive_files(
                out,
                relay=relay,
                code=code,
                options=ReceiveOptions(receipt=receipt, on_conflict=policy),
            ),
        )
        loaded = Receipt.load(receipt)
        if policy == "rename":
            renamed = [entry for entry in loaded.entries if entry.sent_as is not None]
            assert [(str(entry.path), str(entry.sent_as)) for entry in renamed] == [
                ("results/a (1).txt", "results/a.txt")
            ]
    assert not loaded.complete
    assert loaded.failure_count == 1
    assert loaded.failures[0].shown_path == "results/a.txt"
    assert (loaded.failures[0].code, loaded.failures[0].remedy) == ("destination-exists", "change-conflict-policy")
    # All that is listed matches, but the transfer was not complete.
    verification = await loaded.verify(out)
    assert verification.differences == ()
    assert not verification.is_match


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{}", "no receipt"),
        ("[]", "no receipt"),
        ('{"format":"p2p-copy receipt 1"}', "damaged"),
        ("?", "Expecting value"),
    ],
)
def test_what_is_no_receipt_is_an_error(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "receipt.json").write_text(content)
    with pytest.raises(ValueError, match=message):
        Receipt.load(tmp_path / "receipt.json")


async def test_a_receipt_that_is_not_there_cannot_be_verified(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Receipt.load(tmp_path / "receipt.json")
    with pytest.raises(UsageError, match="cannot read the receipt"):
        await p2p_copy.verify(tmp_path, tmp_path / "receipt.json")


async def test_codes_are_fresh() -> None:
    codes = {await p2p_copy.make_code() for _ in range(3)}
    assert len(codes) == 3
    assert all(re.fullmatch(r"[0-9]{6}(-[a-z]{5}){2}", code) for code in codes)


async def test_what_would_be_sent_is_listed(tmp_path: Path) -> None:
    source = make_tree(tmp_path / "results", {"a.txt": b"abc", "b.tmp": b"b"})
    listing = await p2p_copy.list_files(source, options=SendOptions(exclude=["*.tmp"]))
    assert (listing.files, listing.bytes) == (1, 3)
    assert [(str(entry.path), entry.kind, entry.bytes) for entry in listing.entries] == [
        ("results", "directory", None),
        ("results/a.txt", "file", 3),
    ]
    with pytest.raises((SourceUnreadable, UsageError)):
        await p2p_copy.list_files(tmp_path / "gone")


async def test_what_transfers_left_is_shown_and_removed(tmp_path: Path) -> None:
    make_tree(tmp_path, {"sub/.a.p2p-copy-partial": b"part", "sub/kept": b"kept"})
    status = await p2p_copy.status(tmp_path)
    assert (status.partial_file_count, status.partial_bytes, status.journal) == (1, 4, None)
    assert not status.partial_files[0].in_use
    would = await p2p_copy.clean(tmp_path, dry_run=True)
    assert (await p2p_copy.clean(tmp_path, older_than=3600)).removed == ()
    cleaning = await p2p_copy.clean(tmp_path)
    assert would == cleaning
    assert [str(path) for path in cleaning.removed] == [str(status.partial_files[0].path)]
    assert cleaning.bytes == 4
    assert tree(tmp_path) == {"sub/kept": b"kept"}
    with pytest.raises(UsageError):
        await p2p_copy.status(tmp_path / "gone")


async def test_codecs_are_listed() -> None:
    codecs = {codec.name: codec for codec in await p2p_copy.codecs()}
    assert codecs["zstd"].kind == "compressor"
    assert {parameter.name for parameter in codecs["zstd"].parameters} >= {"level"}


async def test_settings_say_where_they_come_from(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("P2P_COPY_RETRY_FOR", "90s")
    settings = {setting.name: setting for setting in await p2p_copy.settings()}
    assert settings["retry-for"].values == ("90s",)
    assert (settings["retry-for"].source, settings["retry-for"].variable) == ("variable", "P2P_COPY_RETRY_FOR")
    assert settings["wait"].source == "default"
