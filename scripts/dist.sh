#!/usr/bin/env bash
# Makes what a release consists of, in dist/: the executable that needs only glibc, a tarball, a Debian package, a Python
# wheel, and SHA256SUMS. Compiles nothing that .build/release has already; two builds of a commit are the same to the
# byte (scripts/reproducible.sh).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export LC_ALL=C TZ=UTC
umask 022

# The last commit's time is the time of everything.
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
if [ -n "$(git status --porcelain)" ]; then
  echo "dist: this folder has changes that are not committed; nobody can build the same from the commit" >&2
fi
architecture=$(dpkg --print-architecture)
machine=$(uname -m)
glibc=2.31
most_bytes=25000000

say() { echo "dist: $1 ($SECONDS s)"; }

scripts/setup.sh dist
say "building"
scripts/build.sh --product p2p-copy

say "linking"
Distribution/sysroot.sh .build-dist/sysroot
objects=.build/release/p2p-copy.product/Objects.LinkFileList
binary=.build-dist/p2p-copy
Distribution/link.py --objects "$objects" --sysroot .build-dist/sysroot --work .build-dist/link --output "$binary"

# What it must not be.
needed=$(readelf -dW "$binary" | sed -nE 's/.*\(NEEDED\).*\[(.*)\]$/\1/p' \
  | grep -vxE 'lib(c|m|pthread|dl|util|rt)\.so\.[0-9]+|ld-linux[-a-z0-9_]*\.so\.[0-9]+' || true)
newest=$(objdump -T "$binary" | grep -oE 'GLIBC_[0-9.]+' | sort -uV | tail -n 1)
bytes=$(stat -c %s "$binary")
fault=
[ -z "$needed" ] || fault="it needs ${needed//$'\n'/ }"
[ "$(printf '%s\nGLIBC_%s\n' "$newest" "$glibc" | sort -V | tail -n 1)" = "GLIBC_$glibc" ] || fault="it needs $newest"
[ "$bytes" -lt "$most_bytes" ] || fault="it has $bytes bytes"
! grep -qaF -e "$PWD/" "$binary" || fault="it names the folder that it was built in"
if [ -n "$fault" ]; then
  echo "dist: the executable is not as it should be: $fault" >&2
  exit 1
fi
version=$("$binary" --version | sed -nE '1s/^([0-9]+\.[0-9]+\.[0-9]+).*/\1/p')
say "p2p-copy $version has $bytes bytes and needs $newest"

# The folder of the tarball: what goes into the other packages as well.
name=p2p-copy-$version-linux-$machine
stage=.build-dist/$name
rm -rf "$stage"
install -D -m 755 "$binary" "$stage/bin/p2p-copy"

mkdir -p "$stage/share/man/man1" \
  "$stage/share/bash-completion/completions" "$stage/share/zsh/site-functions" "$stage/share/fish/vendor_completions.d"
Distribution/manuals.sh "$stage/bin/p2p-copy" "$stage/share/man/man1"
"$stage/bin/p2p-copy" --generate-completion-script bash | sed '1{/^#!/d}' >"$stage/share/bash-completion/completions/p2p-copy"
"$stage/bin/p2p-copy" --generate-completion-script zsh >"$stage/share/zsh/site-functions/_p2p-copy"
"$stage/bin/p2p-copy" --generate-completion-script fish >"$stage/share/fish/vendor_completions.d/p2p-copy.fish"

documents=$stage/share/doc/p2p-copy
install -D -m 644 -t "$documents" README.md CHANGELOG.md LICENSE docs/*.md Distribution/debian/p2p-copy-relay.service
install -m 644 Distribution/debian/copyright "$documents/copyright"
Distribution/licences.sh "$objects" "$documents/third-party"

# Arguments: a folder, the file to make of it.
pack() {
  tar --create --sort=name --format=ustar --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner \
    --mode=u+rw,go+r,go-w --directory "$(dirname "$1")" "$(basename "$1")" | gzip -9n >"$2"
}

rm -rf dist
mkdir dist
install -m 755 "$binary" "dist/$name"
pack "$stage" "dist/$name.tar.gz"
say "dist/$name.tar.gz"

Distribution/debian/build.sh "$stage" "$version" "$architecture" dist
say "the Debian package"

Distribution/wheel.sh "$binary" "manylinux_${glibc/./_}_$machine" dist
say "the wheel"

(cd dist && sha256sum -- * >SHA256SUMS)
say "dist/ is complete"
cat dist/SHA256SUMS
