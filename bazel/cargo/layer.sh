#!/usr/bin/env bash
# layer.sh CRATES MANIFESTS SOURCES COMPILED LAYERS TARGET PROFILE PACKAGES ENGINE_FLAGS OUTPUT
#
# What building the workspace adds to the target directory. With every crate of ours empty that is all
# third-party crates, compiled; for the profile `test` those that tests need too. The first layer holds
# those crates without their sources beside it.
set -euo pipefail
here=$PWD/$(dirname "${BASH_SOURCE[0]}")
# shellcheck source=bazel/cargo/workspace.sh
source "$here/workspace.sh"
# shellcheck source=bazel/cargo/toolchain.sh
source "$here/toolchain.sh"
target=$6 profile=$7 packages=$8 engine_flags=$9 output=$PWD/${10}

make_workspace "${@:1:5}"
use_toolchain "$target" "$engine_flags"
cd /build/src
if [ "$profile" = test ]; then what=(); else what=(--lib); fi
quietly run_cargo "$profile" "$packages" "${what[@]}"
# Archives of C are made of the objects, and CMake and Cargo write down how long they took.
find /build/target \( -path '*/out/*.o' -o -name .rustc_info.json \) -type f -delete
find /build/target -name CMakeFiles -prune -exec rm -r {} +
cd /build
: >/build/archived
if [ -n "$1" ]; then
    empty_crates
    find vendor -print0 >>/build/archived
fi
find target -newermt "$past" -print0 >>/build/archived
LC_ALL=C sort --zero-terminated /build/archived |
    tar -c --zstd --null --no-recursion --files-from=- --mtime="$past" --owner=0 --group=0 --numeric-owner -f "$output"
