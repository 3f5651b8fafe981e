#!/usr/bin/env bash
# binary.sh CRATES SOURCES TARGET PROFILE PACKAGES ENGINE_FLAGS LAYER FILE STRIPPED SYMBOLS [COMMIT]
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
crates=$1 sources=$2 target=$3 profile=$4 packages=$5 engine_flags=$6 layer=$7 file=$8
stripped=$PWD/$9 symbols=$PWD/${10} commit=${11:-}

make_workspace "$crates" "$sources" "$layer"
use_toolchain "$target" "$engine_flags"
[ -z "$commit" ] || export SUPACRYPT_COMMIT=$commit
case $file in
    *.so | *.dll | *.dylib) what=(--lib) ;;
    *) what=(--bin "${file%.exe}") ;;
esac
cd /build/src
quietly run_cargo "$profile" "$packages" "${what[@]}"
if third=$(grep Compiling /build/log | grep -v 'supacrypt-'); then
    echo "not in the layer, compiled again: $third" >&2
fi
split_symbols "$triple" "/build/target/$triple/$profile/$file" "$stripped" "$symbols"
