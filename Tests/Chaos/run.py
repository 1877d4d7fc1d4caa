#!/usr/bin/env python3
"""Chaos: transfers to which everything happens at once, by a seed. See README.md beside this."""

from __future__ import annotations

import argparse
import asyncio
import shutil
import statistics
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from chaos import processes  # noqa: E402
from chaos.surroundings import Case, FullDisk, Network, ReadOnlyDisk, missing  # noqa: E402
from chaos.trial import Trial  # noqa: E402

# From so many runs on it is no accident when few of them go on by themselves.
ENOUGH = 10


async def run(options: argparse.Namespace, directory: Path) -> int:
    binary = str(Path(options.binary).resolve())
    seeds = iter(range(options.seed, options.seed + options.runs))
    trials: list[Trial] = []

    async def work() -> None:
        for seed in seeds:
            place = directory / f"seed-{seed}"
            place.mkdir()
            trial = Trial(seed, binary, place, (options.megabytes // 4, options.megabytes))
            trials.append(trial)
            await observe(trial, options.keep)

    await asyncio.gather(*(work() for _ in range(options.jobs)))
    if trials:
        report(trials)
    cases: list[Case] = []
    counts: dict[type[Case], int] = {
        FullDisk: options.disks,
        ReadOnlyDisk: options.disks,
        Network: options.networks,
    }
    for kind, count in counts.items():
        cases += await run_cases(kind, count, options, binary, directory)
    done: list[Trial | Case] = [*trials, *cases]
    failed = [one for one in done if one.faults]
    for one in failed:
        print(f"failed: {one.line.partition(':')[0]}")
    # Each of them is honest, and yet nothing would go on by itself.
    gives_up = len(trials) >= ENOUGH and sum(trial.ended == (0, 0) for trial in trials) < len(trials) / 2
    if gives_up:
        print("failed: fewer than half of the runs were done at once")
    print(f"{len(done) - len(failed)} passed, {len(failed) + gives_up} failed")
    return 0 if done and not failed and not gives_up else 1


async def run_cases(
    kind: type[Case], count: int, options: argparse.Namespace, binary: str, directory: Path
) -> list[Case]:
    reason = missing(kind, directory) if count else ""
    if reason:
        print(f"{kind.kind}: left out, {reason}")
        return []
    cases: list[Case] = []
    for number in range(options.seed, options.seed + count):
        place = directory / f"{kind.kind.replace(' ', '-')}-{number}"
        place.mkdir()
        case = kind(number, binary, place)
        cases.append(case)
        await observe(case, options.keep)
    return cases


async def observe(one: Trial | Case, keeps: bool) -> None:
    """Runs it, prints how it ended, and takes away what it leaves if all is well."""
    try:
        await one.run()
    except Exception as error:
        one.faults.append(f"the run itself failed: {error!r}")
    print(one.line, flush=True)
    for fault in one.faults:
        print(f"    {fault}", flush=True)
    if not one.faults and not keeps:
        shutil.rmtree(one.directory)


def report(trials: list[Trial]) -> None:
    content = sum(trial.content for trial in trials)
    sent = sum(max(0, trial.figures.sent - trial.content) for trial in trials)
    recoveries = sorted(seconds for trial in trials for seconds in trial.figures.recoveries)
    at_once = sum(1 for trial in trials if trial.ended == (0, 0))
    print(
        f"{len(trials)} runs, {at_once} of them done at once, the others with the next run;"
        f" {sum(trial.figures.cuts for trial in trials)} cuts, {sum(trial.figures.stalls for trial in trials)} stalls,"
        f" {sum(trial.figures.kills for trial in trials)} kills"
    )
    print(f"{content >> 20} MiB of content, {sent >> 20} MiB beyond on the wire ({sent / max(1, content):.1%})")
    if recoveries:
        print(
            f"from a cut or a kill to the next progress: median {statistics.median(recoveries):.1f} s,"
            f" longest {recoveries[-1]:.1f} s, of {len(recoveries)}"
        )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--binary", default=".build/release/p2p-copy", help="the command (%(default)s)")
    parser.add_argument("--runs", type=int, default=30, metavar="N", help="how many runs (%(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="of the first; the others count on (%(default)s)")
    parser.add_argument("--jobs", type=int, default=2, help="at a time (%(default)s)")
    parser.add_argument("--megabytes", type=int, default=80, help="the largest file has at most (%(default)s)")
    parser.add_argument(
        "--disks", type=int, default=2, metavar="N", help="that fill, and that become read-only (%(default)s)"
    )
    parser.add_argument("--networks", type=int, default=1, metavar="N", help="whose interfaces go down (%(default)s)")
    parser.add_argument("--keep", action="store_true", help="keep logs and trees of what passes as well")
    options = parser.parse_args()
    directory = Path(tempfile.mkdtemp(prefix="p2p-copy-chaos-"))
    try:
        return asyncio.run(run(options, directory))
    finally:
        processes.kill_all()
        if any(directory.iterdir()):
            print(f"logs and trees are in {directory}")
        else:
            shutil.rmtree(directory)


if __name__ == "__main__":
    sys.exit(main())
