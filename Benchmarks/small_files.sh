#!/usr/bin/env bash
# 10,000 files of 0.5 to 8 KiB: p2p-copy (protocol 2, its own relay), tar | ssh | tar, rsync -a over ssh, in turn in each
# round. The ssh server is one of this script's own, on loopback, with keys made for the run; it listens before the clock
# starts, and so does our receiver, whose half of stretching the code is done by then. "both started" starts receiver and
# sender together, with the clock.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
for tool in tar rsync ssh /usr/sbin/sshd; do
  command -v "$tool" >/dev/null || { echo "no $tool: apt-get install openssh-server rsync" >&2; exit 2; }
done
rounds=${ROUNDS:-5}

python3 - "$folder/tree" "${FILES:-10000}" <<'PYTHON'
import os, random, sys
random.seed(1)
root, count = sys.argv[1], int(sys.argv[2])
for index in range(count):
    directory = f"{root}/{index // 100}"
    if index % 100 == 0:
        os.makedirs(directory)
    with open(f"{directory}/{index % 100}", "wb") as file:
        file.write(random.randbytes(random.randint(512, 8192)))
PYTHON

ssh-keygen -q -t ed25519 -N '' -f "$folder/host" >/dev/null
ssh-keygen -q -t ed25519 -N '' -f "$folder/user" >/dev/null
cp "$folder/user.pub" "$folder/authorized"
ssh_port=$(free_port)
mkdir -p /run/sshd
/usr/sbin/sshd -D -e -f /dev/null -p "$ssh_port" -o ListenAddress=127.0.0.1 -o HostKey="$folder/host" \
  -o AuthorizedKeysFile="$folder/authorized" -o StrictModes=no -o PidFile=none -o UsePAM=no 2>"$folder/sshd.log" &
sshd=$!
trap 'kill $sshd 2>/dev/null || true; cleanup' EXIT INT TERM
wait_for_port "$ssh_port"
connect=(ssh -p "$ssh_port" -i "$folder/user" -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -q)

receive() {
  "$ours" receive "ws://localhost:$port" 4821-lusab-babad --out "$folder/out" --quiet &
  receiver=$!
}
p2p_copy() {
  "$ours" send "ws://localhost:$port" 4821-lusab-babad "$folder/tree" --quiet
  wait "$receiver"
}
both_started() {
  receive
  p2p_copy
}
tar_over_ssh() {
  tar -C "$folder" -cf - tree | "${connect[@]}" 127.0.0.1 "tar -C '$folder/out' -xf -"
}
rsync_over_ssh() {
  rsync -a -e "${connect[*]}" "$folder/tree" "127.0.0.1:$folder/out/"
}

# one FUNCTION: prints wall seconds.
one() {
  rm -rf "$folder/out"
  mkdir "$folder/out"
  local start end receiver
  if [ "$1" = p2p_copy ]; then
    receive
    sleep 1
  fi
  start=$(date +%s.%N)
  "$1"
  end=$(date +%s.%N)
  diff -r --exclude=.p2p-copy-journal "$folder/tree" "$folder/out/tree" >&2
  awk -v a="$start" -v b="$end" 'BEGIN { printf "%.3f", b - a }'
}

start_relay "$ours"
one p2p_copy >/dev/null
for round in $(seq "$rounds"); do
  a=$(one p2p_copy)
  d=$(one both_started)
  b=$(one tar_over_ssh)
  c=$(one rsync_over_ssh)
  awk -v r="$round" -v a="$a" -v b="$b" -v c="$c" -v d="$d" 'BEGIN {
    printf "round %d: p2p-copy %.2f s (both started: %.2f s), tar | ssh | tar %.2f s (ratio %.2f), rsync -a over ssh %.2f s (ratio %.2f)\n",
      r, a, d, b, b / a, c, c / a }'
done
stop_relay
