#!/usr/bin/env bash
# layer.sh CRATES SOURCES TARGET PROFILE PACKAGES ENGINE_FLAGS OUTPUT
#
# The target directory after building the workspace with every crate of ours empty: all third-party
# crates, compiled. For the profile `test` those that tests need too.
set -euo pipefail
here=$PWD/$(dirname "${BASH_SOURCE[0]}")
# shellcheck source=bazel/cargo/workspace.sh
source "$here/workspace.sh"
# shellcheck source=bazel/cargo/toolchain.sh
source "$here/toolchain.sh"
crates=$1 sources=$2 target=$3 profile=$4 packages=$5 engine_flags=$6 output=$PWD/$7

make_workspace "$crates" "$sources"
use_toolchain "$target" "$engine_flags"
cd /build/src
if [ "$profile" = test ]; then what=(); else what=(--lib); fi
quietly run_cargo "$profile" "$packages" "${what[@]}"
# Archives of C are made of the objects, and CMake and Cargo write down how long they took.
find /build/target \( -path '*/out/*.o' -o -name .rustc_info.json \) -type f -delete
find /build/target -name CMakeFiles -prune -exec rm -r {} +
tar -c --zstd --sort=name --mtime="$past" --owner=0 --group=0 --numeric-owner -C /build/target -f "$output" .
