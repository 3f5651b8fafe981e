#!/usr/bin/env bash
# binary.sh CRATES MANIFESTS SOURCES COMPILED LAYERS TARGET PROFILE PACKAGES ENGINE_FLAGS FILE STRIPPED SYMBOLS [COMMIT]
#
# One program or library, built on a layer, and the symbols taken from it.
set -euo pipefail
here=$PWD/$(dirname "${BASH_SOURCE[0]}")
# shellcheck source=bazel/cargo/workspace.sh
source "$here/workspace.sh"
# shellcheck source=bazel/cargo/toolchain.sh
source "$here/toolchain.sh"
# shellcheck source=bazel/cargo/symbols.sh
source "$here/symbols.sh"
target=$6 profile=$7 packages=$8 engine_flags=$9 file=${10}
stripped=$PWD/${11} symbols=$PWD/${12} commit=${13:-}

make_workspace "${@:1:5}"
use_toolchain "$target" "$engine_flags"
[ -z "$commit" ] || export SUPACRYPT_COMMIT=$commit
case $file in
    *.so | *.dll | *.dylib) what=(--lib) ;;
    *) what=(--bin "${file%.exe}") ;;
esac
cd /build/src
quietly run_cargo "$profile" "$packages" "${what[@]}"
own=$(cd - >/dev/null && grep -v -x -F -f "$4" "$3" | sed -n 's|^rust/\([^/]*\)/src/.*|supacrypt-\1 v|p' | sort -u)
if again=$(grep Compiling /build/log | grep -v -F "$own"); then
    echo "in the layer, and compiled again: $again" >&2
fi
split_symbols "$triple" "/build/target/$triple/$profile/$file" "$stripped" "$symbols"
