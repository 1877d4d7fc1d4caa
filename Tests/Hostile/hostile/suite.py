"""Runs all cases and mutations, and counts."""

from __future__ import annotations

import asyncio
import re
import time
from pathlib import Path

from .cases import all_cases
from .command import Relay
from .mutations import all_mutations
from .trial import Case, Surroundings


async def run(
    *,
    binary: str,
    quick_binary: str | None,
    directory: Path,
    only: re.Pattern[str],
    mutations: int,
    seed: int,
    jobs: int,
    lists: bool,
    verbose: bool,
) -> int:
    """The exit status."""
    everything = [case for case in all_cases() + all_mutations(mutations, seed) if only.search(case.title)]
    if lists:
        print("\n".join(case.title for case in everything))
        return 0
    surroundings = Surroundings(binary, directory, quick_binary=quick_binary)
    surroundings.warm()
    relay = Relay(binary, directory)
    await relay.start()
    surroundings.relay_port = relay.port
    started, passed, failed = time.monotonic(), 0, 0
    turn = asyncio.Semaphore(jobs)

    async def attempt(case: Case) -> None:
        nonlocal passed, failed
        if case.slow:
            faults = await case.run(surroundings)
        else:
            async with turn:
                faults = await case.run(surroundings)
        if faults:
            failed += 1
            print(f"FAILED {case.title}\n  " + "\n  ".join(faults), flush=True)
        else:
            passed += 1
        if verbose:
            print(f"{case.title}: {case.outcome}", flush=True)

    slow = [asyncio.create_task(attempt(case)) for case in everything if case.slow]
    await asyncio.gather(*(attempt(case) for case in everything if not case.slow), *slow)
    for fault in await relay.stop():
        failed += 1
        print(f"FAILED {fault}")
    named = sum(1 for case in everything if not case.is_mutation)
    print(
        f"{named} cases and {len(everything) - named} mutations with seed {seed} "
        f"in {time.monotonic() - started:.0f} s"
    )
    print(f"{passed} passed, {failed} failed")
    return 0 if passed and not failed else 1
