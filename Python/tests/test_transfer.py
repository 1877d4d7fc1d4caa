from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from support import both, fresh_code, is_running, make_tree, open_descriptors, outcomes, random_bytes, tree, until

import p2p_copy
from p2p_copy import (
    Cancelled,
    DestinationExists,
    LimitExceeded,
    P2PCopyError,
    PeerFailed,
    PeerLeft,
    PeerNeverCame,
    Progress,
    ReceiveOptions,
    Relay,
    RelayUnreachable,
    SendOptions,
    Stopped,
    UsageError,
    WrongCode,
    events,
    receive_files,
    send_bytes,
    send_files,
    send_stream,
)


async def endless() -> AsyncIterator[bytes]:
    """Content of which there is always more to come."""
    while True:
        yield bytes(10_000)
        await asyncio.sleep(0.01)


async def test_a_folder_arrives_with_all_that_belongs_to_it(relay: str, tmp_path: Path, out: Path, code: str) -> None:
    layout = {"notes.txt": b"notes", "sub/big.bin": random_bytes(3_000_000)}
    source = make_tree(tmp_path / "results", layout)
    (source / "empty").mkdir()
    (source / "link").symlink_to("notes.txt")
    os.utime(source / "notes.txt", ns=(1, 1_600_000_000_123_456_789))
    sent, received = await both(send_files(source, relay=relay, code=code), receive_files(out, relay=relay, code=code))
    assert (sent.role, received.role) == ("sender", "receiver")
    assert sent.complete_files == received.complete_files == 2
    assert received.failures == 0
    assert (out / "results" / "empty").is_dir()
    assert os.readlink(out / "results" / "link") == "notes.txt"
    assert (out / "results" / "notes.txt").stat().st_mtime_ns == 1_600_000_000_123_456_789
    assert {name: content for name, content in tree(out / "results").items() if name != "link"} == layout


async def test_events_come_in_order_and_end_with_the_summary(relay: str, tmp_path: Path, out: Path, code: str) -> None:
    source = make_tree(tmp_path / "results", {"a": b"a", "b": b"bb"})

    async def receive() -> list[events.Event]:
        async with receive_files(out, relay=relay, code=code) as transfer:
            return [event async for event in transfer]

    async with send_files(source, relay=relay, code=code) as transfer:
        receiving = asyncio.ensure_future(receive())
        sent = [event async for event in transfer]
        summary = await transfer.result()
    received = await receiving
    for seen, role in ((sent, "send"), (received, "receive")):
        assert [type(event) for event in seen[:4]] == [
            events.Command,
            events.Waiting,
            events.Paired,
            events.Negotiated,
        ]
        assert isinstance(seen[0], events.Command)
        assert seen[0].command == role
        finished = {str(event.path): event.bytes for event in seen if isinstance(event, events.EntryFinished)}
        assert finished == {"results/a": 1, "results/b": 2}
    assert sent[-1] is summary is transfer.summary
    assert transfer.lost_events == 0


async def test_a_wrong_code_is_told_to_both_sides(relay: str, tmp_path: Path, out: Path) -> None:
    source = make_tree(tmp_path / "results", {"a": b"a"})
    channel = fresh_code().split("-")[0]
    sent, received = await outcomes(
        send_files(source, relay=relay, code=f"{channel}-lusab-babad"),
        receive_files(out, relay=relay, code=f"{channel}-lusab-babid"),
    )
    for error in (sent, received):
        assert isinstance(error, WrongCode)
        assert (error.code, error.status, error.remedy) == ("wrong-code", 8, error.remedy)
        assert error.advice is not None
        assert "new code" in error.advice
        assert str(error) == f"{error.message}; {error.advice}"


async def test_nobody_comes(relay: str, tmp_path: Path, code: str) -> None:
    source = make_tree(tmp_path / "results", {"a": b"a"})
    with pytest.raises(PeerNeverCame) as caught:
        await send_files(source, relay=relay, code=code, options=SendOptions(wait=1))
    assert (caught.value.code, caught.value.status) == ("peer-never-came", 5)
    assert caught.value.failures == ()


async def test_a_missing_source_is_an_error_of_usage(relay: str, tmp_path: Path, code: str) -> None:
    with pytest.raises(UsageError, match=r"gone"):
        await send_files(tmp_path / "gone", relay=relay, code=code)


