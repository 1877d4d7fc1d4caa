#!/usr/bin/env bash
# Makes the folder that the released executable is linked in: glibc 2.31 and the libgcc that belongs to it, out of
# Debian 11's packages. What is linked against them runs with every later glibc. The packages are fetched and their
# signatures checked by apt, which keeps lists of its own for this, so that nothing of the machine's changes and root is
# not needed.
#
#   Distribution/sysroot.sh DIRECTORY
set -euo pipefail
directory=$1
suite=bullseye
packages=(libc6 libc6-dev libgcc-10-dev gcc-10-base)

stamp=$directory/complete
wanted="$suite ${packages[*]}"
if [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ]; then exit 0; fi

keyring=/usr/share/keyrings/debian-archive-keyring.gpg
# From where this machine has its own packages.
# shellcheck disable=SC2016 # These are apt's.
mirror=${P2P_COPY_DEBIAN_MIRROR:-$(apt-get indextargets --format '$(SUITE) $(REPO_URI)' 'Origin: Debian' 'Created-By: Packages' \
  | awk '$1 !~ /-/ { print $2; exit }')}
if [ -z "$mirror" ]; then
  echo "sysroot: apt has no list of Debian's packages: run apt-get update, or name a mirror in P2P_COPY_DEBIAN_MIRROR" >&2
  exit 1
fi

echo "sysroot: fetching ${packages[*]} of Debian $suite"
rm -rf "$directory"
mkdir -p "$directory"
directory=$(cd "$directory" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# apt gives up root for a user of its own while it fetches.
chmod 755 "$work"
mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$work/packages"
if [ "$(id -u)" -eq 0 ] && id _apt >/dev/null 2>&1; then chown -R _apt "$work"; fi
echo "deb [signed-by=$keyring] $mirror $suite main" >"$work/sources.list"
cat >"$work/apt.conf" <<END
Dir::Etc::SourceList "$work/sources.list";
Dir::Etc::SourceParts "-";
Dir::State::Lists "$work/lists";
Dir::State::Status "/dev/null";
Dir::Cache "$work/cache";
END
export APT_CONFIG=$work/apt.conf
apt-get update -qq </dev/null
(cd "$work/packages" && apt-get download -qq "${packages[@]}" </dev/null)
for package in "$work"/packages/*.deb; do dpkg-deb --extract "$package" "$directory"; done

# Links from the root lead out of the folder.
find "$directory" -type l -lname '/*' -print0 | while IFS= read -r -d '' link; do
  ln -sfnr "$directory$(readlink "$link")" "$link"
done
printf '%s' "$wanted" >"$stamp"
