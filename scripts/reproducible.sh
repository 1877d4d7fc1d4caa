#!/usr/bin/env bash
# Makes the release of the last commit a second time, in a clean clone in a folder with a longer name, and compares it with
# what `make dist` has made in this folder.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
if [ -n "$(git status --porcelain)" ]; then
  echo "reproducible: this folder has changes that are not committed" >&2
  exit 1
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
clone=$work/another-folder-with-a-longer-name
git clone -q . "$clone"
make --no-print-directory -C "$clone" dist >"$work/log" 2>&1 || {
  echo "reproducible: make dist failed in the clone:" >&2
  tail -n 40 "$work/log" >&2
  exit 1
}

if ! diff dist/SHA256SUMS "$clone/dist/SHA256SUMS"; then
  rm -rf .build-dist/other
  mkdir -p .build-dist
  cp -R "$clone/dist" .build-dist/other
  echo "reproducible: the two differ; the other one is in .build-dist/other" >&2
  exit 1
fi
echo "reproducible: the same $(wc -l <dist/SHA256SUMS) files twice, byte for byte, from $(git -C "$clone" rev-parse --short=12 HEAD)"
