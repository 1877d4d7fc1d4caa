#!/bin/sh
# Runs 1,000 transfers in programs that use the library and return from main, under the address sanitizer. It builds
# everything in a folder of its own, which takes long; `make test` does without.
set -eu
cd "$(dirname "$0")/.."
scratch=${SCRATCH:-.build-asan}
swift build -c debug --sanitize=address --scratch-path "$scratch" --product ReturningProgram
program=$(swift build -c debug --sanitize=address --scratch-path "$scratch" --show-bin-path)/ReturningProgram
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
# Many ends of a process, and many transfers in one.
run=0
while [ $run -lt 250 ]; do
  "$program" "$folder" 2
  run=$((run + 1))
done
"$program" "$folder" 500
echo "1000 transfers in 251 processes, and no report"
