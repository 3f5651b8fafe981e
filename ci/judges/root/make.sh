#!/usr/bin/env bash
# make.sh MIRROR ROOT: makes the root that the judges of newer programs run in. Needs root.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
usage="usage: make.sh MIRROR ROOT"
mirror=${1:?$usage} root=${2:?$usage}

# It is made aside and gets its name when it is whole.
mkdir -p "$(dirname "$root")"
work=$(mktemp -d "$root.XXXXXX")
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
mmdebstrap --quiet --variant=apt --include="$(grep -v '^#' "$here/packages.txt" | paste -sd,)" \
    --aptopt='APT::Install-Recommends "false"' --aptopt='Acquire::Check-Valid-Until "false"' \
    trixie "$work/root" "$mirror" >"$work/log" 2>&1 || {
    tail -n 30 "$work/log" >&2
    exit 1
}
rm -rf "$work/root"/var/cache/apt/archives/*.deb "$work/root"/var/lib/apt/lists/*
mv "$work/root" "$root"
