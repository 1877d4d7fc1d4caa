#!/usr/bin/env bash
# Makes the virtual environment of the interop tests and of the hostile peer, again whenever their requirements or the
# Python change.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

directory=.venv-interop
requirements=(Tests/InteropTests/requirements.txt Tests/Hostile/requirements.txt)
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
