#!/usr/bin/env bash
# Writes the manual pages, one a command, with the tool of swift-argument-parser's plugin. The plugin itself would build
# every product first.
#
#   Distribution/manuals.sh EXECUTABLE DIRECTORY
set -euo pipefail
executable=$1 directory=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
scripts/build.sh --product generate-manual >/dev/null
.build/release/generate-manual "$executable" --multi-page --output-directory "$work" \
  --date "$(date -u -d "@$SOURCE_DATE_EPOCH" +%F)"

# A page is named as git's are, p2p-copy-send, where the tool puts a dot; the command keeps its space. There are no authors
# to list, and an empty line in the text begins a paragraph.
for page in "$work"/*.1; do
  name=$(basename "$page" .1)
  awk -v page="${name//./-}" -v command="${name/./ }" '
    /^\.(Dt|Xr) / { gsub(/p2p-copy\./, "p2p-copy-"); gsub(/P2P-COPY\./, "P2P-COPY-") }
    /^\.Sh / { section = $2 }
    section == "AUTHORS" { next }
    section == "NAME" && /^\.Nm / { print ".Nm " page; next }
    section == "SYNOPSIS" && $0 == ".Nm" { print ".Nm \"" command "\""; next }
    $0 == ".Ex -std" { print ".Ex -std \"" command "\""; next }
    $0 == "" { print ".Pp"; next }
    { print }
  ' "$page" >"$directory/${name//./-}.1"
done
