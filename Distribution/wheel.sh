#!/usr/bin/env bash
# Makes the Python wheel that carries the executable.
#
#   Distribution/wheel.sh EXECUTABLE PLATFORM DIRECTORY    PLATFORM is the last part of the wheel's name
set -euo pipefail
binary=$(readlink -f "$1") platform=$2 directory=$(readlink -f "$3")
requirements=Distribution/requirements.txt

# The builder's version is in the wheel: always the same one.
venv=.build-dist/venv
wanted=$(python3 --version; cat "$requirements")
if [ "$(cat "$venv/made-from" 2>/dev/null)" != "$wanted" ]; then
  rm -rf "$venv"
  python3 -m venv "$venv"
  "$venv/bin/pip" install --disable-pip-version-check --no-input --quiet --requirement "$requirements" </dev/null
  printf '%s\n' "$wanted" >"$venv/made-from"
fi

python=$(readlink -f "$venv/bin")/python
(cd Python && P2P_COPY_BINARY_TO_BUNDLE=$binary P2P_COPY_WHEEL_PLATFORM=$platform \
  "$python" -m hatchling build --target wheel --directory "$directory" >/dev/null)
if ! compgen -G "$directory/p2p_copy-*-py3-none-$platform.whl" >/dev/null; then
  echo "wheel: there is none for $platform in $directory" >&2
  exit 1
fi
