#!/usr/bin/env bash
# Builds the documentation of every library product with DocC, from the modules of the release build that is there, and
# fails on a warning, such as a link that leads nowhere. It lands in .build/documentation. A few seconds: nothing is
# compiled.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

export products=.build/release archives=.build/documentation
work=$(mktemp -d)
export work
trap 'rm -rf "$work"' EXIT

toolchain=$(dirname "$(readlink -f "$(command -v swift)")")
export PATH=$PATH:$toolchain
for tool in docc swift-symbolgraph-extract; do
  if ! command -v "$tool" >/dev/null; then
    echo "documentation: NOT BUILT, NOT CHECKED: this Swift toolchain has no $tool; those of swift.org have it"
    exit 0
  fi
done

mapfile -t modules < <(sed -nE 's/^ *\.library\(name: "([A-Za-z0-9]+)".*/\1/p' Package.swift)
for module in "${modules[@]}"; do
  if [ ! -e "$products/Modules/$module.swiftmodule" ]; then
    echo "documentation: $products has no module $module: run swift build -c release --build-tests first" >&2
    exit 1
  fi
done

# Where the C modules are that the Swift modules were built with.
search=(-I "$products/Modules")
for folder in .build/checkouts/*/Sources/*/include Sources/*/include Plugins/*/C*; do
  if [ -d "$folder" ]; then search+=(-I "$folder"); fi
done
for map in "$products"/*.build/module.modulemap; do
  search+=(-Xcc "-fmodule-map-file=$map")
done
printf '%s\n' "${search[@]}" >"$work/search"
target=$(swift -print-target-info | sed -nE 's/^ *"unversionedTriple": "(.*)",?$/\1/p' | head -n 1)
export target

# Argument: a module.
document() {
  local module=$1 symbols=$work/$1.symbols catalog search
  mapfile -t search <"$work/search"
  mkdir -p "$symbols"
  # Who imports P2PCopy has the modules that it exports; they are documented as parts of it.
  swift symbolgraph-extract -module-name "$module" "${search[@]}" -target "$target" -output-dir "$symbols" \
    -minimum-access-level public -skip-synthesized-members \
    -experimental-allowed-reexported-modules=P2PCopyCore,P2PCopyFiles,P2PCopyTransfer
  # The product of a trait that the build was made without.
  if grep -q '"symbols":\[\]' "$symbols/$module.symbols.json"; then return; fi
  catalog=$(find Sources Plugins -type d -name "$module.docc")
  rm -rf "${archives:?}/$module.doccarchive"
  # shellcheck disable=SC2086 # a module without a catalogue has no such argument
  docc convert $catalog --additional-symbol-graph-dir "$symbols" --output-dir "$archives/$module.doccarchive" \
    --fallback-display-name "$module" --fallback-bundle-identifier "$module" --warnings-as-errors \
    >"$work/$module.log" 2>&1 || {
    echo "documentation: $module:" >&2
    cat "$work/$module.log" >&2
    return 1
  }
}
export -f document

mkdir -p "$archives"
printf '%s\n' "${modules[@]}" | xargs -P "$(nproc)" -I '{}' bash -euo pipefail -c 'document {}'
echo "documentation: $(find "$archives" -maxdepth 1 -name '*.doccarchive' -newer "$work/search" | wc -l) modules, in $archives"
