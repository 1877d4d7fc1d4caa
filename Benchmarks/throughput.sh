#!/usr/bin/env bash
# One random file, three processes of one tool, the tools and protocols in turn in each round. Prints seconds and ratios.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
[ -x "$python" ] || { echo "no $python: run 'make venv' first" >&2; exit 2; }
rounds=${ROUNDS:-3}
head -c "${SIZE:-1G}" /dev/urandom >"$folder/file"
bytes=$(stat -c %s "$folder/file")

# one TOOL [OPTIONS…]: prints wall seconds from starting both peers until both have ended.
one() {
  local tool=$1
  shift
  rm -rf "$folder/out"
  mkdir "$folder/out"
  start_relay "$tool"
  local start end receiver
  start=$(date +%s.%N)
  "$tool" receive "ws://localhost:$port" 4821-lusab-babad --out "$folder/out" "$@" >"$folder/receive.log" 2>&1 &
  receiver=$!
  "$tool" send "ws://localhost:$port" 4821-lusab-babad "$folder/file" --compress off "$@" >"$folder/send.log" 2>&1
  wait "$receiver"
  end=$(date +%s.%N)
  stop_relay
  cmp "$folder/file" "$folder/out/file"
  awk -v a="$start" -v b="$end" 'BEGIN { printf "%.3f", b - a }'
}

for mode in plain encrypted; do
  option=()
  [ "$mode" = plain ] || option=(--encrypt)
  one "$ours" --protocol 1 "${option[@]}" >/dev/null
  for round in $(seq "$rounds"); do
    a=$(one "$ours" --protocol 1 "${option[@]}")
    b=$(one "$python" "${option[@]}")
    awk -v m="$mode" -v r="$round" -v a="$a" -v b="$b" -v n="$bytes" 'BEGIN {
      printf "protocol 1 %-9s round %d: p2p-copy %.2f s (%.0f MiB/s), Python %.2f s (%.0f MiB/s), ratio %.2f\n",
        m, r, a, n / a / 1048576, b, n / b / 1048576, b / a }'
  done
done

one "$ours" >/dev/null
for round in $(seq "$rounds"); do
  a=$(one "$ours")
  b=$(one "$ours" --protocol 1)
  c=$(one "$ours" --checksums "$folder/checksums.$round")
  awk -v r="$round" -v a="$a" -v b="$b" -v c="$c" -v n="$bytes" 'BEGIN {
    printf "protocol 2 (encrypted) round %d: %.2f s (%.0f MiB/s), protocol 1 plain %.2f s, ratio %.2f; with --checksums %.2f s\n",
      r, a, n / a / 1048576, b, b / a, c }'
done
