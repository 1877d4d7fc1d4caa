#!/usr/bin/env bash
# `swift build` for release, as everything here builds: the one place that has the flags. With others the compiler would do
# everything again, here and for whoever builds next.
#
#   scripts/build.sh ARGUMENT...    what `swift build` takes besides
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Package.swift turns warnings into errors where this is set.
export P2P_COPY_STRICT=1
# What --version says the command was built from.
P2P_COPY_COMMIT=$(git rev-parse --short=12 HEAD 2>/dev/null || true)
if [ -n "$P2P_COPY_COMMIT" ]; then export P2P_COPY_COMMIT; else unset P2P_COPY_COMMIT; fi

# C files name themselves in their errors: they are to name the same in whatever folder this is.
flags=(-Xcc "-ffile-prefix-map=$PWD=.")
# So that a linker can leave out a single function.
flags+=(-Xcc -ffunction-sections -Xcc -fdata-sections -Xswiftc -Xfrontend -Xswiftc -function-sections)

exec swift build -c release "${flags[@]}" "$@" </dev/null
