#!/usr/bin/env bash
# Everything that is tested: style, every test, the documentation, pipelines, hostile peers, chaos, the LZ4 trait, the custom codec
# example as a package of its own, and the sanitizers.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export P2P_COPY_STRICT=1

logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT

step() {
  printf '\n== %s (%d min) ==\n' "$1" $((SECONDS / 60))
}

# Runs the tests of a build, keeps what the runner says for the end, and fails when it ran none.
# Arguments: a name for the log, then the arguments of `swift test`.
run_tests() {
  local log=$logs/$1
  shift
  swift test -c release --disable-xctest --skip-build "$@" </dev/null 2>&1 | tee "$log"
  if ! grep -qE 'Test run with [1-9][0-9]* tests?.* passed' "$log"; then
    echo "test: no test was run by: swift test $*" >&2
    return 1
  fi
}

step "System packages and the Python tools"
scripts/setup.sh test
scripts/venv.sh interop
scripts/venv.sh pipelines
scripts/venv.sh python
export P2P_COPY_INTEROP_PYTHON=$PWD/.venv-interop/bin

step "Style"
make --no-print-directory lint

step "The tests"
# No target may import one that it does not name: the arrows between the modules are those of Package.swift.
scripts/build.sh --build-tests --explicit-target-dependency-import-check error
# Apart from each other: tests that start processes by the dozen would starve the others of processor time.
run_tests unit --skip 'InteropTests\.|EndToEndTests\.|P2PCopyTests\.'
run_tests library --filter 'P2PCopyTests\.'
run_tests end-to-end --filter 'EndToEndTests\.'
run_tests interop --filter 'InteropTests\.'
if .build/release/p2p-copy codecs | grep lz4; then
  echo "test: lz4 is there without its trait" >&2
  exit 1
fi

step "Documentation"
scripts/documentation.sh | tee "$logs/documentation"

step "Pipelines"
.venv-pipelines/bin/python Tests/Pipelines/run.py </dev/null 2>&1 | tee "$logs/pipelines"
if ! grep -qE '^[1-9][0-9]* passed, 0 failed$' "$logs/pipelines"; then
  echo "test: the pipelines were not tested" >&2
  exit 1
fi

step "The Python package"
(
  cd Python
  export P2P_COPY_BINARY=$PWD/../.build/release/p2p-copy P2P_COPY_ORIGINAL_PYTHON=$P2P_COPY_INTEROP_PYTHON/python
  ../.venv-python/bin/ruff check --quiet
  ../.venv-python/bin/ruff format --check --quiet
  ../.venv-python/bin/mypy
  ../.venv-python/bin/python -m pytest -q -n 2
) </dev/null 2>&1 | tee "$logs/python"
if ! grep -qE '^[1-9][0-9]* passed' "$logs/python"; then
  echo "test: the Python package was not tested" >&2
  exit 1
fi

step "Hostile peers"
# Half of what it does by hand: the time is limited.
.venv-interop/bin/python Tests/Hostile/run.py --mutations 1000 </dev/null 2>&1 | tee "$logs/hostile"
if ! grep -qE '^[1-9][0-9]* passed, 0 failed$' "$logs/hostile"; then
  echo "test: the hostile peers did not run" >&2
  exit 1
fi

step "Chaos"
python3 Tests/Chaos/run.py </dev/null 2>&1 | tee "$logs/chaos"
if ! grep -qE '^[1-9][0-9]* passed, 0 failed$' "$logs/chaos"; then
  echo "test: chaos did not run" >&2
  exit 1
fi

step "A third party's codec"
# A package of its own, in the same build folder: what both have in common is not built twice.
example=(--package-path Examples/CustomCodec --scratch-path .build)
scripts/build.sh "${example[@]}" --build-tests
run_tests example "${example[@]}"
.build/release/brotli-p2p-copy codecs | grep brotli

# With a trait all of this package is built again, so it comes when what is built without is not needed any more.
step "The LZ4 trait"
scripts/build.sh --traits LZ4 --build-tests
run_tests lz4 --traits LZ4 --filter 'CodecTests\.'
.build/release/p2p-copy codecs | grep lz4

# Last: each builds everything anew.
step "Sanitizers"
scripts/sanitizers.sh | tee "$logs/sanitizers"

step "All tests passed"
grep -hE 'Test run with|^documentation:' "$logs"/*
grep -hE '^[1-9][0-9]* passed' "$logs/python"
grep -hE '^[1-9][0-9]* passed, 0 failed$' "$logs/pipelines" "$logs/hostile" "$logs/chaos"
grep -hE '^(address|thread) sanitizer: ' "$logs/sanitizers"
