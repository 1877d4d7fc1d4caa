#!/usr/bin/env bash
# Sends real files from one folder to another the shortest way: `p2p-copy send PATH…` starts a relay of its own and
# prints the command for the other side, which this script runs as a person would.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# The demo is about a sender without a relay, whatever the person has set.
unset P2P_COPY_RELAY P2P_COPY_CODE P2P_COPY_RETRY_FOR

echo "demo: building (a few minutes the first time) …"
scripts/setup.sh build
scripts/build.sh --product p2p-copy
PATH=$PWD/.build/release:$PATH

work=$(mktemp -d)
sender=
clean_up() {
  if [ -n "$sender" ]; then
    kill "$sender" 2>/dev/null || true
    wait "$sender" 2>/dev/null || true
  fi
  rm -rf "$work"
}
trap clean_up EXIT
mkdir "$work/here" "$work/there"

for directory in docs Sources; do
  if [ -d "$directory" ]; then cp -R "$directory" "$work/here/"; fi
done
head -c $((50 * 1024 * 1024)) /dev/urandom >"$work/here/50-MiB.bin"
mkdir "$work/here/an-empty-directory"
ln -s 50-MiB.bin "$work/here/a-link"
echo "demo: to send: $(find "$work/here" -type f | wc -l) files, $(du -sh "$work/here" | cut -f1)"

echo "demo: \$ p2p-copy send $(cd "$work/here" && echo *)"
(cd "$work/here" && exec p2p-copy send * </dev/null >"$work/sender.out" 2>"$work/sender.err") &
sender=$!

command=
for _ in $(seq 300); do
  command=$(sed -n 's/^ *\(P2P_COPY_CODE=[^ ]* p2p-copy receive .*\)$/\1/p' \
    "$work/sender.out" 2>/dev/null | head -n 1) || true # The file may not be there yet.
  if [ -n "$command" ] || ! kill -0 "$sender" 2>/dev/null; then break; fi
  sleep 0.1
done
if [ -z "$command" ]; then
  echo "demo: the sender printed no command for the other side; it said:" >&2
  cat "$work/sender.out" "$work/sender.err" >&2
  exit 1
fi
echo "demo: the sender started a relay, made a code and printed what the other side runs:"
echo "demo: \$ $command"

failed=
(cd "$work/there" && eval "$command" </dev/null >"$work/receiver.out" 2>"$work/receiver.err") || failed="the receiver"
wait "$sender" || failed="${failed:-the sender}"
sender=
if [ -n "$failed" ]; then
  echo "demo: $failed failed; the two said:" >&2
  cat "$work"/sender.* "$work"/receiver.* >&2
  exit 1
fi
echo "demo: sender:   $(tail -n 1 "$work/sender.out")"
echo "demo: receiver: $(tail -n 1 "$work/receiver.out")"

# The receiver keeps a journal of what it put in place beside the files.
if ! diff -r --no-dereference --exclude=.p2p-copy-journal "$work/here" "$work/there"; then
  echo "demo: the folders differ" >&2
  exit 1
fi
echo "demo: both folders are the same, byte for byte (diff -r). Encrypted on the way; the relay stored nothing."
