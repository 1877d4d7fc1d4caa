#!/usr/bin/env python3
"""Hostile peers against the real command. See README.md beside this."""

from __future__ import annotations

import argparse
import asyncio
import re
import shutil
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from hostile import command, suite  # noqa: E402


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--binary", default=".build/release/p2p-copy", help="the command (%(default)s)")
    parser.add_argument("--quick-binary", help="the command without the cost of Argon2id, for mutations (beside it)")
    parser.add_argument("--only", default="", metavar="REGEX", help="only cases and mutations whose title matches")
    parser.add_argument("--mutations", type=int, default=2000, metavar="N", help="for each role (%(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="of the mutations (%(default)s)")
    parser.add_argument("--jobs", type=int, default=3, help="at a time (%(default)s)")
    parser.add_argument("--list", action="store_true", help="only list the titles")
    parser.add_argument("--verbose", action="store_true", help="also say how each process ended")
    options = parser.parse_args()
    quick = Path(options.quick_binary or Path(options.binary).with_name("quick-p2p-copy"))
    if options.quick_binary is None and not quick.exists():
        print(f"{quick} is not there: mutations meet {options.binary}, which takes longer")
    directory = Path(tempfile.mkdtemp(prefix="p2p-copy-hostile-"))
    try:
        return asyncio.run(
            suite.run(
                binary=str(Path(options.binary).resolve()),
                quick_binary=str(quick.resolve()) if quick.exists() else None,
                directory=directory,
                only=re.compile(options.only),
                mutations=options.mutations,
                seed=options.seed,
                jobs=options.jobs,
                lists=options.list,
                verbose=options.verbose,
            )
        )
    finally:
        for process in command.Command.running:
            process.kill()
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
