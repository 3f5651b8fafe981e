#!/usr/bin/env bash
# macho.sh CHECK MODULE COMMAND: what a macOS release needs and shows, without a Mac to try it on.
set -euo pipefail
# shellcheck source=release/tests/limits.sh
source "$(dirname "${BASH_SOURCE[0]}")/limits.sh"
signature=$1 module=$2
shift

for file; do
    equal "processors of $file" "x86_64 arm64" "$(llvm-lipo -archs "$file" | xargs)"
    for arch in arm64 x86_64; do
        thin=${TEST_TMPDIR:-/tmp}/$arch
        llvm-lipo "$file" -thin "$arch" -output "$thin"
        headers=$(llvm-objdump --macho --private-headers "$thin")
        equal "libraries of $file, $arch" /usr/lib/libSystem.B.dylib \
            "$(grep -A 3 LC_LOAD_DYLIB <<<"$headers" | awk '$1 == "name" { print $2 }')"
        equal "oldest macOS of $file, $arch" "macos 11.0" \
            "$(awk '$1 == "platform" { platform = $2 } $1 == "minos" { print platform, $2 }' <<<"$headers")"
        if [ "$file" = "$module" ]; then
            equal "install name of $file, $arch" "@rpath/$(basename "$module")" \
                "$(grep -A 3 LC_ID_DYLIB <<<"$headers" | awk '$1 == "name" { print $2 }')"
            equal "exports of $file, $arch" "_C_GetFunctionList _C_GetInterface _C_GetInterfaceList" \
                "$(llvm-nm --extern-only --defined-only "$thin" | awk '{ print $3 }' | sort | xargs)"
            small_enough "$thin" "$module_mib"
        fi
        python3 "$signature" "$thin"
    done
done
