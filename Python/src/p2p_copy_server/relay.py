"""The relay, as version 0.1 has it."""

from __future__ import annotations

import asyncio

from p2p_copy import Relay

__all__ = ["run_relay"]

#: How long the relay goes on when it is cancelled, in seconds.
_MOMENT = 0.2


async def run_relay(
    host: str,
    port: int,
    use_tls: bool = True,
    certfile: str | None = None,
    keyfile: str | None = None,
) -> None:
    """Run a relay until the task is cancelled.

    Args:
        host: The address to listen on.
        port: The port.
        use_tls: Whether to speak TLS.
        certfile: The certificate with its chain, a PEM file.
        keyfile: The certificate's private key, a PEM file.

    Raises:
        RuntimeError: TLS is asked for, and a file for it is missing.
        p2p_copy.RelayNotStarted: The relay cannot start.

    """
    if not use_tls:
        relay = Relay(host, port)
    elif certfile and keyfile:
        relay = Relay(host, port, certfile=certfile, keyfile=keyfile)
    else:
        raise RuntimeError("a relay with TLS needs certfile and keyfile")
    async with relay:
        print(f"\nRelay listening on {'wss' if use_tls else 'ws'}://{host}:{port}")
        try:
            await relay.wait_closed()
        except asyncio.CancelledError:
            # As in version 0.1, whoever has just come to the end has a moment for it; cancelling again is the end.
            await asyncio.sleep(_MOMENT)
            raise
