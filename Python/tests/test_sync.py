from __future__ import annotations

import asyncio
import io
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from support import make_tree, open_descriptors, python_environment, tree

import p2p_copy
from p2p_copy import PeerNeverCame, Progress, Receipt, ReceiveOptions, SendOptions, events, sync


def beside(work: Callable[..., Any], *arguments: Any, **options: Any) -> Future[Any]:
    executor = ThreadPoolExecutor(1)
    future = executor.submit(work, *arguments, **options)
    executor.shutdown(wait=False)
    return future


def test_the_functions_of_version_0_1(relay: str, tmp_path: Path, out: Path, code: str) -> None:
    source = make_tree(tmp_path / "src", {"a": b"a"})
    receiving = beside(sync.receive, relay, code, encrypt=True, out=str(out))
    assert sync.send(relay, code, [str(source)], encrypt=True) == 0
    assert receiving.result(20) == 0
    assert tree(out) == {"src/a": b"a"}


def test_transfers_are_context_managers_and_iterators(relay: str, tmp_path: Path, out: Path, code: str) -> None:
    before = open_descriptors()
    source = make_tree(tmp_path / "results", {"a": b"a"})
    shown: list[Progress] = []
    receiving = beside(sync.receive_files(out, relay=relay, code=code, progress=shown.append).result)
    with sync.send_files(source, relay=relay, code=code) as transfer:
        assert transfer.first(events.Command).command == "send"
        assert transfer.pid > 0
        seen = [type(event) for event in transfer]
        summary = transfer.result()
    assert receiving.result(20).complete_files == 1
    assert seen[0] is events.Command
    assert seen[-1] is events.Summary
    assert transfer.summary is summary
    assert transfer.lost_events == 0
    assert shown[-1].fraction == 1
    names = [thread.name for thread in threading.enumerate()]
    assert "p2p_copy transfer" not in names
    assert open_descriptors() <= before


def test_streams_and_commands(relay: str, tmp_path: Path, out: Path, code: str) -> None:
    receiving = beside(sync.receive_bytes, max_bytes=100, relay=relay, code=code)
    sync.send_bytes(b"content", "x", relay=relay, code=code).result()
    assert receiving.result(20) == b"content"
    memory = io.BytesIO()
    receiving = beside(sync.receive_stream, memory, relay=relay, code=code)
    sync.send_stream([b"con", b"tent"], relay=relay, code=code).result()
    assert receiving.result(20) == 7
    assert memory.getvalue() == b"content"

    source = make_tree(tmp_path / "results", {"a": b"a"})
    receipt = tmp_path / "receipt.json"
    receiving = beside(sync.receive_files(out, relay=relay, code=code).result)
    sync.send_files(source, relay=relay, code=code, options=SendOptions(receipt=receipt)).result()
    receiving.result(20)
    assert sync.verify(out, Receipt.load(receipt)).is_match
    assert sync.list_files(source).files == 1
    assert sync.status(out).partial_file_count == 0
    assert sync.clean(out, dry_run=True).bytes > 0
    assert sync.make_code()
    assert sync.codecs()


async def test_it_works_where_an_event_loop_runs(relay: str, tmp_path: Path, code: str) -> None:
    with pytest.raises(PeerNeverCame):
        sync.receive_files(tmp_path, relay=relay, code=code, options=ReceiveOptions(wait=1)).result()
    assert sync.make_code()
    with p2p_copy.Relay() as other:
        assert other.url != relay
    await asyncio.sleep(0)


def test_cancel_and_stop(relay: str, tmp_path: Path, code: str) -> None:
    with pytest.raises(p2p_copy.Cancelled), sync.receive_files(tmp_path, relay=relay, code=code) as transfer:
        transfer.first(events.Waiting)
        transfer.cancel()
    with pytest.raises(p2p_copy.Stopped), sync.receive_files(tmp_path, relay=relay, code=code) as transfer:
        transfer.first(events.Waiting)
        transfer.stop()


def test_a_transfer_outside_its_block_is_an_error(relay: str, tmp_path: Path, code: str) -> None:
    transfer = sync.receive_files(tmp_path, relay=relay, code=code)
    with pytest.raises(RuntimeError, match="does not run"):
        next(iter(transfer))


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_ctrl_c_ends_the_binary_in_order(relay: str, tmp_path: Path, code: str, kind: str) -> None:
    work = {
        "sync": "sync.receive_files(sys.argv[1], relay=sys.argv[2], code=sys.argv[3], progress=print).result()",
        "async": "asyncio.run(main())",
    }[kind]
    program = textwrap.dedent(f"""
        import asyncio, sys
        from p2p_copy import receive_files, sync

        async def main():
            await receive_files(sys.argv[1], relay=sys.argv[2], code=sys.argv[3])

        try:
            {work}
        except KeyboardInterrupt:
            print("interrupted")
    """)
    process = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path / "out"), relay, code],
        env=python_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    children: list[int] = []
    end = time.monotonic() + 20
    while time.monotonic() < end and not children:
        children = [
            int(name)
            for name in os.listdir("/proc")
            if name.isdigit() and _parent(int(name)) == process.pid and b"--json" in _command(int(name))
        ]
        time.sleep(0.05)
    assert len(children) == 1
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=20)
    assert output == "interrupted\n", errors
    assert "Traceback" not in errors
    assert not Path(f"/proc/{children[0]}").exists()


def _parent(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])
    except OSError:
        return 0


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""
