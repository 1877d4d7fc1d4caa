"""What version 0.1 promises, and its public tests check, between the two functions of this package."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from support import both, fresh_code, make_tree, outcomes, random_bytes, repeated_bytes, tree, until

import p2p_copy
from p2p_copy import CompressMode, Relay, RelayUnreachable
from p2p_copy import receive as api_receive
from p2p_copy import send as api_send

CHUNK = 1 << 20
PARTIAL = ".big.bin.p2p-copy-partial"


async def transfer(relay: str, files: list[str], out: Path, *, encrypt: bool = False, **options: object) -> list[int]:
    code = fresh_code()
    return await both(
        api_receive(server=relay, code=code, encrypt=encrypt, out=str(out)),
        api_send(server=relay, code=code, files=files, encrypt=encrypt, **options),  # type: ignore[arg-type]
    )


async def test_one_file(relay: str, tmp_path: Path, out: Path) -> None:
    source = tmp_path / "sample.txt"
    source.write_text("hello")
    assert await transfer(relay, [str(source)], out) == [0, 0]
    assert tree(out) == {"sample.txt": b"hello"}


async def test_several_files_with_positional_arguments(relay: str, tmp_path: Path, out: Path) -> None:
    make_tree(tmp_path, {"one.txt": b"1", "two.txt": b"22"})
    files = [str(tmp_path / "one.txt"), str(tmp_path / "two.txt")]
    code = fresh_code()
    assert await both(api_receive(relay, code, out=str(out)), api_send(relay, code, files)) == [0, 0]
    assert tree(out) == {"one.txt": b"1", "two.txt": b"22"}


async def test_nested_directories_arrive_below_the_name_of_the_one_given(relay: str, tmp_path: Path, out: Path) -> None:
    layout = {"dir1/a.txt": b"hello a", "dir1/b.bin": b"bbb", "dir2/sub/deep.txt": b"", "c.txt": b"phase3 test"}
    source = make_tree(tmp_path / "src", layout)
    assert await transfer(relay, [str(source)], out) == [0, 0]
    assert tree(out) == {f"src/{name}": content for name, content in layout.items()}


@pytest.mark.parametrize("encrypt", [False, True])
@pytest.mark.parametrize("mode", list(CompressMode))
async def test_every_compression_with_and_without_encryption(
    relay: str, tmp_path: Path, out: Path, mode: CompressMode, encrypt: bool
) -> None:
    layout = {
        "big/compressible.bin": repeated_bytes(512_000),
        "big/incompressible.bin": random_bytes(512_000),
        "tiny.txt": b"tiny",
    }
    source = make_tree(tmp_path / "src", layout)
    assert await transfer(relay, [str(source)], out, compress=mode, encrypt=encrypt) == [0, 0]
    assert tree(out / "src") == layout


async def test_compression_may_be_given_by_its_name(relay: str, tmp_path: Path, out: Path) -> None:
    source = make_tree(tmp_path / "src", {"a": repeated_bytes(1000)})
    assert await transfer(relay, [str(source)], out, compress="on") == [0, 0]


async def test_pairs_with_different_codes_do_not_meet(relay: str, tmp_path: Path) -> None:
    make_tree(tmp_path, {"a.txt": b"AAA", "b.txt": b"BBB"})
    codes = fresh_code(), fresh_code()
    statuses = await both(
        api_receive(code=codes[0], server=relay, out=str(tmp_path / "outA")),
        api_receive(code=codes[1], server=relay, out=str(tmp_path / "outB")),
        api_send(files=[str(tmp_path / "a.txt")], code=codes[0], server=relay),
        api_send(files=[str(tmp_path / "b.txt")], code=codes[1], server=relay),
    )
    assert statuses == [0, 0, 0, 0]
    assert tree(tmp_path / "outA") == {"a.txt": b"AAA"}
    assert tree(tmp_path / "outB") == {"b.txt": b"BBB"}


@pytest.mark.parametrize(
    "files", ["a text", [], ["xx", "t"], ["/nowhere/at/all"]], ids=["text", "none", "short", "gone"]
)
async def test_what_is_no_list_of_files_is_refused(
    relay: str, files: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert await api_send(relay, fresh_code(), files) == 3
    assert "[p2p_copy] send(): there is nothing to send" in capsys.readouterr().out


async def test_missing_files_are_named_and_the_others_sent(
    relay: str, tmp_path: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "here.txt"
    source.write_bytes(b"here")
    files = [str(tmp_path / "gone.txt"), str(source), str(source), "x"]
    assert await transfer(relay, files, out) == [0, 0]
    assert tree(out) == {"here.txt": b"here"}
    printed = capsys.readouterr().out
    assert "gone.txt' does not exist" in printed
    assert "'x' is one character" in printed


async def test_a_directory_without_files_is_nothing_to_send(relay: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert await asyncio.wait_for(api_send(relay, fresh_code(), [str(tmp_path / "empty")]), 10) == 3


async def test_a_tilde_stands_for_the_home_directory(
    relay: str, tmp_path: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(make_tree(tmp_path, {"mine.txt": b"mine"})))
    assert await transfer(relay, ["~/mine.txt"], out) == [0, 0]
    assert tree(out) == {"mine.txt": b"mine"}


async def test_a_receiver_without_a_directory_takes_the_current_one(
    relay: str, tmp_path: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = make_tree(tmp_path, {"a.txt": b"a"}) / "a.txt"
    out.mkdir()
    monkeypatch.chdir(out)
    code = fresh_code()
    assert await both(api_receive(relay, code), api_send(relay, code, [str(source)])) == [0, 0]
    assert tree(out) == {"a.txt": b"a"}


async def test_what_is_there_is_overwritten(relay: str, tmp_path: Path, out: Path) -> None:
    source = make_tree(tmp_path / "src", {"a": b"new", "b": b"same"})
    make_tree(out, {"src/a": b"old and longer", "src/b": b"same", "other": b"other"})
    assert await transfer(relay, [str(source)], out) == [0, 0]
    assert tree(out) == {"src/a": b"new", "src/b": b"same", "other": b"other"}


async def test_both_sides_must_say_the_same_of_encryption(relay: str, tmp_path: Path, out: Path) -> None:
    source = make_tree(tmp_path, {"a.txt": b"a"}) / "a.txt"
    code = fresh_code()
    results = await outcomes(
        asyncio.wait_for(api_receive(code=code, server=relay, encrypt=True, out=str(out)), 1),
        asyncio.wait_for(api_send(files=[str(source)], code=code, server=relay, encrypt=False), 1),
    )
    assert [type(result) for result in results] == [asyncio.TimeoutError, asyncio.TimeoutError]
    assert tree(out) == {}


async def test_a_code_can_ask_for_several_connections(relay: str, tmp_path: Path, out: Path) -> None:
    layout = {f"f{n}": random_bytes(1000 * n, n) for n in range(8)}
    source = make_tree(tmp_path / "src", layout)
    code = f"n=3=n{fresh_code()}"
    statuses = await both(
        api_receive(relay, code, encrypt=True, out=str(out)), api_send(relay, code, [str(source)], encrypt=True)
    )
    assert statuses == [0, 0]
    assert tree(out / "src") == layout


async def test_a_relay_that_is_not_there_raises_an_error_of_connections(tmp_path: Path) -> None:
    source = make_tree(tmp_path, {"a.txt": b"a"}) / "a.txt"
    async with Relay() as relay:
        url = relay.url
    with pytest.raises(ConnectionError) as caught:
        await api_send(url, fresh_code(), [str(source)])
    assert isinstance(caught.value, RelayUnreachable)
    with pytest.raises(OSError, match="refused the connection"):
        await api_receive(url, fresh_code(), out=str(tmp_path))


async def test_a_second_sender_with_the_same_code_is_refused(relay: str, tmp_path: Path, out: Path) -> None:
    source = make_tree(tmp_path, {"a.txt": b"a"}) / "a.txt"
    code = fresh_code()
    results = await outcomes(*(asyncio.wait_for(api_send(relay, code, [str(source)]), 2) for _ in range(2)))
    kinds = {type(result) for result in results}
    assert kinds == {p2p_copy.RelayRefused, asyncio.TimeoutError}


@pytest.mark.parametrize("resume", [True, False])
async def test_what_the_receiver_has_is_skipped_completed_or_replaced(relay: str, tmp_path: Path, resume: bool) -> None:
    payload = (b"ABCDEFG" * (2 * CHUNK))[: 2 * CHUNK]
    source = make_tree(tmp_path / "src", {"big.bin": payload})
    for name, there in {
        "nothing": None,
        "all": payload,
        "half": payload[:CHUNK],
        "damaged": payload[:-1] + b"B",
    }.items():
        out = tmp_path / name
        if there is not None:
            make_tree(out, {"src/big.bin": there})
        assert await transfer(relay, [str(source)], out, resume=resume, compress=CompressMode.off) == [0, 0]
        assert tree(out) == {"src/big.bin": payload}, name


@pytest.mark.parametrize("compress", [CompressMode.off, CompressMode.on])
@pytest.mark.parametrize("encrypt", [False, True])
async def test_one_file_is_resumed_again_and_again(
    relay: str, tmp_path: Path, out: Path, encrypt: bool, compress: CompressMode
) -> None:
    data = random_bytes(2_200_007)
    source = make_tree(tmp_path, {"src.bin": data}) / "src.bin"
    received = out / "src.bin"
    half = len(data) // 2
    damaged = bytearray(data[:half])
    damaged[10] ^= 0xFF
    for there in (None, data, data[:half], bytes(damaged)):
        if there is not None:
            received.write_bytes(there)
        statuses = await transfer(relay, [str(source)], out, encrypt=encrypt, resume=True, compress=compress)
        assert statuses == [0, 0]
        assert tree(out) == {"src.bin": data}


@pytest.mark.parametrize("who", ["sender", "receiver"])
@pytest.mark.parametrize("encrypt", [False, True])
async def test_a_transfer_that_broke_off_is_gone_on_with(
    relay: str, tmp_path: Path, out: Path, encrypt: bool, who: str
) -> None:
    """Version 0.1 leaves the part under the file's own name, this one under one of its own."""
    payload = repeated_bytes(96 * CHUNK)
    source = make_tree(tmp_path / "src", {"big.bin": payload})
    code = fresh_code()
    receiving = asyncio.ensure_future(api_receive(server=relay, code=code, encrypt=encrypt, out=str(out)))
    sending = asyncio.ensure_future(
        api_send(server=relay, code=code, files=[str(source)], encrypt=encrypt, compress=CompressMode.off)
    )
    partial = out / "src" / PARTIAL
    await until(lambda: partial.exists() and partial.stat().st_size >= CHUNK)
    cancelled, other = (sending, receiving) if who == "sender" else (receiving, sending)
    cancelled.cancel()
    with pytest.raises(asyncio.CancelledError):
        await cancelled
    assert await asyncio.wait_for(other, 10) == (4 if who == "sender" else 3)
    assert 0 < partial.stat().st_size < len(payload)
    assert not (out / "src" / "big.bin").exists()

    assert await transfer(relay, [str(source)], out, encrypt=encrypt, resume=True) == [0, 0]
    assert tree(out) == {"src/big.bin": payload}


async def test_protocol_2_can_be_chosen(relay: str, tmp_path: Path, out: Path) -> None:
    source = make_tree(tmp_path / "src", {"a": b"new"})
    (source / "empty").mkdir()
    make_tree(out, {"src/a": b"old"})
    code = fresh_code()
    statuses = await both(
        api_receive(relay, code, out=str(out), protocol=2),
        api_send(relay, code, [str(source)], encrypt=True, protocol=2),
    )
    assert statuses == [0, 0]
    assert tree(out) == {"src/a": b"new"}
    assert (out / "src" / "empty").is_dir()


async def test_there_is_no_third_protocol(relay: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no protocol 3"):
        await api_receive(relay, fresh_code(), out=str(tmp_path), protocol=3)  # type: ignore[arg-type]
