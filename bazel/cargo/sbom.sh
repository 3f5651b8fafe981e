#!/usr/bin/env bash
# sbom.sh CRATES SOURCES COMPILED LAYERS PACKAGE OUTPUT: what a package of the workspace is made of, in
# CycloneDX: all crates that Cargo.lock has for it, on whatever system.
set -euo pipefail
here=$PWD/$(dirname "${BASH_SOURCE[0]}")
# shellcheck source=bazel/cargo/workspace.sh
source "$here/workspace.sh"
package=$5 output=$PWD/$6

make_workspace "${@:1:4}"
cd "/build/src/rust/${package#supacrypt-}"
quietly cargo cyclonedx --quiet --format json --spec-version 1.5 --target all --no-build-deps \
    --override-filename sbom
cp sbom.json "$output"
