#!/usr/bin/env bash
# The linker for macOS, called by rustc: lld with an ad-hoc signature on every processor, and for a
# library the name that programs find it by, which rustc would make its path on this machine.
set -euo pipefail
# An object for a newer system than the target is a warning, and must not pass.
extra=(-adhoc_codesign -fatal_warnings)
output='' library=''
for argument; do
    [ "${previous:-}" != -o ] || output=$argument
    [ "$argument" != -dylib ] || library=1
    previous=$argument
done
[ -z "$library" ] || extra+=(-install_name "@rpath/$(basename "$output")")
exec ld64.lld "$@" "${extra[@]}"
