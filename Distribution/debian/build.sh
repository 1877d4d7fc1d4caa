#!/usr/bin/env bash
# Makes the Debian package of what is in the tarball.
#
#   Distribution/debian/build.sh STAGE VERSION ARCHITECTURE DIRECTORY
set -euo pipefail
stage=$1 version=$2 architecture=$3 directory=$4
here=$(dirname "${BASH_SOURCE[0]}")
maintainer=${P2P_COPY_MAINTAINER:-p2p-copy authors <p2p-copy@packages.invalid>}

root=.build-dist/debian
rm -rf "$root"
install -D -m 755 "$stage/bin/p2p-copy" "$root/usr/bin/p2p-copy"
mkdir -p "$root/usr/share/man/man1"
for page in "$stage"/share/man/man1/*.1; do gzip -9nc "$page" >"$root/usr/share/man/man1/$(basename "$page").gz"; done
install -D -m 644 "$stage/share/bash-completion/completions/p2p-copy" -t "$root/usr/share/bash-completion/completions"
install -D -m 644 "$stage/share/zsh/site-functions/_p2p-copy" -t "$root/usr/share/zsh/vendor-completions"
install -D -m 644 "$stage/share/fish/vendor_completions.d/p2p-copy.fish" -t "$root/usr/share/fish/vendor_completions.d"
install -D -m 644 "$here/p2p-copy-relay.service" -t "$root/usr/lib/systemd/system"

documents=$root/usr/share/doc/p2p-copy
install -D -m 644 "$here/copyright" README.md docs/*.md -t "$documents"
gzip -9nc CHANGELOG.md >"$documents/changelog.gz"
gzip -9n >"$documents/changelog.Debian.gz" <<END
p2p-copy ($version-1) unstable; urgency=medium

  * Release $version; what is new is in changelog.gz.

 -- $maintainer  $(date -u -R -d "@$SOURCE_DATE_EPOCH")
END
for text in "$stage"/share/doc/p2p-copy/third-party/*; do
  printf '==== %s ====\n\n' "$(basename "$text")"
  cat "$text"
  echo
done | gzip -9n >"$documents/third-party.gz"

mkdir "$root/DEBIAN"
sed -e "s/@VERSION@/$version/; s/@ARCHITECTURE@/$architecture/; s/@MAINTAINER@/$maintainer/" \
  -e "s/@INSTALLED_SIZE@/$(find "$root" -type f -printf '%s\n' | awk '{ kib += int(($1 + 1023) / 1024) } END { print kib }')/" \
  "$here/control.in" >"$root/DEBIAN/control"
install -m 755 "$here/postinst" "$here/prerm" -t "$root/DEBIAN"
(cd "$root" && find usr -type f -print0 | sort -z | xargs -0 md5sum >DEBIAN/md5sums)
find "$root" -print0 | xargs -0 touch --no-dereference --date="@$SOURCE_DATE_EPOCH"
# The same compression, whatever a later dpkg has for its own.
dpkg-deb --root-owner-group -Zxz -z6 --threads-max=1 --build "$root" \
  "$directory/p2p-copy_$version-1_$architecture.deb" >/dev/null
