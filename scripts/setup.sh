#!/usr/bin/env bash
# Installs the Debian packages that are missing, and nothing when none is.
#
#   scripts/setup.sh build    what building the command needs
#   scripts/setup.sh test     what the tests need besides
#   scripts/setup.sh bench    what the benchmarks compare with
#   scripts/setup.sh dist     what making a release needs, dist-test what its test needs
set -euo pipefail

packages=(git pkg-config libssl-dev libzstd-dev libargon2-dev libxxhash-dev)
if [ "${1:-test}" = test ]; then
  packages+=(liblz4-dev libbrotli-dev openssl openssh-client)
  # What the pipelines' tests meet: proxies, a reader of QR codes, the language of Nextflow's scripts.
  packages+=(tinyproxy-bin dante-server zbar-tools groovy procps util-linux)
  command -v java >/dev/null || packages+=(default-jre-headless)
  # A file system that takes names in upper and lower case for one.
  packages+=(fusefat dosfstools)
fi
if [ "${1:-test}" = dist ]; then
  # The archives are in the -dev packages above. Debian 11's packages are fetched with apt, and their signatures checked.
  packages+=(binutils debian-archive-keyring)
fi
if [ "${1:-test}" = test ] || [ "${1:-test}" = dist ]; then
  # Any Python 3.10 or later that can make virtual environments will do; otherwise Debian's.
  python3 -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 10))' 2>/dev/null \
    || packages+=(python3 python3-venv)
fi
if [ "${1:-test}" = dist-test ]; then
  packages+=(binutils debootstrap fish lintian man-db zsh)
fi
if [ "${1:-test}" = bench ]; then
  packages+=(openssh-client openssh-server rsync)
fi

if ! command -v swift >/dev/null; then
  echo "setup: 'swift' is not on the PATH; install Swift 6.2 or later from https://www.swift.org/install/" >&2
  exit 1
fi
if ! command -v dpkg-query >/dev/null; then
  echo "setup: this is not a Debian machine; making sure of these is up to you: ${packages[*]}" >&2
  exit 0
fi

missing=()
for package in "${packages[@]}"; do
  status=$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null || true)
  # Where several architectures are installed the status comes once for each.
  [[ $status == installed* ]] || missing+=("$package")
done
if [ ${#missing[@]} -eq 0 ]; then
  exit 0
fi

if [ "$(id -u)" -eq 0 ]; then
  as_root=()
elif command -v sudo >/dev/null; then
  as_root=(sudo)
else
  echo "setup: missing ${missing[*]}: install them as root: apt-get install ${missing[*]}" >&2
  exit 1
fi
echo "setup: installing ${missing[*]}"
"${as_root[@]}" apt-get update -qq </dev/null
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
  apt-get install --yes --no-install-recommends -qq "${missing[@]}" </dev/null
