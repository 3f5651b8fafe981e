#!/usr/bin/env bash
# build.sh CHECKOUT DIST COMMIT EPOCH [OUTPUT_BASE]: builds the release in CHECKOUT and puts it into the
# folder DIST. With an output base of its own it uses nothing that was built before. Runs in the SDK root.
set -euo pipefail
checkout=$1 dist=$2 commit=$3 epoch=$4

cd "$checkout"
bazel=(bazel) options=("--define=COMMIT=$commit" "--define=SOURCE_DATE_EPOCH=$epoch")
if [ $# -ge 5 ]; then
    bazel+=("--output_base=$5")
    options+=(--disk_cache=)
fi
"${bazel[@]}" build "${options[@]}" //release:dist >&2
# As a whole or not at all.
rm -rf "$dist.new"
cp --recursive --dereference --no-preserve=all bazel-bin/release/dist "$dist.new"
rm -rf "$dist"
mv "$dist.new" "$dist"
