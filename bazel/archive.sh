#!/usr/bin/env bash
# archive.sh NAME MANIFEST EPOCH OUTPUT LIST: packs the files of LIST, which has lines of destination
# and file, under a folder called NAME with the version of MANIFEST. The same files make the same
# archive; .zip or .tar.gz is what OUTPUT ends with.
set -euo pipefail
name=$1 manifest=$2 epoch=$3 output=$PWD/$4 list=$5

version=$(sed -n 's/^version = "\(.*\)"/\1/p' "$manifest")
top=${name/@VERSION@/$version}
work=$(mktemp -d)
while IFS=$'\t' read -r destination file; do
    mode=644
    case $destination in bin/*) mode=755 ;; esac
    install -D -m "$mode" "$file" "$work/$top/$destination"
done <"$list"
find "$work/$top" -type d -exec chmod 755 {} +
find "$work/$top" -exec touch -d "@$epoch" {} +

cd "$work"
case $output in
    *.zip)
        export TZ=UTC
        find "$top" -type f | LC_ALL=C sort | zip -q -6 -X -D "$output" -@
        ;;
    *)
        tar -c --format=posix --pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime \
            --sort=name --owner=0 --group=0 --numeric-owner "$top" | gzip -6 -n >"$output"
        ;;
esac
rm -rf "$work"
