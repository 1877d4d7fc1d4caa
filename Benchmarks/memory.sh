#!/usr/bin/env bash
# Peak resident memory: of the three processes for one large file, and of the relay for each pair under back-pressure.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
size=${SIZE:-10G}

# A sparse file needs no room at the sender; the receiver writes it out in full.
truncate -s "$size" "$folder/file"
for mode in "protocol 2" "protocol 1"; do
  option=(--protocol "${mode#protocol }")
  rm -rf "$folder/out"
  start_relay "$ours"
  /usr/bin/time -f '%M' -o "$folder/receive.kib" \
    "$ours" receive "ws://localhost:$port" 4821-lusab-babad --out "$folder/out" "${option[@]}" --quiet &
  receiver=$!
  /usr/bin/time -f '%M' -o "$folder/send.kib" \
    "$ours" send "ws://localhost:$port" 4821-lusab-babad "$folder/file" --compress off "${option[@]}" --quiet
  wait "$receiver"
  awk -v m="$mode" -v z="$size" -v s="$(cat "$folder/send.kib")" -v r="$(cat "$folder/receive.kib")" -v y="$(peak "$relay")" \
    'BEGIN { printf "%-9s %s file: sender %.1f MiB, receiver %.1f MiB, relay %.1f MiB peak resident\n", m, z, s/1024, r/1024, y }'
  stop_relay
done
rm -rf "$folder/out" "$folder/file"

# Pairs whose receivers say hello and then do not read: the relay holds all it ever will for them.
pairs=${PAIRS:-100}
start_relay "$ours"
idle=$(awk '/VmRSS/ { print $2 }' "/proc/$relay/status")
python3 "$root/Benchmarks/stalled_pairs.py" "$port" "$pairs" &
clients=$!
sleep "${SETTLE:-8}"
loaded=$(awk '/VmHWM/ { print $2 }' "/proc/$relay/status")
kill "$clients" 2>/dev/null || true
wait "$clients" 2>/dev/null || true
stop_relay
awk -v p="$pairs" -v a="$idle" -v b="$loaded" \
  'BEGIN { printf "relay with %d stalled pairs: %.1f MiB peak, %.1f MiB idle, %.2f MiB a pair\n", p, b/1024, a/1024, (b-a)/1024/p }'
