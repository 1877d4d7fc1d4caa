#!/usr/bin/env bash
# All benchmarks, one after the other.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
./throughput.sh
./small_files.sh
./memory.sh
./connections.sh
