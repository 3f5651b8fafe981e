#!/usr/bin/env bash
# tests.sh CRATES SOURCES TARGET PACKAGES LAYER OUTPUT
#
# The test programs of all crates, built on a layer, in a folder for each crate; and the programs that
# they start, in `bin`.
set -euo pipefail
here=$PWD/$(dirname "${BASH_SOURCE[0]}")
# shellcheck source=bazel/cargo/workspace.sh
source "$here/workspace.sh"
# shellcheck source=bazel/cargo/toolchain.sh
source "$here/toolchain.sh"
crates=$1 sources=$2 target=$3 packages=$4 layer=$5 output=$PWD/$6

make_workspace "$crates" "$sources" "$layer"
use_toolchain "$target"
cd /build/src
quietly run_cargo test "$packages" --message-format=json-render-diagnostics
jq -r 'select(.reason == "compiler-artifact" and .executable)
    | [if .profile.test then (.manifest_path | split("/")[-2]) else "bin" end, .target.name, .executable]
    | @tsv' /build/messages |
    while IFS=$'\t' read -r folder name program; do
        mkdir -p "$output/$folder"
        strip --strip-debug -o "$output/$folder/$name" "$program"
    done
