#!/usr/bin/env bash
# tests.sh CRATES MANIFESTS SOURCES COMPILED LAYERS TARGET PACKAGES OUTPUT
#
# The test programs of all crates, built on a layer, in a folder for each crate; and the programs that
# they start, in `bin`.
set -euo pipefail
here=$PWD/$(dirname "${BASH_SOURCE[0]}")
# shellcheck source=bazel/cargo/workspace.sh
source "$here/workspace.sh"
# shellcheck source=bazel/cargo/toolchain.sh
source "$here/toolchain.sh"
target=$6 packages=$7 output=$PWD/$8

make_workspace "${@:1:5}"
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