async def test_a_missing_code_is_an_error_and_nobody_is_asked(relay: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no code"):
        await receive_files(tmp_path, relay=relay)


async def test_iterating_raises_what_the_transfer_fails_with(tmp_path: Path, code: str) -> None:
    async with Relay() as relay:
        url = relay.url
    with pytest.raises(RelayUnreachable):
        async with receive_files(tmp_path, relay=url, code=code, options=ReceiveOptions(retry_for=0)) as transfer:
            async for _ in transfer:
                pass


async def test_leaving_the_block_raises_what_nobody_has_asked_for(relay: str, tmp_path: Path, code: str) -> None:
    with pytest.raises(PeerNeverCame):
        async with receive_files(tmp_path, relay=relay, code=code, options=ReceiveOptions(wait=1)):
            pass


async def test_failures_of_entries_are_in_the_exception(relay: str, tmp_path: Path, out: Path, code: str) -> None:
    source = make_tree(tmp_path / "results", {"a": b"new", "b": b"b"})
    make_tree(out, {"results/a": b"old"})
    sent, received = await outcomes(
        send_files(source, relay=relay, code=code), receive_files(out, relay=relay, code=code)
    )
    assert isinstance(received, DestinationExists)
    assert [str(failure.path) for failure in received.failures] == ["results/a"]
    assert received.failures[0].code == "destination-exists"
    assert received.remedy == received.failures[0].remedy == "change-conflict-policy"
    assert received.failures[0].message in received.message
    assert received.summary is not None
    assert received.summary.complete_files == 1
    assert isinstance(sent, PeerFailed)
    assert tree(out) == {"results/a": b"old", "results/b": b"b"}


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ("overwrite", {"a.txt": b"new"}),
        ("skip", {"a.txt": b"old"}),
        ("rename", {"a.txt": b"old", "a (1).txt": b"new"}),
    ],
)
async def test_conflict_policies(
    relay: str, tmp_path: Path, out: Path, code: str, policy: p2p_copy.ConflictPolicy, expected: dict[str, bytes]
) -> None:
    make_tree(out, {"a.txt": b"old"})
    options = ReceiveOptions(on_conflict=policy)
    await both(
        send_bytes(b"new", "a.txt", relay=relay, code=code),
        receive_files(out, relay=relay, code=code, options=options),
    )
    assert tree(out) == expected


async def test_more_than_the_receiver_takes_ends_it(relay: str, tmp_path: Path, out: Path, code: str) -> None:
    source = make_tree(tmp_path / "results", {"a": bytes(5000)})
    sent, received = await outcomes(
        send_files(source, relay=relay, code=code),
        receive_files(out, relay=relay, code=code, options=ReceiveOptions(max_bytes=4000)),
    )
    assert isinstance(received, LimitExceeded)
    assert isinstance(sent, PeerFailed)


async def test_rules_choose_in_their_order(relay: str, tmp_path: Path, out: Path, code: str) -> None:
    source = make_tree(tmp_path / "results", {"a.csv": b"a", "b.tmp": b"b", "-c.csv": b"c", "sub/d.csv": b"d"})
    options = SendOptions(rules=[("exclude", "-c*"), ("include", "*/"), ("include", "*.csv")], exclude=["*"])
    listing = await p2p_copy.list_files(source, options=options)
    assert listing.files == 2
    await both(send_files(source, relay=relay, code=code, options=options), receive_files(out, relay=relay, code=code))
    assert tree(out) == {"results/a.csv": b"a", "results/sub/d.csv": b"d"}


