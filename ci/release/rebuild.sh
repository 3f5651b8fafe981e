#!/usr/bin/env bash
# rebuild.sh COMMIT EPOCH: builds the release of /src/dist once more, in another folder, another output
# base and without what was built before, and says where the two differ. Runs in the SDK root.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=/cache/rebuild
rm -rf --one-file-system "$work"
mkdir -p "$work/another/checkout"
trap 'chmod -R u+w "$work" && rm -rf --one-file-system "$work"' EXIT

cd /src
git -c safe.directory=/src ls-files -z --cached --others --exclude-standard |
    tar -c --null --files-from=- | tar -x -C "$work/another/checkout"
"$here/build.sh" "$work/another/checkout" "$work/dist" "$1" "$2" "$work/output"

different=
for file in dist/*; do
    name=$(basename "$file")
    if cmp -s "$file" "$work/dist/$name"; then continue; fi
    different=1
    "$here/compare.sh" "$file" "$work/dist/$name" || true
done
[ -z "$different" ] || exit 1
echo "built twice, and byte for byte the same: $(grep -c . dist/SHA256SUMS) files" >&2
