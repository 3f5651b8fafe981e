#!/usr/bin/env bash
# select.sh CRATES PACKAGES MANIFESTS SELECTED FILE...
#
# The workspace's FILEs, cut down to what PACKAGES are made of, in the folder MANIFESTS, and in SELECTED
# those of the archives in CRATES that the lock then names. Without PACKAGES everything is left.
set -euo pipefail
here=$PWD/$(dirname "${BASH_SOURCE[0]}")
# shellcheck source=bazel/cargo/workspace.sh
source "$here/workspace.sh"
crates=$PWD/$1 packages=$2 manifests=$PWD/$3 selected=$PWD/$4
shift 4

mkdir -p /build/{vendor,src,home}
cp --parents --dereference -t /build/src "$@"
cd /build/src
if [ -n "$packages" ]; then
    # shellcheck disable=SC2086
    python3 "$here/prune.py" ${packages//,/ }
    unpack_crates "$crates"
    add_missing
    use_vendor
    # Leaves out of the lock what nothing needs any more.
    quietly cargo metadata --offline --format-version 1
fi
cp --parents -t "$manifests" .cargo/config.toml Cargo.toml Cargo.lock rust/*/Cargo.toml
python3 "$here/prune.py" --archives | sort |
    join -2 2 -o 2.1,2.2 - <(sort -k 2 "$crates/SHA256SUMS") >"$selected/SHA256SUMS"
while read -r _ archive; do
    cp "$crates/$archive" "$selected"
done <"$selected/SHA256SUMS"
