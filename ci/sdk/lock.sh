#!/usr/bin/env bash
# Writes packages.lock: every package of the SDK root with its path on a mirror and its SHA-256.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
mirror=${1:?usage: lock.sh MIRROR}

state=$(mktemp -d)
trap 'rm -rf "$state"' EXIT
mkdir -p "$state"/{lists/partial,archives/partial,etc/apt.conf.d,etc/preferences.d,etc/trusted.gpg.d}
suites=$(sed 's/#.*//' "$here/packages.txt" | awk 'NF { print $1 }' | sort -u)
main=$(head -n 1 <<<"$suites")
for suite in $suites; do
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main"
done >"$state/etc/sources.list"

# A package comes from the suite of its line; what it needs comes from the main one where that has it.
printf 'Package: *\nPin: release n=%s\nPin-Priority: 900\n' "$main" >"$state/etc/preferences"
wanted=()
while read -r suite packages; do
    for package in $packages; do wanted+=("$package/$suite"); done
done < <(sed 's/#.*//' "$here/packages.txt" | awk 'NF')

apt=(apt-get -qq -y --no-install-recommends
    -o "Dir::State=$state" -o Dir::State::status=/dev/null -o "Dir::Cache=$state"
    -o "Dir::Etc=$state/etc" -o Acquire::Check-Valid-Until=false -o Acquire::ForceHash=SHA256
    -o APT::Architecture=amd64 -o APT::Architectures=amd64)
"${apt[@]}" update >&2
# Each line of the answer: 'URI' FILE SIZE SHA256:HASH
uris=$("${apt[@]}" --print-uris install '?essential' '?priority(required)' apt "${wanted[@]}")
{
    echo "# Made by ./dev sdk lock from packages.txt: SHA-256 and path of each package"
    awk -v mirror="$mirror/" -F"[' ]+" '/^.http/ {
        sub(mirror, "", $2); sub("SHA256:", "", $5); print $5 "  " $2
    }' <<<"$uris" | sort -k 2
} >"$state/packages.lock"
mv "$state/packages.lock" "$here/packages.lock"
echo "$(grep -vc '^#' "$here/packages.lock") packages are locked" >&2
