# Shared by the benchmark scripts: where things are, and one run of one file through three processes.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
ours=${P2P_COPY_BINARY:-$root/.build/release/p2p-copy}
python=${P2P_COPY_INTEROP_PYTHON:-$root/.venv-interop/bin}/p2p-copy
[ -x "$ours" ] || { echo "no $ours: run 'make build' first" >&2; exit 2; }

folder=$(mktemp -d "${BENCHMARK_DIRECTORY:-/dev/shm}/p2p-copy-benchmark.XXXXXX")
relay=
cleanup() {
  [ -z "$relay" ] || kill "$relay" 2>/dev/null || true
  rm -rf "$folder"
}
trap cleanup EXIT INT TERM

free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

wait_for_port() {
  for _ in $(seq 200); do
    if (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; then return; fi
    sleep 0.05
  done
  echo "nothing listens on port $1" >&2
  exit 1
}

# start_relay TOOL: sets $relay and $port.
start_relay() {
  port=$(free_port)
  "$1" run-relay-server localhost "$port" --no-tls >"$folder/relay.log" 2>&1 &
  relay=$!
  wait_for_port "$port"
}

stop_relay() {
  kill "$relay" 2>/dev/null || true
  wait "$relay" 2>/dev/null || true
  relay=
}

# peak PID: peak resident memory in MiB.
peak() { awk '/VmHWM/ { printf "%.1f", $2 / 1024 }' "/proc/$1/status"; }
