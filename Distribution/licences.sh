#!/usr/bin/env bash
# Collects the licences and notices of what is linked into the executable.
#
#   Distribution/licences.sh OBJECTS DIRECTORY    OBJECTS is the list that swift build gives to its linker
set -euo pipefail
objects=$1 directory=$2
mkdir -p "$directory"

# The packages that the modules in the list come from.
mapfile -t modules < <(tr -d "'\"" <"$objects" | sed -nE 's,.*/([^/]+)\.build/.*,\1,p' | sort -u)
for module in "${modules[@]}"; do
  for sources in .build/checkouts/*/Sources/"$module"; do
    if [ ! -d "$sources" ]; then continue; fi
    package=$(basename "${sources%/Sources/*}")
    for text in "${sources%/Sources/*}"/{LICENSE,NOTICE}.txt; do
      if [ -f "$text" ]; then install -m 644 "$text" "$directory/$package.$(basename "$text")"; fi
    done
    if [ -f "$sources/LICENSE" ]; then install -m 644 "$sources/LICENSE" "$directory/$package.$module.LICENSE.txt"; fi
  done
done

# Swift's runtime is where the compiler is.
toolchain=$(dirname "$(dirname "$(readlink -f "$(command -v swift)")")")
install -m 644 "$toolchain/share/swift/LICENSE.txt" "$directory/swift.LICENSE.txt"

# The C libraries and libstdc++ are Debian's, libgcc and glibc those of the folder that was linked in.
gcc=$(basename "$(dirname "$(clang -print-file-name=libstdc++.a)")")
for package in libssl-dev libzstd-dev libargon2-dev libxxhash-dev "libstdc++-$gcc-dev"; do
  install -m 644 "/usr/share/doc/$package/copyright" "$directory/${package%-dev}.copyright"
done
for package in libc6 gcc-10-base; do
  install -m 644 ".build-dist/sysroot/usr/share/doc/$package/copyright" "$directory/$package.copyright"
done
