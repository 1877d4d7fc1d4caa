#!/usr/bin/env bash
# Runs the tests that run within one process with the address sanitizer and with the thread sanitizer. Each has a build folder of
# its own, since everything is built anew for it.
#
#   scripts/sanitizers.sh [address] [thread]    both, if nothing is said
#
# Where P2P_COPY_DEADLINE is set, in seconds since 1970, one that would not be done by then is left out, and that is said: what
# has a limit is ended there, and with it all that was found by then is lost.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export P2P_COPY_STRICT=1
[ $# -gt 0 ] || set -- address thread

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
binaries=$(dirname "$(readlink -f "$(command -v swift)")")
compiler=clang
[ -x "$binaries/clang" ] && compiler=$binaries/clang

# What is slowed down several times over is not to be done all at the same time as well.
export SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH=16

# What the sanitizers do about a fault; the thread sanitizer goes on, so that one run shows everything.
export ASAN_OPTIONS=detect_leaks=0
export TSAN_OPTIONS=halt_on_error=0:exitcode=66:suppressions=$PWD/Tests/Sanitizers/thread.supp

# under SANITIZER COMMAND...: a command with what has to be loaded in front of the toolchain's libraries.
under() {
  local sanitizer=$1
  shift
  if [ "$sanitizer" = thread ]; then
    LD_PRELOAD=$work/synchronization.so "$@"
  else
    "$@"
  fi
}

# What the linker says of each symbol of the address sanitizer, hundreds of times.
without_linker_words() {
  sed '/Cannot export local symbol/d'
}

# Makes sure that a sanitizer finds what it is for, and takes nothing else for it.
probe() {
  local sanitizer=$1 faults=memory
  swiftc -O -sanitize="$sanitizer" Tests/Sanitizers/Probe.swift -o "$work/probe-$sanitizer" 2>&1 | without_linker_words
  under "$sanitizer" "$work/probe-$sanitizer" nothing
  if [ "$sanitizer" = thread ]; then
    under thread "$work/probe-thread" mutex
    under thread "$work/probe-thread" continuation
    faults=race
  fi
  if under "$sanitizer" "$work/probe-$sanitizer" "$faults" >"$work/report" 2>&1 \
    || ! grep -q 'Sanitizer: ' "$work/report"; then
    echo "sanitizers: the $sanitizer sanitizer does not find what it is for" >&2
    return 1
  fi
}

# How long one takes, in seconds: a guess for a slow machine, and then what the one before took.
needed=1320
for sanitizer in "$@"; do
  if [ -n "${P2P_COPY_DEADLINE:-}" ] && [ $((P2P_COPY_DEADLINE - $(date +%s))) -lt "$needed" ]; then
    echo "$sanitizer sanitizer: left out, since it takes about $((needed / 60)) minutes, and fewer are left"
    continue
  fi
  begin=$SECONDS
  [ "$sanitizer" = thread ] \
    && "$compiler" -shared -fPIC -O2 -Wall -Werror -o "$work/synchronization.so" Tests/Sanitizers/synchronization.c
  probe "$sanitizer"
  build=(-c release --sanitize="$sanitizer" --scratch-path ".build-$sanitizer")
  swift build "${build[@]}" --build-tests </dev/null 2>&1 | without_linker_words
  # Those that start processes start the ordinary command, and the Python tool.
  if ! under "$sanitizer" swift test "${build[@]}" --disable-xctest --skip-build \
    --skip 'InteropTests\.|EndToEndTests\.' </dev/null >"$work/log" 2>&1 \
    || grep -qE '^SUMMARY: (Thread|Address)Sanitizer' "$work/log"; then
    grep -vE '^(◇|✔)' "$work/log" | grep -v 'Test case passing' >&2 || true
    echo "sanitizers: faults with the $sanitizer sanitizer" >&2
    exit 1
  fi
  passed=$(sed -nE 's/.*Test run with ([1-9][0-9]* tests?.* passed).*/\1/p' "$work/log")
  if [ -z "$passed" ]; then
    echo "sanitizers: no test was run with the $sanitizer sanitizer" >&2
    exit 1
  fi
  echo "$sanitizer sanitizer: $passed"
  needed=$(((SECONDS - begin) * 12 / 10))
done
