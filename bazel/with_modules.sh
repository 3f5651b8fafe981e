#!/usr/bin/env bash
# with_modules.sh COMMAND [OPTION...]: Bazel with MODULE.bazel in the place of WORKSPACE.bazel, without a
# registry: Bazel's own modules are those of the SDK root, or empty where nothing of ours needs them.
set -euo pipefail
command=$1
shift

modules=$(mktemp -d)
trap 'rm -rf "$modules"' EXIT
overrides=()
for name in apple_support buildozer protobuf zlib; do
    mkdir "$modules/$name"
    echo "module(name = \"$name\")" >"$modules/$name/MODULE.bazel"
    overrides+=("--override_module=$name=$modules/$name")
done
# Debian's has no MODULE.bazel.
cp -r /usr/share/bazel/platforms/platforms "$modules/platforms"
cat >"$modules/platforms/MODULE.bazel" <<'MODULE'
module(name = "platforms")
host_platform = use_extension("//host:extension.bzl", "host_platform")
use_repo(host_platform, "host_platform")
MODULE
overrides+=("--override_module=platforms=$modules/platforms"
    --override_module=bazel_features=/usr/share/bazel/tools/features
    --override_module=bazel_skylib=/usr/share/bazel/tools/skylib)
for name in cc java license proto python; do
    overrides+=("--override_module=rules_$name=/usr/share/bazel/rules/$name")
done

bazel --output_base=/cache/bazel/with-modules "$command" --enable_bzlmod --noenable_workspace \
    --registry=file:///nonexistent --lockfile_mode=off "${overrides[@]}" "$@"
