#!/usr/bin/env bash
# sbom.sh CRATES MANIFESTS SOURCES COMPILED LAYERS PACKAGE OUTPUT
#
# What a package of the workspace is made of, in CycloneDX: all crates that Cargo.lock has for it, on
# whatever system.
set -euo pipefail
here=$PWD/$(dirname "${BASH_SOURCE[0]}")
# shellcheck source=bazel/cargo/workspace.sh
source "$here/workspace.sh"
package=$6 output=$PWD/$7

make_workspace "${@:1:5}"
cd "/build/src/rust/${package#supacrypt-}"
quietly cargo cyclonedx --quiet --format json --spec-version 1.5 --target all --no-build-deps \
    --override-filename sbom
cp sbom.json "$output"
