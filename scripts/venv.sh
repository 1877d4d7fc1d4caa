#!/usr/bin/env bash
# Makes a virtual environment of the tests, again whenever its requirements or the Python change.
#
#   scripts/venv.sh interop      .venv-interop: the Python tool p2p-copy 0.1.2, and what the hostile peer needs
#   scripts/venv.sh pipelines    .venv-pipelines: Snakemake and validators
#   scripts/venv.sh python       .venv-python: what the tests of the Python package need
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

name=${1:-interop}
directory=.venv-$name
case $name in
  interop) requirements=(Tests/InteropTests/requirements.txt Tests/Hostile/requirements.txt) ;;
  pipelines) requirements=(Tests/Pipelines/requirements.txt) ;;
  python) requirements=(Python/requirements-test.txt) ;;
  *)
    echo "venv: there is no '$name'; there are interop, pipelines and python" >&2
    exit 2
    ;;
esac
stamp=$directory/made-from

wanted=$(python3 --version; cat "${requirements[@]}")
if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ] && "$directory/bin/python" --version >/dev/null 2>&1; then
  exit 0
fi
echo "venv: making $directory from ${requirements[*]}"
rm -rf "$directory"
python3 -m venv "$directory"
"$directory/bin/pip" install --disable-pip-version-check --no-input --quiet "${requirements[@]/#/--requirement=}" </dev/null
printf '%s\n' "$wanted" >"$stamp"
