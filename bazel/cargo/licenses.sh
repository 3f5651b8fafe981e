#!/usr/bin/env bash
# licenses.sh CRATES MANIFESTS SOURCES COMPILED LAYERS PACKAGES OUTPUT
#
# The licences of all third-party crates that packages of the workspace are made of, with their texts and
# notices, which most of them want to be passed on.
set -euo pipefail
here=$PWD/$(dirname "${BASH_SOURCE[0]}")
# shellcheck source=bazel/cargo/workspace.sh
source "$here/workspace.sh"
packages=$6 output=$PWD/$7

make_workspace "${@:1:5}"
cd /build/src
selected=()
for name in ${packages//,/ }; do selected+=(-p "$name"); done
cargo tree --frozen "${selected[@]}" --edges normal --target all --prefix none --no-dedupe \
    --format '{p}|{l}' | sed 's/ (proc-macro)//; s/ v/-/' | grep -v -e '^supacrypt-' -e '^$' |
    sort -u >/build/crates

{
    echo "What Supacrypt is made of, beside its own code: each crate with the licence it is used under,"
    echo "and the texts that come with it."
    while IFS='|' read -r crate license; do
        printf '\n%s\n%s: %s\n' "$(printf '=%.0s' {1..100})" "$crate" "$license"
        find "/build/vendor/$crate" -maxdepth 1 -type f \
            \( -iname 'licen[cs]e*' -o -iname 'copying*' -o -iname 'notice*' -o -iname 'unlicense*' \) |
            LC_ALL=C sort | while read -r text; do
            printf '\n--- %s\n\n' "$(basename "$text")"
            cat "$text"
        done
    done </build/crates
} >"$output"
grep -q '^--- LICENSE-APACHE' "$output" || {
    echo "no texts of licences were found" >&2
    exit 1
}
