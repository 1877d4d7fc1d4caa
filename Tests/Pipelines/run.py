#!/usr/bin/env python3
"""What scripts and other programs meet. See README.md beside this."""

from __future__ import annotations

import argparse
import importlib
import re
import sys
import tempfile
import time
import traceback
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from pipelines.support import Skipped, Workspace  # noqa: E402

MODULES = ["json_lines", "proxies", "receipts", "settings", "terminals", "workflows", "documents"]
ROOT = Path(__file__).resolve().parents[2]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--binary", default=str(ROOT / ".build/release/p2p-copy"))
    parser.add_argument("--only", default="", metavar="REGEX", help="only the checks whose name has this")
    options = parser.parse_args()
    passed = failed = 0
    for name in MODULES:
        module = importlib.import_module(f"pipelines.{name}")
        for check in module.CHECKS:
            title = f"{name}: {(check.__doc__ or check.__name__).strip().splitlines()[0]}"
            if not re.search(options.only, title):
                continue
            start = time.monotonic()
            with tempfile.TemporaryDirectory(prefix="p2p-copy-pipelines-") as directory:
                try:
                    with Workspace(Path(directory), options.binary, ROOT) as workspace:
                        check(workspace)
                except Skipped as reason:
                    print(f"skipped {title}: {reason}", flush=True)
                except Exception:
                    failed += 1
                    traceback.print_exc()
                    print(f"FAILED {title}", flush=True)
                else:
                    passed += 1
                    print(f"ok {title} ({time.monotonic() - start:.1f} s)", flush=True)
    print(f"{passed} passed, {failed} failed", flush=True)
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
