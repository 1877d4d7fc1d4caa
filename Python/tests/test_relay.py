from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest
from support import both, fresh_code, is_running, make_tree, open_descriptors, tree, until

import p2p_copy_server
from p2p_copy import (
    InternalError,
    ReceiveOptions,
    Relay,
    RelayNotStarted,
    SendOptions,
    receive_files,
    send_bytes,
)


async def accepts(url: str) -> bool:
    host, port = url.split("//")[1].rsplit(":", 1)
    try:
        _, writer = await asyncio.open_connection(host.strip("[]"), int(port))
    except OSError:
        return False
    writer.close()
    await writer.wait_closed()
    return True


async def test_a_relay_is_there_as_long_as_its_context() -> None:
    before = open_descriptors()
    relay = Relay()
    with pytest.raises(RuntimeError, match="does not run"):
        _ = relay.url
    async with relay:
        url = relay.url
        assert url.startswith("ws://127.0.0.1:")
        assert await accepts(url)
    assert not await accepts(url)
    await until(lambda: open_descriptors() <= before)


async def test_a_relay_without_await_is_the_same() -> None:
    with Relay("::1") as relay:
        url = relay.url
        assert url.startswith("ws://[::1]:")
        assert await accepts(url)
    assert not await accepts(url)


async def test_a_port_that_is_in_use_is_an_error() -> None:
    async with Relay() as first:
        port = int(first.url.rsplit(":", 1)[1])
        with pytest.raises(RelayNotStarted) as caught:
            async with Relay(port=port):
                pass
        assert caught.value.status == 18
        with pytest.raises(RelayNotStarted), Relay(port=port):
            pass


async def test_a_relay_that_dies_is_told_to_whoever_waits_for_its_end() -> None:
    async with Relay() as relay:
        assert relay._process is not None
        os.kill(relay._process.pid, signal.SIGKILL)
        with pytest.raises(InternalError, match="SIGKILL"):
            await asyncio.wait_for(relay.wait_closed(), 5)


async def test_the_function_of_version_0_1_runs_until_it_is_cancelled(capsys: pytest.CaptureFixture[str]) -> None:
    async with Relay() as other:
        port = int(other.url.rsplit(":", 1)[1])
    task = asyncio.ensure_future(p2p_copy_server.run_relay(host="127.0.0.1", port=port, use_tls=False))
    url = f"ws://127.0.0.1:{port}"
    await until(lambda: f"Relay listening on {url}" in capsys.readouterr().out)
    assert await accepts(url)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not await accepts(url)


async def test_the_function_of_version_0_1_wants_a_certificate_for_tls() -> None:
    with pytest.raises(RuntimeError, match="certfile"):
        await p2p_copy_server.run_relay("localhost", 0)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="there is no openssl to make a certificate with")
async def test_a_relay_with_tls(tmp_path: Path, out: Path) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
         "-keyout", key, "-out", certificate],
        check=True, capture_output=True,
    )  # fmt: skip
    code = fresh_code()
    async with Relay(certfile=certificate, keyfile=key) as relay:
        assert relay.url.startswith("wss://127.0.0.1:")
        await both(
            send_bytes(b"a", "a", relay=relay.url, code=code, options=SendOptions(ca_file=certificate)),
            receive_files(out, relay=relay.url, code=code, options=ReceiveOptions(ca_file=certificate)),
        )
    assert tree(out) == {"a": b"a"}


async def test_the_sides_meet_at_whichever_relay_both_can_reach(tmp_path: Path, out: Path, code: str) -> None:
    make_tree(tmp_path, {"a": b"a"})
    async with Relay() as gone:
        absent = gone.url
    async with Relay() as relay:
        await both(
            send_bytes(b"a", "a", relay=[absent, relay.url], code=code),
            receive_files(out, relay=[relay.url, absent], code=code),
        )
    assert tree(out) == {"a": b"a"}


async def test_an_exception_in_the_context_stops_the_relay() -> None:
    relay = Relay()
    with pytest.raises(ZeroDivisionError):
        async with relay:
            assert relay._process is not None
            pid = relay._process.pid
            raise ZeroDivisionError
    assert not is_running(pid)
