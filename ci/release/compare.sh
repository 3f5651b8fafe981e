#!/usr/bin/env bash
# compare.sh FIRST SECOND: says where two files differ; looks into archives.
set -euo pipefail
first=$1 second=$2

if [ ! -e "$second" ]; then
    echo "$(basename "$first") was built once only"
    exit 1
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work"/{first,second}
case $first in
    *.zip) for side in first second; do unzip -q "${!side}" -d "$work/$side"; done ;;
    *.tar.gz) for side in first second; do tar -xzf "${!side}" -C "$work/$side"; done ;;
    *) for side in first second; do cp "${!side}" "$work/$side"; done ;;
esac

echo "$(basename "$first") differs:"
if diff -qr "$work/first" "$work/second"; then
    echo "  in the archive itself, not in what it holds"
fi | sed 's/^/  /'
(cd "$work/first" && find . -type f) | while read -r member; do
    [ -e "$work/second/$member" ] || continue
    bytes=$( (cmp -l "$work/first/$member" "$work/second/$member" || true) 2>/dev/null)
    [ -n "$bytes" ] || continue
    echo "  $member: $(wc -l <<<"$bytes") bytes, the first at $(awk 'NR == 1 { print $1 - 1 }' <<<"$bytes")"
    offset=$(awk 'NR == 1 { print $1 > 32 ? $1 - 32 : 0 }' <<<"$bytes")
    for side in first second; do
        echo "    $side"
        od -A d -t x1z -j "$offset" -N 64 "$work/$side/$member" | sed 's/^/      /'
    done
done
exit 1