async def test_paths_that_look_like_something_else(
    relay: str, tmp_path: Path, out: Path, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_tree(tmp_path / "in", {"-": b"dash", "-v": b"option", "a:/b": b"relay"})
    monkeypatch.chdir(tmp_path / "in")
    await both(
        send_files(["a://b", "-", Path("-v")], relay=relay, code=code), receive_files(out, relay=relay, code=code)
    )
    assert tree(out) == {"b": b"relay", "-": b"dash", "-v": b"option"}


async def test_names_that_are_not_utf8_go_there_and_back(relay: str, tmp_path: Path, out: Path, code: str) -> None:
    name = os.fsdecode(b"caf\xe9\n.txt")
    source = make_tree(tmp_path / os.fsdecode(b"d\xff"), {name: b"content", "äöü": b"utf-8"})
    (source / "link").symlink_to(name)
    listing = await p2p_copy.list_files([os.fsencode(source)])
    targets = [entry.target for entry in listing.entries if entry.kind == "symbolic_link"]
    assert [os.fsencode(target) for target in targets if target is not None] == [b"caf\xe9\n.txt"]

    async with receive_files(out, relay=relay, code=code) as transfer:
        sending = asyncio.ensure_future(send_files(source, relay=relay, code=code).run())
        paths = {event.path async for event in transfer if isinstance(event, events.EntryFinished)}
    await sending
    assert {os.fsencode(path) for path in paths} == {
        b"d\xff/caf\xe9\n.txt",
        "d\udcff/äöü".encode("utf-8", "surrogateescape"),
    }
    for path in paths:
        assert (out / path).read_bytes() == (tmp_path / path).read_bytes()


async def test_progress_comes_at_most_four_times_a_second_and_says_the_end(
    relay: str, tmp_path: Path, out: Path, code: str
) -> None:
    path = tmp_path / "slow.bin"
    path.write_bytes(random_bytes(3 << 20))
    seen: dict[str, list[tuple[float, Progress]]] = {"sender": [], "receiver": []}

    class Collector:
        is_closed = False

        def __init__(self, role: str) -> None:
            self.list = seen[role]

        def __call__(self, progress: Progress) -> None:
            assert not self.is_closed
            self.list.append((time.monotonic(), progress))

        def close(self) -> None:
            self.is_closed = True

    collectors = Collector("sender"), Collector("receiver")
    options = SendOptions(limit_rate=2 << 20)
    await both(
        send_files(path, relay=relay, code=code, progress=collectors[0], options=options),
        receive_files(out, relay=relay, code=code, progress=collectors[1]),
    )
    for collector in collectors:
        assert collector.is_closed
        *before, (_, last) = collector.list
        assert last.fraction == 1
        assert (last.bytes, last.files, last.total_files) == (3 << 20, 1, 1)
        assert len(before) >= 3
        span = before[-1][0] - before[0][0]
        assert len(before) - 1 <= span * 4 + 1
        sizes = [progress.bytes for _, progress in collector.list]
        assert sizes == sorted(sizes)


async def test_an_exception_of_the_callback_ends_the_transfer(relay: str, out: Path, code: str) -> None:
    def fail(progress: Progress) -> None:
        raise ZeroDivisionError("the callback's own")

    sent, received = await outcomes(
        send_stream(endless(), relay=relay, code=code, progress=fail),
        receive_files(out, relay=relay, code=code),
    )
    assert isinstance(sent, ZeroDivisionError)
    assert isinstance(received, (PeerLeft, Cancelled, PeerFailed))
    assert not list(out.rglob("stdin"))


@pytest.mark.parametrize("moment", [events.Command, events.Waiting, events.EntryStarted])
async def test_a_cancelled_task_ends_the_binary(relay: str, out: Path, code: str, moment: type[events.Event]) -> None:
    before = open_descriptors()
    other = asyncio.ensure_future(receive_files(out, relay=relay, code=code, options=ReceiveOptions(wait=3)).run())
    pids: list[int] = []

    async def send() -> None:
        async with send_stream(endless(), relay=relay, code=code) as transfer:
            pids.append(transfer.pid)
            await transfer.first(moment)
            reached.set()
            await transfer.result()

    reached = asyncio.Event()
    task = asyncio.ensure_future(send())
    await asyncio.wait_for(reached.wait(), 10)
    begin = time.monotonic()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert time.monotonic() - begin < 4
    assert not is_running(pids[0])
    # The other side is told at once, or was never met, or left alone in the moment when the code was to be proven.
    with pytest.raises((PeerLeft, PeerNeverCame, WrongCode)):
        await asyncio.wait_for(other, 10)
    await until(lambda: open_descriptors() <= before)


async def test_cancelling_twice_kills_the_binary(relay: str, tmp_path: Path, code: str) -> None:
    transfer = receive_files(tmp_path / "out", relay=relay, code=code)
    task = asyncio.ensure_future(transfer.run())
    await until(lambda: transfer._process is not None)
    await transfer.first(events.Waiting)
    os.kill(transfer.pid, signal.SIGSTOP)
    task.cancel()
    await asyncio.sleep(0.05)
    assert not task.done()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(task, 5)
    assert not is_running(transfer.pid)


async def test_a_timeout_is_a_cancellation(relay: str, tmp_path: Path, code: str) -> None:
    transfer = receive_files(tmp_path / "out", relay=relay, code=code)
    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(transfer.run(), 0.3)
    assert not is_running(transfer.pid)


async def test_an_exception_in_the_block_ends_the_transfer(relay: str, tmp_path: Path, code: str) -> None:
    with pytest.raises(ZeroDivisionError):
        async with receive_files(tmp_path / "out", relay=relay, code=code) as transfer:
            await transfer.first(events.Waiting)
            raise ZeroDivisionError
    assert not is_running(transfer.pid)


async def test_cancelling_by_the_method_is_an_error_of_its_own(relay: str, tmp_path: Path, code: str) -> None:
    with pytest.raises(Cancelled):
        async with receive_files(tmp_path / "out", relay=relay, code=code) as transfer:
            await transfer.first(events.Waiting)
            await transfer.cancel()


async def test_a_stopped_transfer_is_gone_on_with_by_the_same_again(
    relay: str, tmp_path: Path, out: Path, code: str
) -> None:
    path = tmp_path / "slow.bin"
    path.write_bytes(random_bytes(4 << 20))
    options = SendOptions(limit_rate=2 << 20)
    receiving = asyncio.ensure_future(receive_files(out, relay=relay, code=code).run())
    with pytest.raises(Stopped):
        async with send_files(path, relay=relay, code=code, options=options) as transfer:
            async for event in transfer:
                if isinstance(event, Progress) and event.bytes >= 1 << 20:
                    await transfer.stop()
    sent, received = await both(send_files(path, relay=relay, code=code), receiving)
    assert sent.complete_files == received.complete_files == 1
    assert sent.resumed_bytes > 0
    assert (out / path.name).read_bytes() == path.read_bytes()


async def test_the_relay_inside_the_sender_says_what_the_other_side_needs(tmp_path: Path, out: Path) -> None:
    source = make_tree(tmp_path / "results", {"a": b"a"})
    async with send_files(source) as transfer:
        invitation = await transfer.first(events.Code)
        assert invitation.code is not None
        assert "p2p-copy receive" in invitation.commands[0]
        await receive_files(out, relay=invitation.relays, code=invitation.code)
        summary = await transfer.result()
    assert summary.complete_files == 1
    assert tree(out) == {"results/a": b"a"}


async def test_the_environment_says_relay_and_code(
    relay: str, tmp_path: Path, out: Path, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("P2P_COPY_RELAY", relay)
    monkeypatch.setenv("P2P_COPY_CODE", code)
    source = make_tree(tmp_path / "results", {"a": b"a"})
    await both(send_files([source]), receive_files(out))
    assert tree(out) == {"results/a": b"a"}


async def test_the_code_is_not_on_the_command_line(relay: str, tmp_path: Path, code: str) -> None:
    async with receive_files(tmp_path / "out", relay=relay, code=code) as transfer:
        await transfer.first(events.Waiting)
        process = Path(f"/proc/{transfer.pid}")
        assert code.encode() not in (process / "cmdline").read_bytes()
        assert code.encode() not in (process / "environ").read_bytes()
        with pytest.raises(Cancelled):
            await transfer.cancel()
            await transfer.result()


async def test_waiting_for_an_event_that_never_comes_ends_with_the_transfer(relay: str, out: Path, code: str) -> None:
    receiving = asyncio.ensure_future(receive_files(out, relay=relay, code=code).run())
    async with send_bytes(b"a", "a", relay=relay, code=code) as transfer:
        with pytest.raises(LookupError, match="entry_renamed"):
            await transfer.first(events.EntryRenamed)
    await receiving


async def test_of_events_that_nobody_takes_the_oldest_are_dropped(
    relay: str, tmp_path: Path, out: Path, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("p2p_copy.transfer.EVENT_LIMIT", 10)
    source = make_tree(tmp_path / "results", {f"f{n}": b"x" for n in range(100)})
    receiving = asyncio.ensure_future(receive_files(out, relay=relay, code=code).run())
    async with send_files(source, relay=relay, code=code) as transfer:
        summary = await transfer.result()
        assert summary.complete_files == 100
        rest = [event async for event in transfer]
    await receiving
    assert len(rest) == 10
    assert rest[-1] is summary
    assert transfer.lost_events > 90


async def test_a_transfer_is_run_once(relay: str, out: Path, code: str) -> None:
    transfer = send_bytes(b"a", "a", relay=relay, code=code)
    with pytest.raises(RuntimeError, match="not started"):
        await transfer.result()
    await both(transfer, receive_files(out, relay=relay, code=code))
    with pytest.raises(RuntimeError, match="once"):
        await transfer


async def test_errors_can_be_pickled(relay: str, tmp_path: Path, code: str) -> None:
    import pickle

    with pytest.raises(P2PCopyError) as caught:
        await receive_files(tmp_path, relay=relay, code=code, options=ReceiveOptions(wait=1))
    again = pickle.loads(pickle.dumps(caught.value))
    assert type(again) is PeerNeverCame
    assert str(again) == str(caught.value)
    assert again.status == 5
    assert again.advice == caught.value.advice
