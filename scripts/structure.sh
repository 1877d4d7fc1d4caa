#!/usr/bin/env bash
# Checks what the compiler does not: that the C library is imported in one place only, and that no module has public
# declarations beyond its list in docs/public. `structure.sh --update` writes the lists anew.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export LC_ALL=C
failed=0

stray=$(grep -rnE '^[[:space:]]*(@_exported )?(public |package |internal )?import (Glibc|Musl|Darwin)\b' \
  --include='*.swift' Sources Plugins | grep -v '^Sources/P2PCopyPlatform/' || true)
if [ -n "$stray" ]; then
  echo "structure: import P2PCopyPlatform, not the C library by its name:" >&2
  echo "$stray" >&2
  failed=1
fi

# What a library says names no option and no subcommand: those are the command's, which says a remedy in its own words
# (P2PCopyError.Remedy). A query such as p2p-copy://… or a name in a comment is no such text.
worded=$(grep -rnE '"[^"]*(--[a-z]|p2p-copy (send|receive|verify|code|codecs|run-relay-server)\b)' \
  --include='*.swift' Sources Plugins | grep -vE '^Sources/(P2PCopyCLI|p2p-copy)/' | grep -vE '^[^:]+:[0-9]+:[[:space:]]*//' || true)
if [ -n "$worded" ]; then
  echo "structure: a library names the command's options or subcommands; give a P2PCopyError.Remedy:" >&2
  echo "$worded" >&2
  failed=1
fi

# The public declarations of a folder: file, then the declaration up to its body or value.
public_declarations() {
  (cd "$1" && grep -rE '^[[:space:]]*(@[A-Za-z]+(\([^)]*\))? )*public ' --include='*.swift' . || true) \
    | { grep -vE ':[[:space:]]*(@_exported )?public import ' || true; } \
    | sed -E 's/:[[:space:]]+/: /; s/^\.\///; s/:(@|public)/: \1/; s/ (\{.*|= .*)$//' | sort
}

for folder in Sources/*/ Plugins/*/; do
  name=$(basename "$folder")
  list=docs/public/$name.txt
  current=$(public_declarations "$folder")
  if [ "${1:-}" = --update ]; then
    mkdir -p docs/public
    if [ -n "$current" ]; then printf '%s\n' "$current" >"$list"; else rm -f "$list"; fi
    continue
  fi
  known=$(cat "$list" 2>/dev/null || true)
  new=$(comm -23 <(printf '%s\n' "$current") <(printf '%s\n' "$known"))
  if [ -n "$new" ]; then
    echo "structure: $name has public declarations that are not in $list:" >&2
    echo "$new" >&2
    failed=1
  fi
done
[ "$failed" = 0 ] || {
  echo "structure: 'package' is the access level inside the package; what is to be public goes on the list" \
    "(scripts/structure.sh --update)" >&2
  exit 1
}
