#!/usr/bin/env bash
# collect.sh MANIFEST FOLDER FILE...: copies the files into FOLDER, their names beginning with the
# project's and the version of MANIFEST, and writes SHA256SUMS. Headers keep the names that programs
# include them by.
set -euo pipefail
manifest=$1 folder=$2
shift 2

version=$(sed -n 's/^version = "\(.*\)"/\1/p' "$manifest")
for file; do
    name=$(basename "$file")
    case $name in
        *.h) ;;
        *) name=supacrypt-$version-$name ;;
    esac
    install -m 644 "$file" "$folder/$name"
done
cd "$folder"
sha256sum -- * >"$TMPDIR/sums"
install -m 644 "$TMPDIR/sums" SHA256SUMS
