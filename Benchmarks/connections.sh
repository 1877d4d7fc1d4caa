#!/usr/bin/env bash
# Several connections: over a way of 40 ms on which a connection has WINDOW bytes under way at most (2 MiB), and on loopback.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
size=${SIZE:-512M}
window=${WINDOW:-2097152}
rounds=${ROUNDS:-3}
head -c "$size" /dev/urandom >"$folder/file"

# seconds CONNECTIONS SENDER_PORT: one transfer, wall-clock seconds.
seconds() {
  rm -rf "$folder/out"
  local start end
  start=$(date +%s.%N)
  "$ours" receive "ws://127.0.0.1:$port" 4821-lusab-babad --out "$folder/out" --quiet &
  local receiver=$!
  "$ours" send "ws://127.0.0.1:$2" 4821-lusab-babad "$folder/file" --compress off --connections "$1" --quiet
  wait "$receiver"
  end=$(date +%s.%N)
  cmp -s "$folder/file" "$folder/out/file" || { echo "the file differs" >&2; exit 1; }
  awk -v a="$start" -v b="$end" 'BEGIN { printf "%.2f", b - a }'
}

median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

start_relay "$ours"
python3 "$root/Benchmarks/long_way.py" "$port" "$window" >"$folder/way" &
way=$!
trap 'kill $way 2>/dev/null || true; cleanup' EXIT INT TERM
for _ in $(seq 100); do [ -s "$folder/way" ] && break; sleep 0.05; done
long=$(cat "$folder/way")
for where in long loopback; do
  for count in 1 8 auto; do
    [ "$where" = long ] && to=$long || to=$port
    for _ in $(seq "$rounds"); do seconds "$count" "$to"; echo; done | median >"$folder/$where.$count"
    awk -v w="$where" -v c="$count" -v s="$(cat "$folder/$where.$count")" -v o="$(cat "$folder/$where.1")" \
      'BEGIN { printf "%-8s way, connections %-4s: %6.2f s, %.2f times the rate of one\n", w, c, s, o / s }'
  done
done
stop_relay
