#!/usr/bin/env bash
# elf.sh MODULE COMMAND SERVER: what a Linux release needs and shows.
set -euo pipefail
# shellcheck source=release/tests/limits.sh
source "$(dirname "${BASH_SOURCE[0]}")/limits.sh"

for file; do
    # All of glibc, which had these as files of their own until 2.34.
    needed=$(readelf -d "$file" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p')
    only "$file needs" '^(libc\.so\.6|libm\.so\.6|libdl\.so\.2|librt\.so\.1|libpthread\.so\.0|ld-linux-.*|libgcc_s\.so\.1)$' "$needed"
    newest=$(readelf -V "$file" | grep -o 'GLIBC_[0-9.]*' | sort -uV | tail -n 1)
    equal "newest of $(printf '%s\n' GLIBC_2.28 "$newest" | paste -sd' ') in $file" GLIBC_2.28 \
        "$(printf '%s\n' GLIBC_2.28 "$newest" | sort -V | tail -n 1)"
    equal "sections with symbols in $file" "" "$(readelf -SW "$file" | grep -oE '\.(symtab|debug_(info|line|str|abbrev))' || true)"
done
equal "exports of $1" "C_GetFunctionList C_GetInterface C_GetInterfaceList" \
    "$(nm -D --defined-only "$1" | awk '{ print $3 }' | sort | xargs)"
small_enough "$1" "$module_mib"
small_enough "$3" 25
