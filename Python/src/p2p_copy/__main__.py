"""The command ``p2p-copy``: the binary takes the place of this process."""

from __future__ import annotations

import os
import sys

from ._binary import find_binary
from .errors import BinaryNotFound


def main() -> None:
    """Run the binary with the arguments of this process."""
    try:
        path = find_binary()
    except BinaryNotFound as error:
        sys.exit(f"p2p-copy: {error}")
    os.execv(path, [path, *sys.argv[1:]])


if __name__ == "__main__":
    main()
